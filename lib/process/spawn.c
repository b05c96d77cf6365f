/* SPDX-License-Identifier: ISC */

/*
 * Owns what happens between clone(2) and execve(2).  The child shares the caller's
 * memory while the calling thread waits: so no page tables are copied, and the
 * child reports a failure by writing it into that memory.  The child makes system
 * calls and nothing else.  Only a function that runs instead of a program needs
 * memory of its own: then the child is started with fork(2).  Knows no pool, no job
 * and no pipe.  The file is long because all ways to start take the same steps,
 * which no other file may call.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/plan.h"
#include "process/rlimit_mark.h"
#include "process/spawn.h"

#define STACK_SIZE (64 * 1024)
#define SCRIPT_SHELL "/bin/sh"

/*
 * It is at the low end of the stack, because parent and child share the stack even
 * when the child has a copy of all other memory.
 */
struct failure {
	enum prun_step step;
	int error;
};

struct start {
	struct plan *plan;
	int fds[3];
	pid_t parent;
	struct failure *failure;
};

/*
 * The functions below make some system calls directly.  These calls never return, or
 * libc or a sanitizer would record them as if the parent had made them.
 */
NO_SANITIZE static void
child_fail(struct start *st, enum prun_step step)
{
	st->failure->step = step;
	st->failure->error = errno;
	for (;;)
		(void)syscall(SYS_exit_group, 127);
}

NO_SANITIZE static void
child_execve(const char *file, char *const argv[], char *const envp[])
{
	(void)syscall(SYS_execve, file, argv, envp);
}

/* The kernel's struct sigaction begins with the handler; SIG_DFL is 0. */
NO_SANITIZE static void
child_default(int sig)
{
	static const unsigned long sig_dfl[4];

	(void)syscall(SYS_rt_sigaction, sig, sig_dfl, NULL, (size_t)_NSIG / 8);
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
child_worker_fd(struct start *st)
{
	const int fd = st->plan->worker_fd;

	if (fd != 0 && fd != PRUN_WORKER_FD && dup2(fd, PRUN_WORKER_FD) == -1) {
		/* The number is above the limit of open files, which dup2(2) calls EBADF. */
		if (errno == EBADF)
			errno = EMFILE;
		child_fail(st, PRUN_STEP_SETUP);
	}
	if (fd == PRUN_WORKER_FD && fcntl(fd, F_SETFD, 0) == -1)
		child_fail(st, PRUN_STEP_SETUP);
}

/* Linux before 5.9 has no close_range(2): close them one by one. */
NO_SANITIZE void
spawn_close(unsigned first, unsigned last)
{
	struct rlimit limit;

	if (first > last || syscall(SYS_close_range, first, last, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	for (; first <= last && first < limit.rlim_max; first++)
		(void)syscall(SYS_close, first);
}

/*
 * The child has a copy of the descriptor table, so this does not change the
 * caller's descriptors.
 */
NO_SANITIZE static void
child_pass(struct start *st)
{
	for (size_t i = 0; i < st->plan->npass; i++) {
		if (fcntl(st->plan->pass[i], F_SETFD, 0) == -1)
			child_fail(st, PRUN_STEP_SETUP);
	}
}

NO_SANITIZE static void
child_close_others(struct start *st)
{
	const struct plan *plan = st->plan;
	unsigned next = STDERR_FILENO + 1;

	if (!(plan->flags & PRUN_SPEC_CLOSE_FDS))
		return;
	for (size_t i = 0; i < plan->npass; i++) {
		spawn_close(next, (unsigned)plan->pass[i] - 1);
		next = (unsigned)plan->pass[i] + 1;
	}
	spawn_close(next, ~0U);
}

/* If the mark cannot be set, the job runs without it. */
NO_SANITIZE static void
child_rlimit_mark(uint64_t number)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_LOCKS, &limit) == -1)
		return;
	rlimit_mark_set(&limit, number);
	(void)setrlimit(RLIMIT_LOCKS, &limit);
}

NO_SANITIZE static void
child_attributes(struct start *st)
{
	struct plan *plan = st->plan;
	const struct sched_param normal = { .sched_priority = 0 };
	int priority;

	if (plan->flags & PRUN_SPEC_NEW_SESSION) {
		if (setsid() == -1)
			child_fail(st, PRUN_STEP_SETUP);
	} else if (plan->flags & PRUN_SPEC_NEW_GROUP && setpgid(0, 0) == -1)
		child_fail(st, PRUN_STEP_SETUP);
	if (plan->flags & PRUN_SPEC_SET_UMASK)
		(void)umask(plan->umask);
	if (plan->flags & PRUN_SPEC_DIE_WITH_PARENT) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
			child_fail(st, PRUN_STEP_SETUP);
		/* The parent may have died before the prctl(2). */
		if (getppid() != st->parent)
			(void)kill(getpid(), SIGKILL);
	}
	if (plan->cwd != NULL && chdir(plan->cwd) == -1)
		child_fail(st, PRUN_STEP_CHDIR);
	if (plan->unbatch)
		(void)sched_setscheduler(0, SCHED_OTHER, &normal);
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
	if (plan->rlimit_mark != 0)
		child_rlimit_mark(plan->rlimit_mark);
}

