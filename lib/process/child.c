/* SPDX-License-Identifier: ISC */

/*
 * Owns the life of one child between its start and its reaping; the lock that makes
 * sure that no signal goes to a pid that is no longer ours; and the list of all
 * children of this library.  Knows no pipes.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "process/child.h"
#include "process/plan.h"
#include "process/spawn.h"

/*
 * Whoever starts a child holds this lock for reading, from before the clone(2)
 * until the child is in the list.  Whoever reaps children that are not in the list
 * holds it for writing.
 */
static pthread_rwlock_t starts = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t children_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, child) children = LIST_HEAD_INITIALIZER(children);

/* A forked process has neither the children nor the threads that hold the locks. */
static void
children_forget(void)
{
	children_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	starts = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER;
	LIST_INIT(&children);
}

static void
children_watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, children_forget);
}

bool
own_children_has(pid_t pid)
{
	const struct child *child;
	bool found = false;

	pthread_mutex_lock(&children_lock);
	LIST_FOREACH(child, &children, entry) {
		if (child->pid == pid)
			found = true;
	}
	pthread_mutex_unlock(&children_lock);
	return found;
}

bool
own_children_rest(void)
{
	return pthread_rwlock_trywrlock(&starts) == 0;
}

void
own_children_await_rest(void)
{
	(void)pthread_rwlock_wrlock(&starts);
}

void
own_children_resume(void)
{
	(void)pthread_rwlock_unlock(&starts);
}

void
child_init(struct child *c)
{
	*c = (struct child){ .pid = -1, .pidfd = -1 };
	pthread_mutex_init(&c->lock, NULL);
}

void
child_fini(struct child *c)
{
	fd_close(&c->pidfd);
	pthread_mutex_destroy(&c->lock);
}

void
own_children_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, children_watch_forks);
	(void)pthread_rwlock_rdlock(&starts);
}

void
own_children_end(struct child *c, pid_t pid)
{
	if (pid != -1) {
		pthread_mutex_lock(&children_lock);
		c->pid = pid;
		LIST_INSERT_HEAD(&children, c, entry);
		pthread_mutex_unlock(&children_lock);
	}
	(void)pthread_rwlock_unlock(&starts);
}

void
own_children_remove(struct child *c)
{
	pthread_mutex_lock(&children_lock);
	LIST_REMOVE(c, entry);
	pthread_mutex_unlock(&children_lock);
}

int
child_start(struct child *c, struct plan *plan, const int fds[3], void *stack,
    struct prun_result *r)
{
	struct spawned s;
	int error;

	c->started = clock_now();
	c->started_wall = clock_wall();
	r->started = c->started_wall;
	own_children_begin();
	error = spawn(plan, fds, stack, &s);
	own_children_end(c, error == 0 ? s.pid : -1);
	if (error != 0) {
		r->flags |= PRUN_RESULT_NOT_STARTED;
		r->step = s.step;
		r->error = s.error;
		r->status = status_of_exec_error(s.error);
		return error;
	}
	pthread_mutex_lock(&c->lock);
	r->pid = s.pid;
	c->pidfd = s.pidfd;
	c->group = (plan->flags &
		       (PRUN_SPEC_NEW_GROUP | PRUN_SPEC_NEW_SESSION)) != 0;
	c->alive = true;
	pthread_mutex_unlock(&c->lock);
	return 0;
}

/*
 * Someone else may have reaped the child: the host (waitpid(-1)), or the kernel if
 * SIGCHLD is ignored.  Then its pid may belong to another process already.  As long
 * as the child can be waited for, dead or alive, the pid is its own.
 */
static bool
child_is_ours(const struct child *c)
{
	siginfo_t info;

	return waitid(P_PIDFD, (id_t)c->pidfd, &info,
		   WEXITED | WNOHANG | WNOWAIT) == 0;
}

static int
child_send(const struct child *c, int sig)
{
	if (!c->group)
		return syscall(SYS_pidfd_send_signal, c->pidfd, sig, NULL, 0) ==
			-1 ?
		    -errno :
		    0;
	if (!child_is_ours(c))
		return -ESRCH;
	return kill(-c->pid, sig) == -1 ? -errno : 0;
}

int
child_signal(struct child *c, int sig)
{
	int error = -ESRCH;

	pthread_mutex_lock(&c->lock);
	if (c->alive)
		error = child_send(c, sig);
	pthread_mutex_unlock(&c->lock);
	return error;
}

int
child_hold(struct child *c)
{
	int error = 0;

	pthread_mutex_lock(&c->lock);
	if (!c->alive || !child_is_ours(c))
		error = -ESRCH;
	else if (c->held)
		error = -EALREADY;
	else
		c->held = true;
	pthread_mutex_unlock(&c->lock);
	return error;
}

void
child_release(struct child *c)
{
	pthread_mutex_lock(&c->lock);
	c->held = false;
	pthread_mutex_unlock(&c->lock);
}

bool
child_is_held(struct child *c)
{
	bool held;

	pthread_mutex_lock(&c->lock);
	held = c->held;
	pthread_mutex_unlock(&c->lock);
	return held;
}

/*
 * The bare system call also returns the rusage: that of this child alone, from the
 * same reaping.
 */
static int
wait_pidfd(int pidfd, siginfo_t *info, struct rusage *usage)
{
	long rc;

	info->si_pid = 0;
	do
		rc = syscall(SYS_waitid, P_PIDFD, pidfd, info,
		    WEXITED | WNOHANG, usage);
	while (rc == -1 && errno == EINTR);
	return rc == -1 ? -errno : 0;
}

int
child_reap(struct child *c, struct prun_result *r)
{
	siginfo_t info;
	int error;

	pthread_mutex_lock(&c->lock);
	info.si_pid = 0;
	error = c->held ? 0 : wait_pidfd(c->pidfd, &info, &r->usage);
	if (error == 0 && info.si_pid == 0) {
		pthread_mutex_unlock(&c->lock);
		return 0;
	}
	c->alive = false;
	pthread_mutex_unlock(&c->lock);
	own_children_remove(c);

	if (!c->keeps_pidfd)
		fd_close(&c->pidfd);
	r->pid = c->pid;
	r->started = c->started_wall;
	r->elapsed = (double)(clock_now() - c->started) / 1e9;
	if (error != 0) {
		r->flags |= PRUN_RESULT_STATUS_UNKNOWN;
		r->status = 255;
		return 1;
	}
	r->status = status_of(&info, &r->signal);
	return 1;
}

int
child_await(struct child *c, int64_t deadline)
{
	return fd_await(c->pidfd, POLLIN, deadline);
}
