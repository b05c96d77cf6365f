/* SPDX-License-Identifier: ISC */

/*
 * Whose output may be written now.  A task_output stands for one job: the bytes that
 * the job wrote, and its place in the order.  mux_take() and mux_pipe.c give bytes
 * to it, and the pool calls mux_flush().  When all bytes of a task_output are
 * delivered, the mux calls mux_opts.delivered.  One thread.
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
	bool keep; /* in the order of the calls of mux_open() */
	bool hold; /* write nothing of a task_output that is not finished */
	bool errors_only; /* hold, and drop the output of jobs that succeed */
	/*
	 * Once terminating, drop the output of killed jobs of which nothing was
	 * written yet.
	 */
	bool drop_terminated;
	/* If there is no room for output, it is lost; the job does not wait. */
	bool never_pause;
	size_t tail; /* how many bytes task_output_tail() can give; 0: none */
	size_t each, all; /* memory caps in bytes: of one stream, and of all */
	/*
	 * A task that has written so many bytes to stdout, and still floods, is not
	 * kept until its end.  SIZE_MAX: it is always kept.
	 */
	size_t group_limit;
	const char *tmpdir;
	bool compress; /* compress what is spilled */
	mux_delivered_fn *delivered;
	void *arg;
};

/*
 * A group: outputs that stay together although their jobs run among others; see
 * prun_output_group_new().  A group is ready when all of its outputs have finished
 * and no more will join.  With mux_opts.keep the first group has the turn, and the
 * output of all others waits.  With PRUN_OUTPUT_GROUP the outputs of a group wait
 * until it is ready.  In the other modes no output waits.
 */
struct prun_output_group {
	TAILQ_ENTRY(prun_output_group) entry; /* in mux.groups */
	struct mux *mux;
	struct task_output_queue waiting; /* outputs whose turn has not come */
	/* How many outputs are unfinished; jobs that have no output yet count, too. */
	size_t unfinished;
	bool ended; /* no more will join */
};

TAILQ_HEAD(mux_groups, prun_output_group);

struct mux {
	struct mux_opts opts;
	struct writer *writer;
	struct spill spill;
	struct spill_zstd zstd;
	struct capture_store store;
	/*
	 * With keep: all open outputs, in order.  Otherwise: those that have something
	 * to write, which are finished ones and, with PRUN_OUTPUT_LINE, running ones.
	 */
	struct task_output_queue queue;
	struct mux_groups groups; /* in the order in which they were made */
	/* Finished outputs some of whose bytes the writer has not written yet. */
	struct task_output_queue sent;
	/* The output that is being written; no other may write now. */
	struct task_output *owner;
	/*
	 * When there is no order, a task that floods is read first: the sooner it
	 * ends, the sooner its output can be written while the others still run.
	 */
	struct task_output *preferred;
	/* clock_now() time until which the first output counts as flooding. */
	int64_t flood;
	struct lookahead lookahead;
	/* One block that was read from a job, or from the spill file. */
	char *scratch;
	struct buf tagged;
	/* All running jobs are being killed: see drop_terminated. */
	bool terminating;
	bool stalled; /* the last flush stopped because a reader is slow */
};

int mux_init(struct mux *mux, const struct mux_opts *opts, struct writer *d);
void mux_fini(struct mux *mux);

/*
 * Open an output, whose job, tag, failed_tag and group are set: it gets its place
 * in the order.
 */
void mux_open(struct mux *mux, struct task_output *o);

/* Write a heading before the job's own bytes, as if the job had written it to stdout. */
int mux_heading(struct mux *mux, struct task_output *o, const char *heading,
    size_t len);

/*
 * May this output's pipe be read now? If not, the bytes stay in the pipe: ask again
 * after a flush.
 */
bool mux_wants(struct mux *mux, struct task_output *o);

/*
 * Does the first output flood, and would more bytes of this one be spilled? Then it
 * is better to read this one little by little, because spilling costs time.
 */
