/* SPDX-License-Identifier: ISC */

/*
 * The helper: a process with one thread, forked when the workers are made.  It forks
 * the workers one after the other, for a host program that may have many threads by
 * then.  It reaps the workers, kills those whose task outlives its time, and ends all
 * of them when the owner ends or asks for it.  Each descendant of a worker becomes the
 * helper's child when its parent dies, so none gets away.
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
	bool timed; /* note when a task begins, since tasks have a timeout */
};

/*
 * Read tasks from the descriptor `from` and write answers to the descriptor `to`, until
 * FN_FRAME_END or the end of `from`.  Returns the exit status of the process.
 */
int serve(const struct serve_opts *opts, struct slot *slot, int from, int to);

struct helper_opts {
	struct serve_opts serve;
	/* In memory that the owner, the helper and the workers share. */
	struct slot *slots;
	unsigned count; /* how many slots there are */
	int64_t timeout; /* nanoseconds that a task may take; 0: no limit */
	/* Of the workers' processes in ps(1); NULL: the owner's name. */
	const char *name;
};

enum helper_request {
	/* Fork a worker; comes with two descriptors, for tasks and for answers. */
	HELPER_FORK = 1,
	HELPER_KILL, /* kill a worker and all that it has started */
};

struct helper_message {
	uint32_t request;
	uint32_t index; /* of the slot */
};

/* What the owner and the helper both have. */
struct helper_shared {
	struct helper_opts opts;
	int control[2]; /* a socket: the owner's end, the helper's end */
	int news; /* an eventfd that tells the owner that a worker has ended */
	pid_t owner;
	char
	    mark[32]; /* of all processes of the workers: see kill/job_mark.h */
	/* Only the helper's: the pid of each slot's worker, 0: none. */
	pid_t *pids;
	uint64_t *numbers; /* and the number in that worker's mark */
};

struct helper {
	struct helper_shared shared;
	struct child process;
	/* A proc_now() from before the helper was started. */
	unsigned long long since;
};

/* Everything that opts points to is lent until helper_fini().  0 or -errno. */
int helper_init(struct helper *h, const struct helper_opts *opts);

/*
 * Ask the helper to fork the worker of that slot, which reads from `from` and writes to
 * `to`; the caller still owns both.  0; -EAGAIN: too many requests wait; or another
 * -errno: the helper is gone.
 */
int helper_fork(struct helper *h, unsigned index, int from, int to);
void helper_kill(struct helper *h, unsigned index);

/* Have the helper kill all workers with all that they have started, and end. */
void helper_end(struct helper *h);

/*
 * The helper has ended: reap it.  If it was killed, and had not been told to end, kill
 * what its workers have started; the workers themselves die with the helper.
 */
void helper_ended(struct helper *h);

/*
 * Wait for the helper's end, if this process has started it.  May also be called after
 * helper_init() has failed.
 */
void helper_fini(struct helper *h);

/* The process of the helper: a prun_process_fn, whose arg is a struct helper_shared. */
int helper_main(void *arg);

#endif
