/* SPDX-License-Identifier: ISC */

/*
 * The helper: a process with one thread, forked when workers are made, which forks them,
 * one after the other, for a host that may have many threads by then.  It reaps them,
 * kills what outlives its time, and ends all of them when the owner ends or wants it.
 * All descendants of workers become its children when their parents die, so none gets
 * away.
 */
#ifndef WORKERS_HELPER_H
#define WORKERS_HELPER_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/child.h"
#include "prun.h"
#include "workers/slot.h"

/* What the process of a worker does: it reads tasks, calls their functions and answers. */

struct slot;

struct serve_opts {
	int (*init)(void **state, void *arg); /* NULL: none */
	void (*fini)(void *state); /* NULL: none */
	void *arg;
	bool timed; /* somebody wants to know since when a task runs */
};

/*
 * Read tasks from the descriptor from and write answers to the descriptor to, until
 * FN_FRAME_END or the end of from.  What the process is to exit with.
 */
int serve(const struct serve_opts *opts, struct slot *slot, int from, int to);

struct helper_opts {
	struct serve_opts serve;
	struct slot *slots; /* shared */
	unsigned count; /* of the slots */
	int64_t timeout; /* nanoseconds that a task may take; 0: for ever */
	const char *name; /* of the workers, for ps(1); NULL: the owner's */
};

enum helper_request {
	HELPER_FORK = 1, /* with two descriptors: for tasks, for answers */
	HELPER_KILL, /* a worker, and all that it has started */
};

struct helper_message {
	uint32_t request;
	uint32_t index; /* of the slot */
};

/* What both processes know. */
struct helper_shared {
	struct helper_opts opts;
	int control[2]; /* a socket: the owner's end, and the helper's */
	int news; /* an eventfd: a worker has ended */
	pid_t owner;
	char
	    mark[32]; /* of all processes of the workers: see kill/job_mark.h */
	pid_t *pids; /* the helper's: by slot, 0: none */
	uint64_t *numbers; /* and the number of its mark */
};

struct helper {
	struct helper_shared shared;
	struct child process;
	unsigned long long since; /* a proc_now() before it was started */
};

/* All that is in opts is lent until helper_fini().  0 or -errno. */
int helper_init(struct helper *h, const struct helper_opts *opts);

/*
 * Ask it to fork the worker of that slot, which reads from and writes to; they stay the
 * caller's.  0, -EAGAIN: it has too many requests; or -errno: it is gone.
 */
int helper_fork(struct helper *h, unsigned index, int from, int to);
void helper_kill(struct helper *h, unsigned index);

/* It is to kill all workers with all that they have started, and to end. */
void helper_end(struct helper *h);

/*
 * It has ended: reap it.  If it was killed, and not told to end, kill what its workers
 * have started; they themselves die with it.
 */
void helper_ended(struct helper *h);

/* Wait for its end, if it is this process's.  Fine after a failed helper_init(). */
void helper_fini(struct helper *h);

/* The process of the helper: a prun_process_fn, whose arg is a struct helper_shared. */
int helper_main(void *arg);

#endif
