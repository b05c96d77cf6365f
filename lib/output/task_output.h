/* SPDX-License-Identifier: ISC */

/*
 * The output of one job: the bytes that it wrote and nobody has got yet, what is known of
 * them, the last ones for a report, and the texts before and behind each line (tag). A
 * task_output of zeros is closed. One thread.
 */
#ifndef OUTPUT_TASK_OUTPUT_H
#define OUTPUT_TASK_OUTPUT_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "output/writer.h"
#include "stream/capture.h"

/* Strings of the caller; NULL: none. */
struct tag {
	const char *begin; /* before the first byte of a line */
	const char *end; /* before the byte that ends it */
};

bool tag_is_empty(const struct tag *tag);

/*
 * Add data to out, tagged; a carriage return ends a line as well.  *midline
 * carries over to the next piece of the same stream; false at its start.
 * 0 or -ENOMEM.
 */
int tag_lines(struct buf *out, const struct tag *tag, const char *data,
    size_t len, bool *midline);

TAILQ_HEAD(task_output_queue, task_output);

struct task_output {
	TAILQ_ENTRY(task_output) entry;
	struct writer_task job;
	struct tag tag, failed_tag; /* the caller's, until delivered */
	/* mux.queue, or that of its group, in which it is; NULL: in none */
	struct task_output_queue *queue;
	struct prun_output_group *group; /* until it has finished; NULL: none */
	bool sent; /* in mux.sent */
	bool finished; /* no more bytes will come */
	bool live; /* what comes is written at once */
	bool held; /* nothing more is wanted of it for now */
	bool full; /* its captures are over their caps and cannot spill */
	int error; /* -errno: captured bytes could not be read back */
	int unwritten; /* -errno: bytes could not be written */
	uint64_t put[2]; /* the writer's positions behind its bytes; 0: none */
	bool whole; /* set after mux_open(): nothing before it is finished */
	int no_room; /* -errno: why the captures could not spill */
	bool
	    escaped; /* it was to be held back, and some was written for want of room */

	struct task_output_stream {
		struct capture capture;
		uint64_t lines; /* captured bytes up to the last newline */
		uint64_t total; /* bytes from the job */
		bool midline; /* for the tag */
		bool busy; /* its pipe was full when it was read */
		bool midline_out; /* --line-buffer: half a line is out */
		/* --line-buffer: bytes in its pipe that go straight out, up to a line's end. */
		uint64_t through;
	} stream[2];
	struct buf tail; /* the last bytes, and up to as many before them */
};

/* For a new job, with job, tag, failed_tag and group set.  live: see there. */
void task_output_open(struct task_output *o, bool live);

/* What is kept of its job's output is dropped. */
void task_output_drop(struct task_output *o, struct capture_store *store);

/*
 * Its job is tried again: forget what it wrote, if it is whole; else go on in a
 * new line.
 */
void task_output_reset(struct task_output *o, struct capture_store *store);

/* Of what its job wrote, keep the last bytes: at least most of them. */
void task_output_remember(struct task_output *o, size_t most, const char *data,
    size_t len);

/* The last bytes, at most so many: lent until the outlet is opened or reset. */
const char *task_output_tail(const struct task_output *o, size_t most,
    size_t *len);

/* No byte of it is captured, and none was put. */
bool task_output_is_empty(const struct task_output *o);

/* Over its caps until now: is there room again? */
void task_output_settle(struct task_output *o, struct capture_store *store);

void task_output_fini(struct task_output *o, struct capture_store *store);

#endif
