/* SPDX-License-Identifier: ISC */

/*
 * One child process: started, signalled, reaped once.  Signals may come from
 * any thread: its lock sees to it that none is sent once the pid may be
 * somebody else's.
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "process/own_children.h"
#include "prun.h"

struct plan;

struct child {
	pthread_mutex_t lock; /* held while signalling and while reaping */
	bool alive; /* started and not reaped: pid and group are ours */
	bool held; /* not to be reaped now: its tree is being killed */
	bool group; /* leads a process group */
	struct own_child own;
	pid_t pid;
	int pidfd; /* readable when it has died; -1: not started, or reaped */
	int64_t started; /* clock_now() time */
	double started_wall;
};

void child_init(struct child *c);
void child_fini(struct child *c);

/*
 * 0, or -errno and r tells the step (PRUN_NOT_STARTED).  fds and stack as for
 * spawn().
 */
int child_start(struct child *c, struct plan *plan, const int fds[3],
    void *stack, struct prun_result *r);

/* To its group if it leads one.  -ESRCH: reaped, by whomever.  Any thread. */
int child_signal(struct child *c, int sig);

/*
 * Keep its pid and its group ours until _release(), dead or not: child_reap()
 * leaves it alone.  -ESRCH: reaped already.  -EALREADY: held.  Any thread.
 */
int child_hold(struct child *c);
void child_release(struct child *c);
bool child_is_held(struct child *c);

/*
 * 1: reaped now, and r is filled in (pid, status, signal, times, usage);
 * 0: it lives, is held, or is traced by somebody who has yet to see its end.
 * When somebody else has reaped it, r has PRUN_STATUS_UNKNOWN.
 */
int child_reap(struct child *c, struct prun_result *r);

/* Wait for its death, without reaping it, until the deadline.  1: dead, 0: not. */
int child_await(struct child *c, int64_t deadline);

#endif
