/* SPDX-License-Identifier: ISC */

/*
 * The output of one job: the bytes that it wrote and that are not written on yet,
 * what is known of them, the last bytes for a report, and the texts before and
 * behind each line (tag).  A task_output of zeros is closed.  One thread.
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

/* The texts around each line; the strings are the caller's; NULL: none. */
struct tag {
	const char *begin; /* before the first byte of a line */
	const char *end; /* before the byte that ends it */
};

bool tag_is_empty(const struct tag *tag);

/*
 * Append data to out with tags; a carriage return ends a line as well.  *midline is
 * false at the start of a stream; the caller keeps it for the next piece of the
 * same stream.  0 or -ENOMEM.
 */
int tag_lines(struct buf *out, const struct tag *tag, const char *data,
    size_t len, bool *midline);

TAILQ_HEAD(task_output_queue, task_output);

struct task_output {
	TAILQ_ENTRY(task_output) entry;
	struct writer_task job;
	struct tag tag, failed_tag; /* the caller's, until delivered */
	/* The queue in which it is, mux.queue or that of its group; NULL: in none. */
	struct task_output_queue *queue;
	struct prun_output_group *group; /* NULL: none, or it has finished */
	bool sent; /* it is in mux.sent */
	bool finished; /* no more bytes will come */
	/* Bytes that come are written at once when it has the turn. */
	bool live;
	bool held; /* its pipes are not read for now */
	bool full; /* its captures are over their caps and cannot spill */
	int error; /* -errno: captured bytes could not be read back */
	int unwritten; /* -errno: bytes could not be written */
	/* Positions in the writer's streams after its last bytes; 0: none. */
	uint64_t put[2];
	/* To be set after mux_open(): write nothing before it is finished. */
	bool whole;
	int no_room; /* -errno: why the captures could not spill */
	bool
	    escaped; /* it was to be held back, but there was no room, and some was written */

	struct task_output_stream {
		struct capture capture;
		uint64_t lines; /* captured bytes up to the last newline */
		uint64_t total; /* all bytes that the job wrote */
		bool midline; /* for the tags: the last byte ended no line */
		bool busy; /* its pipe was full when it was read */
		bool midline_out; /* --line-buffer: half a line is written */
		/*
		 * --line-buffer: so many bytes in its pipe, up to the end of a line,
		 * are written without being captured.
		 */
		uint64_t through;
	} stream[2];
	/* At least as many of the last bytes as are wanted, and at most twice as many. */
	struct buf tail;
};

/* Begin the output of a new job, with job, tag, failed_tag and group set. */
void task_output_open(struct task_output *o, bool live);

/* Drop what was captured of the job's output. */
void task_output_drop(struct task_output *o, struct capture_store *store);

/*
 * The job is tried again: if whole is set, forget its output; otherwise its next
 * output begins a new line.
 */
void task_output_reset(struct task_output *o, struct capture_store *store);

/* The job wrote data: keep at least the last most bytes of all that it wrote. */
void task_output_remember(struct task_output *o, size_t most, const char *data,
    size_t len);

/*
 * The last bytes that the job wrote, at most `most`.  They are lent until the output
 * is opened or reset.
 */
const char *task_output_tail(const struct task_output *o, size_t most,
    size_t *len);

/* Nothing of it is captured, and nothing was given to the writer. */
bool task_output_is_empty(const struct task_output *o);

/* If the captures were over their caps: look whether they have room again. */
void task_output_settle(struct task_output *o, struct capture_store *store);

void task_output_fini(struct task_output *o, struct capture_store *store);

#endif
