/* SPDX-License-Identifier: ISC */

/*
 * Whose output may be written now.  An outlet stands for one job: what it
 * wrote, and its place in the order.  intake.h feeds outlets, the pool flushes;
 * when everything of an outlet has been delivered it gets it back.  One thread.
 */
#ifndef OUTPUT_ORDER_H
#define OUTPUT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/capture.h"
#include "output/deliver.h"
#include "output/outlet.h"
#include "output/pack.h"
#include "output/peek.h"
#include "output/spill.h"
#include "prun.h"

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
	struct peek peek;
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

/* No more bytes will come; deliver what there is in its turn. */
void order_finish(struct order *order, struct outlet *o);

/*
 * Its job is tried again: forget what it wrote, if it is whole; else go on in a
 * new line.  Its place stays.
 */
void order_reset(struct order *order, struct outlet *o);

/*
 * Write what may be written.  0, or -EAGAIN: see deliver_waits_for(), and order_wants()
 * changes.
 */
int order_flush(struct order *order);

/* Leave the order for good; what was not delivered is lost. */
void order_close(struct order *order, struct outlet *o);

/* The rest is between order.c and intake.c. */

/* Its turn: what it writes from now on goes out at once. */
bool order_has_turn(const struct order *order, const struct outlet *o);

/* An outlet whose turn it is, with nothing captured: no need to keep the bytes. */
bool order_passes_through(const struct order *order, const struct outlet *o,
    int stream);

/* Bytes that were read: capture them, or put them if they pass through. */
int order_take(struct order *order, struct outlet *o, int stream,
    const char *data, size_t len);

/* Write one stream as far as it may go.  0, -EAGAIN or -ENOMEM. */
int order_write_stream(struct order *order, struct outlet *o, int stream);

/* Bytes of its went out uncaptured: it is the owner while nobody may cut in. */
void order_moved(struct order *order, struct outlet *o);

/* It had filled its pipe.  Who does so again and again is preferred. */
void order_flooded(struct order *order, struct outlet *o, int stream);

#endif
