/* SPDX-License-Identifier: ISC */

/*
 * One child process: it is started, signalled, and reaped once.  Any thread may send it a
 * signal: the lock sees to it that none is sent once the pid may be somebody else's.
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include <sys/types.h>
#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "prun.h"

struct plan;

struct child {
	pthread_mutex_t lock; /* held while signalling and while reaping */
	bool alive; /* started and not reaped: pid and group are ours */
	bool held; /* not to be reaped now: its tree is being killed */
	bool group; /* leads a process group */
	LIST_ENTRY(child) entry; /* in the list of all that are not reaped */
	pid_t pid;
	int pidfd; /* readable when it has died; -1: not started, or reaped */
	int64_t started; /* clock_now() time */
	double started_wall;
};

void child_init(struct child *c);
void child_fini(struct child *c);

/*
 * 0, or -errno and r tells the step (PRUN_RESULT_NOT_STARTED).  fds and stack as for
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
 * When somebody else has reaped it, r has PRUN_RESULT_STATUS_UNKNOWN.
 */
int child_reap(struct child *c, struct prun_result *r);

/* Wait for its death, without reaping it, until the deadline.  1: dead, 0: not. */
int child_await(struct child *c, int64_t deadline);

/*
 * The children that this library has started and not reaped, whatever object they are
 * of: all objects of a process share this list.  A child of this process that is not in
 * it, and not the host's, has been left behind by a job.  Any thread.
 */

/*
 * For a child that is not started by child_start(): around its fork(2), in one thread,
 * and when it has been reaped.  pid -1: there is none.
 */
void own_children_begin(void);
void own_children_end(struct child *c, pid_t pid);
void own_children_remove(struct child *c);

bool own_children_has(pid_t pid);

/*
 * False: a child is being started, whose pid is not known yet.  True: none is, and
 * starts wait until own_children_resume(), which is to come soon and from the same
 * thread.
 */
bool own_children_rest(void);

/* The same, and waits until no child is being started. */
void own_children_await_rest(void);
void own_children_resume(void);

#endif
