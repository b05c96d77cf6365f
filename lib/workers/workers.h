/* SPDX-License-Identifier: ISC */

/*
 * The scheduler of functions in workers: which task goes to which worker, and when.
 *
 * There are up to twice as many workers as were asked for.  When a worker is about to
 * have served all the tasks that it may serve, a successor is forked and initialised
 * meanwhile; the successor gets tasks when the other has answered all of its own.
 */
#ifndef WORKERS_WORKERS_H
#define WORKERS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/loop.h"
#include "prun.h"
#include "workers/fn_worker.h"
#include "workers/helper.h"

struct prun_workers {
	struct loop loop;
	struct helper helper;
	struct slot *slots; /* in shared memory; as many as there are workers */
	struct fn_worker *all;
	unsigned nall;
	unsigned asked; /* how many workers may be busy at a time */
	unsigned tasks_per_worker; /* 0: no limit */
	/* Tasks that are given at once; 0: as fits the time that tasks take. */
	size_t chunk;
	char name[16];

	struct fn_task_store store;
	struct fn_task_list queue;
	size_t queued;
	uint64_t pending; /* how many tasks are queued, or given to a worker */
	uint64_t last_id;
	int64_t mean; /* nanoseconds that a task takes; 0: unknown */

	struct watch news, helper_watch;
	/*
	 * again: a failed start is tried again.  relief: tasks that wait behind a long
	 * one are looked for.
	 */
	struct loop_timer again, relief;
	/* answers_noted is answers as it was when relief was started. */
	uint64_t answers, answers_noted;
	bool
	    relief_vain; /* there was nothing to take back, and no answer since */
	unsigned
	    failures; /* starts that came to nothing since the last success */
	int broken; /* why no task is run any more; else 0 */
	bool closed, terminated;
	/* Calls that are inside a function of the host program. */
	unsigned inside;
	struct buf reply; /* of prun_workers_apply() */
};

/*
 * May the caller step the workers?  0; -EPERM in a forked process; -EDEADLK in a done
 * function.
 */
int workers_enter(const struct prun_workers *w);

/* 0, or why this process cannot hand over a task. */
int workers_check(const struct prun_workers *w);

/* Put the task at the end of the queue.  The caller has set its ended and arg. */
void workers_add(struct prun_workers *w, struct fn_task *task);

/*
 * Give tasks to workers.  ahead: also to workers that have some already, and start the
 * workers that are missing.
 */
void workers_schedule(struct prun_workers *w, bool ahead);

/* The queued tasks will never be run, because of w->broken: tell their ends. */
void workers_drop_queue(struct prun_workers *w);

/* Note that a worker could not be started, or ended before it was ready. */
void workers_note_failure(struct prun_workers *w, int error);

/* How many tasks should be in the queue, so that all workers have something to do. */
size_t workers_hunger(const struct prun_workers *w);

/*
 * Wait for events, milliseconds at most (-1: without a limit), and act on them.  0 or
 * -errno.
 */
int workers_turn(struct prun_workers *w, int milliseconds);

/* What a worker calls: see fn_worker.h. */
extern const struct fn_worker_ops workers_ops;

#endif
