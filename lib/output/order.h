/* SPDX-License-Identifier: ISC */

/*
 * Whose output may be written now.  An outlet stands for one job: what it
 * wrote, and its place in the order.  The pool feeds outlets and flushes; when
 * everything of an outlet has been delivered it gets it back.  One thread.
 */
#ifndef OUTPUT_ORDER_H
#define OUTPUT_ORDER_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/capture.h"
#include "output/deliver.h"
#include "output/pack.h"
#include "output/spill.h"
#include "output/tag.h"
#include "prun.h"

/* Bytes: who fills a whole pipe is worth some effort. */
#define ORDER_BUSY_READ ((ssize_t)64 * 1024)

struct outlet {
	TAILQ_ENTRY(outlet) entry;
	struct deliver_job job;
	struct tag tag, failed_tag; /* the caller's, until delivered */
	bool queued; /* in order.queue */
	bool finished; /* no more bytes will come */
	bool live; /* what comes is written at once */
	bool full; /* its captures are over their caps and cannot spill */
	int error; /* -errno: captured bytes could not be read back */
	bool whole; /* set after order_open(): nothing before it is finished */

	struct outlet_stream {
		struct capture capture;
		uint64_t lines; /* captured bytes up to the last newline */
		uint64_t total; /* bytes from the job */
		bool midline; /* for the tag */
		bool busy; /* its pipe was full when it was read */
		bool midline_out; /* --line-buffer: half a line is out */
	} stream[2];
	struct buf tail; /* the last bytes, and up to as many before them */
};

TAILQ_HEAD(outlet_queue, outlet);

typedef void order_delivered_fn(struct outlet *o, void *arg);

struct order_opts {
	enum prun_output_mode mode;
	bool keep; /* in the order of order_open() */
	bool hold; /* nothing of an outlet that is not finished */
	size_t tail; /* bytes for outlet_tail(); 0: none */
	size_t each, all; /* memory caps, bytes */
	const char *tmpdir;
	bool compress; /* what goes there */
	order_delivered_fn *delivered;
	void *arg;
};

struct order {
	struct order_opts opts;
	struct deliver *deliver;
	struct spill spill;
	struct pack pack;
	struct capture_store store;
	/*
	 * keep: all that are open, in order.  Else those that have something to
	 * be written: finished ones, and with PRUN_OUTPUT_LINE running ones.
	 */
	struct outlet_queue queue;
	struct outlet *owner; /* the one whose bytes are being written */
	/*
	 * Without an order one that floods is read first: the sooner it ends, the
	 * sooner it can be written, while the others still run.
	 */
	struct outlet *favourite;
	/* clock_now() time until which the first is taken to flood. */
	int64_t flood;
	char *scratch; /* one block read from a job, or from the file */
	struct buf tagged;
	bool stalled; /* the last flush ended at a slow reader */
};

int order_init(struct order *order, const struct order_opts *opts,
    struct deliver *d);
void order_fini(struct order *order);

/* Take its place, with job, tag and failed_tag set. */
void order_open(struct order *order, struct outlet *o);

/* Bytes that are not the job's own, as if it had written them to stdout first. */
int order_heading(struct order *order, struct outlet *o, const char *heading,
    size_t len);

/*
 * Should this outlet be read from now?  No: leave its bytes in the pipe, and ask
 * again after a flush.
 */
bool order_wants(struct order *order, struct outlet *o);

/* Is this one worth to be read first, for the others wait for it? */
bool order_is_first(const struct order *order, const struct outlet *o);

/*
 * Is the first one flooding, and would more of this one go to the file?  Then it
 * is better read a little at a time: what need not be spilled costs nothing.
 */
bool order_can_wait(const struct order *order, const struct outlet *o,
    int stream);

/*
 * Read once from fd what the job wrote to stream (1 or 2).  Bytes taken in, 0
 * at the end of file, -EAGAIN when nothing is there, or another -errno.
 */
ssize_t order_read(struct order *order, struct outlet *o, int stream, int fd);

/* No more bytes will come; deliver what there is in its turn. */
void order_finish(struct order *order, struct outlet *o);

/*
 * Its job is tried again: forget what it wrote, if it is whole; else go on in a
 * new line.  Its place stays.
 */
void order_reset(struct order *order, struct outlet *o);

/* The last bytes that it wrote, lent until order_reset() or order_open(). */
const char *outlet_tail(const struct outlet *o, const struct order *order,
    size_t *len);

/*
 * Write what may be written.  0, or -EAGAIN: see deliver_waits_for(), and order_wants()
 * changes.
 */
int order_flush(struct order *order);

void outlet_fini(struct outlet *o, struct order *order);

#endif
