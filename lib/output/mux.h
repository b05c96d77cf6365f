/* SPDX-License-Identifier: ISC */

/*
 * Whose output may be written now.  An outlet stands for one job: what it
 * wrote, and its place in the order.  intake.h feeds outlets, the pool flushes;
 * when everything of an outlet has been delivered it gets it back.  One thread.
 */
#ifndef OUTPUT_MUX_H
#define OUTPUT_MUX_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/tuning.h"
#include "output/task_output.h"
#include "output/writer.h"
#include "prun.h"
#include "stream/capture.h"
#include "stream/lookahead.h"
#include "stream/spill.h"

typedef void mux_delivered_fn(struct task_output *o, void *arg);

struct mux_opts {
	enum prun_output_mode mode;
	bool keep; /* in the order of mux_open() */
	bool hold; /* nothing of an outlet that is not finished */
	bool errors_only; /* hold, and drop what succeeds */
	bool drop_terminated; /* once terminating, unless some of it is out */
	/* Output that there is no room for is lost; its job does not wait. */
	bool never_pause;
	size_t tail; /* bytes for task_output_tail(); 0: none */
	size_t each, all; /* memory caps, bytes */
	/*
	 * Bytes: a group that has written so many to stdout and floods on is not
	 * kept until its end.  SIZE_MAX: it always is.
	 */
	size_t group_limit;
	const char *tmpdir;
	bool compress; /* what goes there */
	mux_delivered_fn *delivered;
	void *arg;
};

/*
 * Outlets whose output stays together though their jobs run among others: see
 * prun_output_group_new().  A group is ready when all of its outlets have finished and no
 * more will come.  With mux_opts.keep the first group has the turn, and what others write
 * waits; with PRUN_OUTPUT_GROUP all wait until they are ready; in the other modes nothing
 * does.
 */
struct prun_output_group {
	TAILQ_ENTRY(prun_output_group) entry; /* in mux.groups */
	struct mux *mux;
	struct task_output_queue waiting; /* it is not their turn */
	size_t unfinished; /* outlets, and jobs that have none yet */
	bool ended; /* no more come */
};

TAILQ_HEAD(mux_groups, prun_output_group);

struct mux {
	struct mux_opts opts;
	struct writer *writer;
	struct spill spill;
	struct spill_zstd zstd;
	struct capture_store store;
	/*
	 * keep: all that are open, in order.  Else those that have something to
	 * be written: finished ones, and with PRUN_OUTPUT_LINE running ones.
	 */
	struct task_output_queue queue;
	struct mux_groups groups; /* in the order in which they were made */
	/* Finished ones with bytes that the writer has and has not written yet. */
	struct task_output_queue sent;
	struct task_output *owner; /* the one whose bytes are being written */
	/*
	 * Without an order one that floods is read first: the sooner it ends, the
	 * sooner it can be written, while the others still run.
	 */
	struct task_output *preferred;
	/* clock_now() time until which the first is taken to flood. */
	int64_t flood;
	struct lookahead lookahead;
	char *scratch; /* one block read from a job, or from the file */
	struct buf tagged;
	/* All jobs that run are being killed: see drop_terminated. */
	bool terminating;
	bool stalled; /* the last flush ended at a slow reader */
};

int mux_init(struct mux *mux, const struct mux_opts *opts, struct writer *d);
void mux_fini(struct mux *mux);

/* Take its place, with job, tag, failed_tag and group set. */
void mux_open(struct mux *mux, struct task_output *o);

/* Bytes that are not the job's own, as if it had written them to stdout first. */
int mux_heading(struct mux *mux, struct task_output *o, const char *heading,
    size_t len);

/*
 * Should this outlet be read from now?  No: leave its bytes in the pipe, and ask
 * again after a flush.
 */
bool mux_wants(struct mux *mux, struct task_output *o);

/*
 * Is the first one flooding, and would more of this one go to the file?  Then it
 * is better read a little at a time: what need not be spilled costs nothing.
 */
bool mux_can_wait(const struct mux *mux, const struct task_output *o,
    int stream);

/* No more bytes will come; deliver what there is in its turn. */
void mux_finish(struct mux *mux, struct task_output *o);

/*
 * Its job is tried again: forget what it wrote, if it is whole; else go on in a
 * new line.  Its place stays.
 */
void mux_reset(struct mux *mux, struct task_output *o);

/*
 * Write what may be written.  0, or -EAGAIN: see writer_waits_for(), and mux_wants()
 * changes.
 */
int mux_flush(struct mux *mux);

/* Leave the order for good; what was not delivered is lost. */
void mux_close(struct mux *mux, struct task_output *o);

/*
 * Bytes of the task's stream (1 or 2), from whoever has them: a pipe, a connection,
 * a worker.  They are put out if it is the task's turn, else captured.  0, or -errno:
 * they were not taken.
 */
int mux_take(struct mux *mux, struct task_output *o, int stream,
    const char *data, size_t len);

/* The rest is for mux_pipe.c, which moves bytes without looking at them. */

/* So many bytes have been taken in without mux_take(). */
void mux_count(struct mux *mux, struct task_output *o, int stream, size_t len);

/* Its turn: what it writes from now on goes out at once. */
bool mux_has_turn(const struct mux *mux, const struct task_output *o);

/* An outlet whose turn it is, with nothing captured: no need to keep the bytes. */
bool mux_passes_through(const struct mux *mux, const struct task_output *o,
    int stream);

/* Write one stream as far as it may go.  0, -EAGAIN or -ENOMEM. */
int mux_write_stream(struct mux *mux, struct task_output *o, int stream);

/*
 * Bytes of the stream went to the writer uncaptured: the outlet is the owner while nobody
 * may cut in.
 */
void mux_moved(struct mux *mux, struct task_output *o, int stream);

/* The way of a task's bytes from a pipe into the mux.  One thread. */

/*
 * Read once from fd what the task wrote to stream (1 or 2).  Bytes taken in, 0
 * at the end of file, -EAGAIN when nothing is there, or another -errno.
 */
ssize_t mux_pipe_read(struct mux *mux, struct task_output *o, int stream,
    int fd);

/* mux_group.c: the groups. */

/* 0 or -ENOMEM. */
int mux_group_new(struct mux *mux, struct prun_output_group **gp);

/* No more jobs come: it is freed once it is ready and has had its turn. */
void mux_group_end(struct prun_output_group *group);

/* A job belongs to the group, which may be NULL; or does no longer, or has finished. */
void mux_group_join(struct prun_output_group *group);
void mux_group_leave(struct prun_output_group *group);

/* Where the outlet is to be queued. */
struct task_output_queue *mux_group_queue(struct mux *mux,
    const struct task_output *o);

/* Is there an order of groups?  Then others wait for jobs of one that may not have begun. */
bool mux_group_has_turn(const struct mux *mux);

/* There is no room for more that waits: without an order what has finished goes out. */
void mux_groups_let_out(struct mux *mux);

void mux_groups_fini(struct mux *mux);

#endif
