/* SPDX-License-Identifier: ISC */

/*
 * What all workers of one pool stand on: a loop, who starts children, who kills
 * them, who guards them, and who takes their output.  One thread, the loop's.
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
 * Pipes of jobs that are over, held open by processes which they have left behind.
 * What still comes is read and thrown away, so that nobody dies of SIGPIPE or waits
 * for a reader as long as this process runs.  One thread, the loop's.
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

/* Closes them all. */
void leftovers_fini(struct leftovers *l);

/* Take over a pipe's reading end, which does not block. */
void leftovers_add(struct leftovers *l, int fd);

/* Descriptors are wanting: close one.  False: there is none. */
bool leftovers_drop(struct leftovers *l);

struct worker;

/* What the scheduler is told and asked.  It may not free the worker in these. */
struct worker_ops {
	/*
	 * It runs; or error: -EAGAIN, it can be started again later; -EHOSTDOWN, it can
	 * be started on another host.
	 */
	void (*started)(struct worker *w, int error);
	void (*died)(struct worker *w); /* the process is gone */
	void (*ended)(struct worker *w); /* and its pipes are at their end */
	/* It stays: its task has ended, and it is ready for another. */
	void (*served)(struct worker *w);
	/* It waits for more input, and has not answered its first task. */
	void (*silent)(struct worker *w);
	/* Has it left processes behind?  Asked between its death and its reaping. */
	bool (*leaves)(struct worker *w);
	/*
	 * It was killed, as its transport kills: does another user's process live
	 * on that is, or may be, of it?
	 */
	bool (*is_outlived)(struct worker *w);
};

struct engine {
	struct log log;
	struct loop loop;
	struct mux mux;
	struct timer
	    *timer; /* for kills: its thread acts though the loop waits */
	struct terminator terminator;
	struct spawner *spawner;
	struct guard *guard; /* NULL: none */
	struct leftovers leftovers;
	LIST_HEAD(, prun_host) hosts; /* engine/host.h */
	int null; /* /dev/null */
	const struct worker_ops *ops;

	bool capture; /* stdout and stderr that are not spoken for */
	int64_t leak_timeout; /* ns; negative: for ever */
	enum prun_leak leak;
	char *termseq; /* as given, for hosts; NULL: PRUN_TERMSEQ */
	double timeout; /* seconds, of plans that say none; 0: none */
	unsigned paused; /* pipes that are left alone for a while */
	size_t wide; /* bytes of all pipes of stdin that were made wider */
};

/* Workers that the spawner is done with are told of: see worker_ops.started. */
void engine_take_started(struct engine *engine);

/* The same, once all that are being started are. */
void engine_drain_starts(struct engine *engine);

#endif
