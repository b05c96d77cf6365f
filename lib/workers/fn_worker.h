/* SPDX-License-Identifier: ISC */

/*
 * One worker as its owner sees it: its pipes, the tasks that it was given and has not
 * answered yet, and what becomes of these when it ends.
 */
#ifndef WORKERS_FN_WORKER_H
#define WORKERS_FN_WORKER_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/loop.h"
#include "prun.h"
#include "workers/fn_frame.h"

/*
 * A task of workers: the function, a copy of its data, and whom to tell of the task's
 * end.
 */

struct fn_task;

/*
 * Called once for each task, which belongs to the called function from then on: see
 * fn_task_free().  r and its data are lent.
 */
typedef void fn_task_ended_fn(struct fn_task *task,
    const struct prun_task_result *r);

struct fn_task {
	/* In the queue, in a worker's list, or in the store. */
	TAILQ_ENTRY(fn_task) entry;
	fn_task_ended_fn *ended;
	void *owner; /* who has handed the task over; for ended */
	prun_task_done_fn *done;
	void *arg;
	uint64_t id;
	/*
	 * For prun_workers_map(): the list in the order of the results, and a result
	 * that waits for its turn there.
	 */
	TAILQ_ENTRY(fn_task) order;
	struct prun_task_result *held;
	bool lost; /* there was no memory to hold the result */
	/* What is sent; the data follows it in memory. */
	_Alignas(FN_FRAME_ALIGN) struct fn_frame frame;
};

TAILQ_HEAD(fn_task_list, fn_task);

/*
 * Small tasks that are not used now are kept for the next ones, since tasks come by the
 * million.
 */
struct fn_task_store {
	struct fn_task_list unused;
	size_t n;
};

void fn_task_store_init(struct fn_task_store *store);
void fn_task_store_fini(struct fn_task_store *store);

/*
 * A new task, with a copy of the data; the caller sets the other fields, which are
 * zero.  NULL: there is no memory.
 */
struct fn_task *fn_task_new(struct fn_task_store *store, prun_task_fn *fn,
    const void *in, size_t len);
void fn_task_free(struct fn_task_store *store, struct fn_task *task);

/* How many bytes the task's frame takes, with its data. */
size_t fn_task_size(const struct fn_task *task);

struct helper;
struct slot;

enum fn_worker_state {
	FN_WORKER_ABSENT,
	FN_WORKER_STARTING, /* init has not returned */
	FN_WORKER_READY,
	FN_WORKER_ENDING, /* it was told that no more tasks come */
};

/* What a worker tells.  It is in its new state when it calls these. */
struct fn_worker_ops {
	/* The worker is ready.  error: what init returned. */
	void (*ready)(void *owner, int error);
	/* The worker has answered that many tasks, which took it busy nanoseconds. */
	void (*answered)(void *owner, unsigned tasks, int64_t busy);
};

struct fn_worker {
	enum fn_worker_state state;
	const struct fn_worker_ops *ops;
	void *owner;
	struct loop *loop;
	struct helper *helper;
	struct slot *slot;
	unsigned index; /* of the slot */
	/*
	 * The owner writes tasks to `to`, and reads answers from `from`.  to_other is
	 * the worker's end of `to`.  The owner keeps it open, so that a write raises no
	 * SIGPIPE when the worker has died.
	 */
	int to, to_other, from;
	struct watch to_watch, from_watch;
	struct fn_task_list flying; /* in the order in which they were given */
	unsigned flies; /* how many tasks are in flying */
	struct fn_task
	    *unsent; /* the first that is not all in the pipe; or NULL */
	size_t unsent_at; /* how many bytes of unsent are in the pipe */
	struct buf out; /* tasks that are written together */
	struct fn_frame control; /* is written after the tasks */
	size_t control_left; /* so many bytes of it are still to be written */
	/* It gets no tasks until it has answered FN_FRAME_REOPEN. */
	bool reopening;
	uint64_t number; /* the number of the task that it was given last */
	/* How many tasks it was given, without those that were taken back. */
	unsigned given;
	struct fn_frame_reader reader;
	uint64_t received; /* bytes of answers */
	uint64_t answers; /* how many answers have come */
	int64_t busy; /* how much of slot->busy has been told */
	int error; /* why it is killed; 0: it is not */
};

/*
 * Ask the helper for the worker's process: the worker is starting then.  0, -EAGAIN
 * (ask later), or another -errno.
 */
int fn_worker_start(struct fn_worker *w);

/*
 * fn_worker_give() gives the worker a task, which fn_worker_flush() sends.  last: the
 * worker sends its answers after this task.
 */
void fn_worker_give(struct fn_worker *w, struct fn_task *task, bool last);
void fn_worker_flush(struct fn_worker *w);

/* Tell the worker that no more tasks come. */
void fn_worker_finish(struct fn_worker *w);

/*
 * Move the tasks that the worker has not begun to the head of the queue.  Returns how
 * many.
 */
unsigned fn_worker_take_back(struct fn_worker *w, struct fn_task_list *queue);

/*
 * The worker's process has ended: its answers are told, and so is the end of the task
 * that it had begun.  The tasks that it had not begun are put at the head of the queue;
 * returns how many.  why: the error of the begun task if the owner had the worker
 * killed (-ECANCELED); else 0.
 */
unsigned fn_worker_settle(struct fn_worker *w, struct fn_task_list *queue,
    int why);

/*
 * Close and forget everything.  The worker's tasks are put at the end of the queue, and
 * nobody is told.
 */
void fn_worker_fini(struct fn_worker *w, struct fn_task_list *queue);

#endif
