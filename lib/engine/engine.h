/* SPDX-License-Identifier: ISC */

/*
 * What all workers of one pool share: a loop, a spawner that starts children, a
 * terminator that kills them, a guard, and a mux that takes their output.  Only the
 * loop's thread calls these functions.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/sized.h"
#include "engine/spawner.h"
#include "event/loop.h"
#include "event/timer.h"
#include "kill/guard.h"
#include "kill/terminate.h"
#include "output/mux.h"
#include "prun.h"

/*
 * The leftovers: pipes of jobs that have ended, which processes that the jobs left
 * behind still hold open.  What these processes write is read and thrown away as long
 * as this process runs, so that they neither die of SIGPIPE nor wait for a reader.
 * Only the loop's thread calls these functions.
 */

struct leftover;
struct loop;

TAILQ_HEAD(leftover_list, leftover);

struct leftovers {
	struct loop *loop;
	struct leftover_list all; /* the oldest first */
	unsigned n;
	unsigned
	    most; /* descriptors are few: the oldest is closed for the next */
};

void leftovers_init(struct leftovers *l, struct loop *loop);

/* Close all of the pipes. */
void leftovers_fini(struct leftovers *l);

/* Take over the reading end of a pipe, which is non-blocking. */
void leftovers_add(struct leftovers *l, int fd);

/* Close the oldest pipe, because descriptors are short.  False: there was none. */
bool leftovers_drop(struct leftovers *l);

struct worker;

/*
 * What a worker tells and asks the scheduler.  None of these functions may free the
 * worker.
 */
struct worker_ops {
	/*
	 * The worker runs (error 0); or it could not be started: -EAGAIN, it can be
	 * started again later; -EHOSTDOWN, it can be started on another host.
	 */
	void (*started)(struct worker *w, int error);
	void (*died)(struct worker *w); /* its process is gone */
	/* Its process is gone and its pipes are at their ends. */
	void (*ended)(struct worker *w);
	/* The worker stays: its task has ended, and it is ready for another. */
	void (*served)(struct worker *w);
	/* The worker waits for more input although it has not answered its first task. */
	void (*silent)(struct worker *w);
	/*
	 * Has the worker's process left other processes behind?  Asked after its death
	 * and before it is reaped.
	 */
	bool (*leaves)(struct worker *w);
	/*
	 * The worker was killed in the way of its transport: does a process of another
	 * user live on that is, or may be, the worker's?
	 */
	bool (*is_outlived)(struct worker *w);
};

struct engine {
	struct log log;
	struct loop loop;
	struct mux mux;
	struct timer
	    *timer; /* for kills: its thread acts while the loop waits */
	struct terminator terminator;
	struct spawner *spawner;
	struct guard *guard; /* NULL: none */
	struct leftovers leftovers;
	LIST_HEAD(, prun_host) hosts; /* engine/host.h */
	int null; /* a descriptor of /dev/null */
	const struct worker_ops *ops;

	/* Keep stdout and stderr where the spec does not say where they go. */
	bool capture;
	int64_t leak_timeout; /* nanoseconds; negative: for ever */
	enum prun_leak leak;
	/* As the program gave it, for hosts; NULL: PRUN_TERMSEQ. */
	char *termseq;
	double timeout; /* seconds, for plans that have no timeout; 0: none */
	/* How many pipes are not read for now, since the mux has no room. */
	unsigned paused;
	/* How often an input_fn had no piece: the caller of a step may have one. */
	uint64_t starved;
	/* Bytes by which the pipes of stdin were made wider, in all. */
	size_t wide;
};

/* Call worker_ops.started for each worker that the spawner is done with. */
void engine_take_started(struct engine *engine);

/*
 * Wait until the spawner is done with all workers, then do what engine_take_started()
 * does.
 */
void engine_drain_starts(struct engine *engine);

#endif
