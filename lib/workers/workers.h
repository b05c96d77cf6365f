/* SPDX-License-Identifier: ISC */

/*
 * The scheduler of functions in workers: which task goes to which worker, and when.
 *
 * There are up to twice as many workers as were asked for: a worker that is about to have
 * served its tasks gets a successor, which is forked and initialised meanwhile, and is
 * given tasks when the other has answered all of its own.
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
	struct slot *slots; /* shared; as many as workers */
	struct fn_worker *all;
	unsigned nall;
	unsigned asked; /* workers that may be busy at a time */
	unsigned tasks_per_worker; /* 0: no end */
	size_t chunk; /* 0: by the time that tasks take */
	char name[16];

	struct fn_task_store store;
	struct fn_task_list queue;
	size_t queued;
	uint64_t pending; /* queued, or given to a worker */
	uint64_t last_id;
	int64_t mean; /* nanoseconds of a task; 0: unknown */

	struct watch news, helper_watch;
	/* Starts that have failed are tried again, long tasks are looked for. */
	struct loop_timer again, relief;
	uint64_t answers, answers_noted; /* at the start of relief */
	bool
	    relief_vain; /* there was nothing to take back, and no answer since */
	unsigned
	    failures; /* starts that came to nothing since the last success */
	int broken; /* why no task is run any more; 0 */
	bool closed, terminated;
	unsigned inside; /* functions that the workers have called */
	struct buf reply; /* of _apply() */
};

/*
 * May the caller step the workers?  0; -EPERM when it is a forked process; -EDEADLK when
 * it is a done function.
 */
int workers_enter(const struct prun_workers *w);

/* 0, or why no task can be handed over, by the process that has the workers. */
int workers_check(const struct prun_workers *w);

/* At the end of the queue; its ended and arg are set. */
void workers_add(struct prun_workers *w, struct fn_task *task);

/* Give tasks to workers; ahead: also to those that have some, and start what is missing. */
void workers_schedule(struct prun_workers *w, bool ahead);

/* Those that wait will never be run, since w->broken, and are told so. */
void workers_drop_queue(struct prun_workers *w);

/* A worker could not be started, or ended before it was ready. */
void workers_note_failure(struct prun_workers *w, int error);

/* How many tasks the queue should have, so that all workers have work. */
size_t workers_hunger(const struct prun_workers *w);

/* Wait until something happens, for milliseconds (-1: for ever), and act.  0 or -errno. */
int workers_turn(struct prun_workers *w, int milliseconds);

/* Of a worker: see fn_worker.h. */
extern const struct fn_worker_ops workers_ops;

#endif
