/* SPDX-License-Identifier: ISC */

/*
 * One child process: it is started, signalled, and reaped once.  Any thread may send
 * it a signal: the lock makes sure that none is sent when the pid may belong to
 * another process.
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
	bool alive; /* started and not reaped: the pid and the group are ours */
	/* Must not be reaped now, because its tree is being killed. */
	bool held;
	bool group; /* it leads a process group */
	/* In the list of all children that are not reaped. */
	LIST_ENTRY(child) entry;
	pid_t pid;
	/* Readable when the child has died; -1: not started, or reaped. */
	int pidfd;
	bool keeps_pidfd; /* it stays open until child_fini() */
	int64_t started; /* clock_now() time */
	double started_wall;
};

void child_init(struct child *c);
void child_fini(struct child *c);

/*
 * Start a child.  0; or -errno: r tells which step failed (PRUN_RESULT_NOT_STARTED).
 * fds and stack are those of spawn().
 */
int child_start(struct child *c, struct plan *plan, const int fds[3],
    void *stack, struct prun_result *r);

/*
 * Send a signal to the child, or to its group if it leads one.  0; -ESRCH: it was
 * reaped, by us or by others; or another -errno.  Any thread.
 */
int child_signal(struct child *c, int sig);

/*
 * Keep the pid and the group of the child, dead or alive, until child_release():
 * child_reap() does not reap it.  0; -ESRCH: it was reaped already; -EALREADY: it is
 * held.  Any thread.
 */
int child_hold(struct child *c);
void child_release(struct child *c);
bool child_is_held(struct child *c);

/*
 * Reap the child if it has died.  1: it was reaped now, and r is filled in (pid,
 * status, signal, times, usage).  0: it lives, is held, or is traced by a process
 * that has not seen its end yet.  If somebody else has reaped it, r has
 * PRUN_RESULT_STATUS_UNKNOWN.
 */
int child_reap(struct child *c, struct prun_result *r);

/*
 * Wait until the child dies or the deadline comes; do not reap it.  1: it is dead;
 * 0: it is not.
 */
int child_await(struct child *c, int64_t deadline);

/*
 * The children that this library has started and not reaped.  All objects of a
 * process share this list.  A child of this process that is neither in the list nor
 * the host's was left behind by a job.  Any thread.
 */

/*
 * For a child that child_start() does not start.  The thread that forks calls
 * _begin() before fork(2), and _end() after it (pid -1: there is no child).
 * _remove() is called when the child was reaped.
 */
void own_children_begin(void);
void own_children_end(struct child *c, pid_t pid);
void own_children_remove(struct child *c);

bool own_children_has(pid_t pid);

/*
 * Stop the starts of children, if none is being started.  true: no thread starts a
 * child until own_children_resume(), which the same thread has to call soon.  false:
 * a child is being started whose pid is not known yet.
 */
bool own_children_rest(void);

/* The same, but wait until no child is being started. */
void own_children_await_rest(void);
void own_children_resume(void);

#endif