bool mux_can_wait(const struct mux *mux, const struct task_output *o,
    int stream);

/* No more bytes will come: what there is is written when it is this output's turn. */
void mux_finish(struct mux *mux, struct task_output *o);

/*
 * The job is tried again: if nothing was written yet (whole), forget its output;
 * otherwise its next output begins a new line.  The place in the order stays.
 */
void mux_reset(struct mux *mux, struct task_output *o);

/*
 * Write what may be written.  0; or -EAGAIN: a reader is slow, see
 * writer_waits_for().  The answers of mux_wants() may change.
 */
int mux_flush(struct mux *mux);

/* Remove an output from the order for good.  Bytes that were not delivered are lost. */
void mux_close(struct mux *mux, struct task_output *o);

/*
 * Take bytes of the task's stream (1 or 2) from any source: a pipe, a connection, a
 * worker.  They are written at once if it is the task's turn, otherwise captured.  0;
 * or -errno: they were not taken.
 */
int mux_take(struct mux *mux, struct task_output *o, int stream,
    const char *data, size_t len);

/* The functions below are for mux_pipe.c, which moves bytes without looking at them. */

/* Count bytes that were taken without mux_take(). */
void mux_count(struct mux *mux, struct task_output *o, int stream, size_t len);

/* The task has much to write at once.  mux_count() calls it for many bytes. */
void mux_flooded(struct mux *mux, struct task_output *o, int stream);

/* Is it this output's turn? Then what its job writes from now on is written at once. */
bool mux_has_turn(const struct mux *mux, const struct task_output *o);

/* Is it this output's turn, and is nothing captured? Then its bytes need not be kept. */
bool mux_passes_through(const struct mux *mux, const struct task_output *o,
    int stream);

/* Write one stream as far as it may be written.  0, -EAGAIN or -ENOMEM. */
int mux_write_stream(struct mux *mux, struct task_output *o, int stream);

/*
 * Bytes of the stream went to the writer without being captured: this output
 * becomes the owner if no other may write after them.
 */
void mux_moved(struct mux *mux, struct task_output *o, int stream);

/* How the bytes of a task come from a pipe into the mux.  One thread. */

/*
 * Read once from fd what the task wrote to stream (1 or 2).  Returns how many bytes
 * were taken; 0 at the end of file; -EAGAIN: there are none now; or another -errno.
 */
ssize_t mux_pipe_read(struct mux *mux, struct task_output *o, int stream,
    int fd);

/*
 * The next `coming` bytes of the pipe fd are of the task's stream, and some of them are
 * there: move them on.  Returns how many; 0 at the end of file; -EAGAIN: a reader is
 * slow; -EOPNOTSUPP: read them, and give them to mux_take().
 */
ssize_t mux_pipe_move(struct mux *mux, struct task_output *o, int stream,
    int fd, size_t coming);

/* The functions below are in mux_group.c. */

/* Make a group.  0 or -ENOMEM. */
int mux_group_new(struct mux *mux, struct prun_output_group **gp);

/* No more jobs will join: the group is freed when it is ready and has had its turn. */
void mux_group_end(struct prun_output_group *group);

/*
 * A job joins the group; or leaves it, because it has finished or does not belong
 * to it any more.  group may be NULL.
 */
void mux_group_join(struct prun_output_group *group);
void mux_group_leave(struct prun_output_group *group);

/* The queue to which this output belongs: that of its group, or that of the mux. */
struct task_output_queue *mux_group_queue(struct mux *mux,
    const struct task_output *o);

/*
 * Are groups written in order? Then other outputs may have to wait for jobs that
 * have not started yet.
 */
bool mux_group_has_turn(const struct mux *mux);

/*
 * There is no room for more waiting output: in modes without an order, what has
 * finished in groups may be written.
 */
void mux_groups_let_out(struct mux *mux);

void mux_groups_fini(struct mux *mux);

#endif
