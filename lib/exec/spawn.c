/* SPDX-License-Identifier: ISC */

/*
 * Owns what happens between clone(2) and execve(2).  The child shares the
 * caller's memory while the calling thread waits, so that no page tables are
 * copied and a failure is told by a store; it makes system calls and nothing
 * else.  Knows no pool, no job and no pipe.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "exec/plan.h"
#include "exec/spawn.h"

#define STACK_SIZE (64 * 1024)
#define SCRIPT_SHELL "/bin/sh"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_SANITIZE \
	__attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define NO_SANITIZE
#endif

struct start {
	struct plan *plan;
	int fds[3];
	pid_t parent;
	enum prun_step step;
	int error;
};

NO_SANITIZE static void
child_fail(struct start *st, enum prun_step step)
{
	st->step = step;
	st->error = errno;
	_exit(127);
}

NO_SANITIZE static void
child_stdio(struct start *st)
{
	int flags;

	for (int i = 0; i < 3; i++) {
		if (i == STDERR_FILENO &&
		    st->plan->stdio[i].kind == PRUN_STDIO_STDOUT) {
			if (dup2(STDOUT_FILENO, i) == -1)
				child_fail(st, PRUN_STEP_SETUP);
			continue;
		}
		if (st->fds[i] == -1)
			continue;
		if (st->fds[i] != i) {
			if (dup2(st->fds[i], i) == -1)
				child_fail(st, PRUN_STEP_SETUP);
			continue;
		}
		flags = fcntl(i, F_GETFD);
		if (flags == -1 || fcntl(i, F_SETFD, flags & ~FD_CLOEXEC) == -1)
			child_fail(st, PRUN_STEP_SETUP);
	}
}

NO_SANITIZE static void
child_attributes(struct start *st)
{
	struct plan *plan = st->plan;
	int priority;

	if (plan->flags & PRUN_NEW_GROUP && setpgid(0, 0) == -1)
		child_fail(st, PRUN_STEP_SETUP);
	if (plan->flags & PRUN_DIE_WITH_PARENT) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
			child_fail(st, PRUN_STEP_SETUP);
		/* The parent may have died before the prctl. */
		if (getppid() != st->parent)
			(void)kill(getpid(), SIGKILL);
	}
	if (plan->cwd != NULL && chdir(plan->cwd) == -1)
		child_fail(st, PRUN_STEP_CHDIR);
	if (plan->nice != 0) {
		errno = 0;
		priority = getpriority(PRIO_PROCESS, 0);
		if (errno != 0 ||
		    setpriority(PRIO_PROCESS, 0, priority + plan->nice) == -1)
			child_fail(st, PRUN_STEP_SETUP);
	}
	for (size_t i = 0; i < plan->nrlimit; i++) {
		if (setrlimit(plan->rlimit[i].resource,
			&plan->rlimit[i].limit) == -1)
			child_fail(st, PRUN_STEP_SETUP);
	}
}

/* Handlers are dropped before the mask is: none may run in shared memory. */
NO_SANITIZE static void
child_signals(struct start *st)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };

	for (size_t i = 0; i < st->plan->nreset; i++)
		(void)sigaction(st->plan->reset[i], &sa, NULL);
	if (sigprocmask(SIG_SETMASK, &st->plan->mask, NULL) == -1)
		child_fail(st, PRUN_STEP_SETUP);
}

NO_SANITIZE static void
child_exec_script(struct plan *plan, char *file)
{
	char *name = plan->argv[0];

	plan->argv[-1] = (char *)(uintptr_t)SCRIPT_SHELL;
	plan->argv[0] = file;
	(void)execve(SCRIPT_SHELL, plan->argv - 1, plan->envp);
	plan->argv[0] = name;
}

/* Which failure of one candidate lets execvp(3) try the next. */
NO_SANITIZE static int
try_next(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES ||
	    error == ESTALE || error == ENODEV || error == ETIMEDOUT;
}

NO_SANITIZE static void
child_exec(struct start *st)
{
	struct plan *plan = st->plan;
	int denied = 0;

	for (char **file = plan->file; *file != NULL; file++) {
		(void)execve(*file, plan->argv, plan->envp);
		if (errno == ENOEXEC)
			child_exec_script(plan, *file);
		if (errno == EACCES)
			denied = 1;
		if (!try_next(errno))
			break;
		if (denied)
			errno = EACCES;
	}
	child_fail(st, PRUN_STEP_EXEC);
}

NO_SANITIZE static int
child_main(void *arg)
{
	struct start *st = arg;

	child_stdio(st);
	child_attributes(st);
	child_signals(st);
	child_exec(st);
	return 127;
}

/*
 * A descriptor given for 0, 1 or 2 that is itself one of these could be
 * overwritten before its turn: move it out of the way.
 */
static int
start_lift(struct start *st, int lifted[3])
{
	for (int i = 0; i < 3; i++) {
		if (st->fds[i] < 0 || st->fds[i] > STDERR_FILENO ||
		    st->fds[i] == i)
			continue;
		lifted[i] = fcntl(st->fds[i], F_DUPFD_CLOEXEC,
		    STDERR_FILENO + 1);
		if (lifted[i] == -1)
			return -errno;
		st->fds[i] = lifted[i];
	}
	return 0;
}

static int
start_clone(struct start *st, void *stack, struct spawned *s)
{
	sigset_t all, old;
	int pidfd = -1, error = 0;
	siginfo_t info;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	s->pid = clone(child_main, (char *)stack + STACK_SIZE,
	    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, st, &pidfd);
	if (s->pid == -1) {
		error = -errno;
		s->step = PRUN_STEP_FORK;
	} else if (st->error != 0) {
		error = -st->error;
		s->step = st->step;
		while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) == -1 &&
		    errno == EINTR)
			;
		fd_close(&pidfd);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->pidfd = pidfd;
	return error;
}

int
spawn(struct plan *plan, const int fds[3], void *stack, struct spawned *s)
{
	struct start st = { .plan = plan, .parent = getpid() };
	int lifted[3] = { -1, -1, -1 };
	int error;

	*s = (struct spawned){ .pid = -1, .pidfd = -1 };
	for (int i = 0; i < 3; i++)
		st.fds[i] = fds[i];
	error = start_lift(&st, lifted);
	if (error != 0)
		s->step = PRUN_STEP_SETUP;
	else
		error = start_clone(&st, stack, s);
	for (int i = 0; i < 3; i++)
		fd_close(&lifted[i]);
	s->error = -error;
	return error;
}

void *
spawn_stack_new(void)
{
	void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	return stack == MAP_FAILED ? NULL : stack;
}

void
spawn_stack_free(void *stack)
{
	if (stack != NULL)
		(void)munmap(stack, STACK_SIZE);
}