/*
 * The handlers are reset before the mask: no handler of the parent may run in
 * shared memory.
 */
NO_SANITIZE static void
child_signals(struct start *st)
{
	for (size_t i = 0; i < st->plan->nreset; i++)
		child_default(st->plan->reset[i]);
	if (sigprocmask(SIG_SETMASK, &st->plan->mask, NULL) == -1)
		child_fail(st, PRUN_STEP_SETUP);
}

NO_SANITIZE static void
child_exec_script(struct plan *plan, char *file)
{
	char *name = plan->argv[0];

	plan->argv[-1] = (char *)(uintptr_t)SCRIPT_SHELL;
	plan->argv[0] = file;
	child_execve(SCRIPT_SHELL, plan->argv - 1, plan->envp);
	plan->argv[0] = name;
}

/* After these failures execvp(3) tries the next file. */
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
		child_execve(*file, plan->argv, plan->envp);
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
	child_worker_fd(st);
	child_pass(st);
	child_close_others(st);
	child_attributes(st);
	child_signals(st);
	child_exec(st);
	return 127;
}

/*
 * A descriptor 0, 1 or 2 that is to become another of the three could be
 * overwritten before it is copied, so it is moved above 2 first.
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

/*
 * What the forked process does.  Its copy of text that the host has written to
 * stdout and not flushed is dropped, because the host writes that text itself.  One
 * byte in the pipe tells the host that all is set up.  The end of the pipe could not
 * tell that, because other processes may have copies of the pipe.
 */
static _Noreturn void
child_function(struct start *st, const int ready[2])
{
	struct plan *plan = st->plan;
	int status;

	(void)close(ready[0]);
	child_stdio(st);
	child_pass(st);
	child_attributes(st);
	if (fd_put(ready[1], "", 1) != 1)
		child_fail(st, PRUN_STEP_SETUP);
	(void)close(ready[1]);
	child_close_others(st);
	if (plan->fn_name != NULL)
		(void)prctl(PR_SET_NAME, plan->fn_name, 0, 0, 0);
	environ = plan->envp;
	__fpurge(stdout);
	child_signals(st);
	status = plan->fn(plan->fn_arg);
	(void)fflush(stdout);
	_exit(status);
}

/* Wait until the function is about to run, or its process has ended before that. */
static void
await_function(int ready, int pidfd)
{
	struct pollfd fds[2] = { { .fd = ready, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };

	while (poll(fds, 2, -1) == -1 && errno == EINTR)
		continue;
}

static pid_t
start_function(struct start *st, int *pidfd)
{
	int ready[2], error = fd_pipe(ready);
	pid_t pid;

	if (error != 0) {
		errno = -error;
		return -1;
	}
	pid = fork();
	if (pid == 0)
		child_function(st, ready);
	error = errno;
	if (pid != -1) {
		*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		error = errno;
		if (*pidfd != -1)
			await_function(ready[0], *pidfd);
	}
	if (pid != -1 && *pidfd == -1) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		pid = -1;
	}
	fd_close_pair(ready);
	errno = error;
	return pid;
}

static pid_t
start_child(struct start *st, void *stack, int *pidfd)
{
	const int flags = SHARE_MEMORY | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	long pid;

	if (SHARE_MEMORY)
		return clone(child_main, (char *)stack + STACK_SIZE, flags, st,
		    pidfd);
	pid = syscall(SYS_clone, flags, NULL, pidfd, NULL, NULL);
	if (pid == 0)
		(void)child_main(st);
	return (pid_t)pid;
}

/*
 * In a host whose descriptor 0, 1 or 2 is closed, the pidfd may get that number: it
 * is moved above 2.  It keeps its number if no other descriptor can be had.
 */
static int
lift_pidfd(int fd)
{
	int lifted;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (lifted == -1)
		return fd;
	fd_close(&fd);
	return lifted;
}

static int
start_clone(struct start *st, void *stack, struct spawned *s)
{
	sigset_t all, old;
	int pidfd = -1, error = 0;
	siginfo_t info;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	s->pid = st->plan->fn != NULL ? start_function(st, &pidfd) :
					start_child(st, stack, &pidfd);
	if (s->pid == -1) {
		error = -errno;
		s->step = PRUN_STEP_FORK;
	} else if (st->failure->error != 0) {
		error = -st->failure->error;
		s->step = st->failure->step;
		while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) == -1 &&
		    errno == EINTR)
			;
		fd_close(&pidfd);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	s->pidfd = lift_pidfd(pidfd);
	return error;
}

int
spawn(struct plan *plan, const int fds[3], void *stack, struct spawned *s)
{
	struct start st = { .plan = plan,
		.parent = getpid(),
		.failure = stack };
	int lifted[3] = { -1, -1, -1 };
	int error;

	*s = (struct spawned){ .pid = -1, .pidfd = -1 };
	*st.failure = (struct failure){ 0 };
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
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return stack == MAP_FAILED ? NULL : stack;
}

void
spawn_stack_free(void *stack)
{
	if (stack != NULL)
		(void)munmap(stack, STACK_SIZE);
}
