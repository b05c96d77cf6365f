/* SPDX-License-Identifier: ISC */

/*
 * One worker as its owner sees it: its pipes, the tasks that it was given and has not
 * answered, what became of them when it ends.
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

/* A task of workers: the function, a copy of its bytes, and whom to tell of its end. */

struct fn_task;

/*
 * Told once for each task, which is the callee's from then on: see fn_task_free().  r and
 * its data are lent.
 */
typedef void fn_task_ended_fn(struct fn_task *task,
    const struct prun_task_result *r);

struct fn_task {
	TAILQ_ENTRY(fn_task) entry; /* in the queue, of a worker, or unused */
	fn_task_ended_fn *ended;
	void *owner; /* for ended: who has handed it over */
	prun_task_done_fn *done;
	void *arg;
	uint64_t id;
	/* For a map: it is in order, and its result waits for its turn there. */
	TAILQ_ENTRY(fn_task) order;
	struct prun_task_result *held;
	bool lost; /* there was no memory to hold it */
	/* What is sent, the data behind it. */
	_Alignas(FN_FRAME_ALIGN) struct fn_frame frame;
};

TAILQ_HEAD(fn_task_list, fn_task);

/* Small tasks that are not used now: they come and go by the million. */
struct fn_task_store {
	struct fn_task_list unused;
	size_t n;
};

void fn_task_store_init(struct fn_task_store *store);
void fn_task_store_fini(struct fn_task_store *store);

/* The data is copied; what is not set is zero.  NULL: no memory. */
struct fn_task *fn_task_new(struct fn_task_store *store, prun_task_fn *fn,
    const void *in, size_t len);
void fn_task_free(struct fn_task_store *store, struct fn_task *task);

/* Bytes of its frame with the data. */
size_t fn_task_size(const struct fn_task *task);

struct helper;
struct slot;

enum fn_worker_state {
	FN_WORKER_ABSENT,
	FN_WORKER_STARTING, /* init has not answered */
	FN_WORKER_READY,
	FN_WORKER_ENDING, /* it was told that no more tasks come */
};

/* Whom a worker tells; the worker is in its new state by then. */
struct fn_worker_ops {
	/* error: what init has returned. */
	void (*ready)(void *owner, int error);
	/* Tasks have been answered, which have taken so many nanoseconds. */
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
	 * Where tasks are written, the worker's end of that, and where answers are read.
	 * Its end is kept open: so no write raises SIGPIPE when it has died.
	 */
	int to, to_other, from;
	struct watch to_watch, from_watch;
	struct fn_task_list flying; /* in the order in which they were given */
	unsigned flies; /* so many */
	struct fn_task
	    *unsent; /* the first that is not all in the pipe; or NULL */
	size_t unsent_at; /* so many bytes of it are there */
	struct buf out; /* tasks that are written together */
	struct fn_frame control; /* goes behind the tasks */
	size_t control_left; /* of it is to be written */
	bool reopening; /* it gets no tasks before it has answered */
	uint64_t number; /* of the task that was given last */
	unsigned given; /* tasks that it has been given, and not taken back */
	struct fn_frame_reader reader;
	uint64_t received; /* bytes */
	uint64_t answers; /* so many */
	int64_t busy; /* of slot->busy, what has been told */
	int error; /* why it is killed; 0: it is not */
};

/* Ask for its process: it is starting.  0, -EAGAIN (later), or another -errno. */
int fn_worker_start(struct fn_worker *w);

/* Give it a task; fn_worker_flush() sends.  last: the worker is to answer after it. */
void fn_worker_give(struct fn_worker *w, struct fn_task *task, bool last);
void fn_worker_flush(struct fn_worker *w);

/* Tell it that no more will come. */
void fn_worker_finish(struct fn_worker *w);

/* Put what it has not begun at the head of the queue.  How many tasks. */
unsigned fn_worker_take_back(struct fn_worker *w, struct fn_task_list *queue);

/*
 * Its process has ended: what it has answered is told, and the task that it had begun.
 * Those that it had not are put at the head of the queue; how many.  why: told of the
 * begun task if its worker was killed for the owner's sake (-ECANCELED), or 0.
 */
unsigned fn_worker_settle(struct fn_worker *w, struct fn_task_list *queue,
    int why);

/* Close and forget everything; its tasks, untold, are put at the end of the queue. */
void fn_worker_fini(struct fn_worker *w, struct fn_task_list *queue);

#endif
