/* SPDX-License-Identifier: ISC */

/*
 * Owns the table of leaders that the runner and the guard share, and the guard's
 * process.  The guard is a forked copy of the runner.  The runner may have many
 * threads, and only one of them goes on in the copy: so no function that runs there may
 * wait for a lock that another thread held at the fork, and none uses the heap or
 * stdio.  This is one file although it is long: the stand-in has its own start and then
 * does what the guard does.
 */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"
#include "kill/guard.h"
#include "kill/tree.h"
#include "process/child.h"
#include "process/spawn.h"

#define STACK_SIZE ((size_t)256 * 1024)

enum {
	/*
	 * A slot holds a pid, which is less than 2^22, and above these bits the time in
	 * clock ticks at which it was noted.
	 */
	PID_BITS = 22,
	/*
	 * The guard looks for processes of the run LOOKS times at most, until
	 * LOOKS_EMPTY looks in a row find none.
	 */
	LOOKS = 500,
	LOOKS_EMPTY = 2,
	LOOK_MILLISECONDS = 20,
};

struct guard {
	struct child process; /* the guard's process */
	bool runs;
	struct child stand_in;
	bool stands_in;
	/* The pidfd by which the stand-in watches the runner; -1: none. */
	int runner_fd;
	void *stack; /* on which the stand-in runs; NULL: none */
	/*
	 * The runner's end of the pipe whose end tells the guard that the runner has
	 * died; -1: none.
	 */
	int pipe;
	/* The guard's end of that pipe; only set while the guard is started. */
	int read_end;
	int held; /* see guard_hold(); -1: none */
	int returned; /* see guard_return(); -1: none */
	size_t slots;
	/* Shared with the guard; an entry of 0 is a free slot. */
	_Atomic uint64_t *table;
	struct tree_target
	    *targets; /* the guard's: one for each slot, one for run_mark */
	char *run_mark;
	/* A proc_now(): no job was started before. */
	unsigned long long started;
	pid_t runner;
	pid_t session; /* the runner's */
};

static size_t
table_size(const struct guard *guard)
{
	return guard->slots * sizeof(*guard->table);
}

static int
allocate(struct guard *guard, const char *run_mark)
{
	void *table;

	guard->run_mark = strdup(run_mark != NULL ? run_mark : "");
	guard->targets = calloc(guard->slots + 1, sizeof(*guard->targets));
	if (guard->run_mark == NULL || guard->targets == NULL)
		return -ENOMEM;
	table = mmap(NULL, table_size(guard), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return -errno;
	guard->table = table;
	return 0;
}

int
guard_new(size_t slots, const char *run_mark, struct guard **guardp)
{
	struct guard *guard;
	int error;

	if (slots == 0 || slots > SIZE_MAX / sizeof(*guard->table))
		return -EINVAL;
	guard = calloc(1, sizeof(*guard));
	if (guard == NULL)
		return -ENOMEM;
	guard->pipe = guard->held = guard->returned = guard->runner_fd = -1;
	guard->slots = slots;
	guard->started = proc_now();
	error = allocate(guard, run_mark);
	if (error != 0) {
		guard_free(guard);
		return error;
	}
	*guardp = guard;
	return 0;
}

void
guard_hold(struct guard *guard, int fd)
{
	guard->held = fd;
}

void
guard_return(struct guard *guard, int pipe_fd)
{
	guard->returned = pipe_fd;
}

void
guard_set(struct guard *guard, size_t slot, pid_t leader)
{
	uint64_t entry = (uint64_t)proc_now() << PID_BITS | (uint64_t)leader;

	atomic_store_explicit(guard->table + slot, entry, memory_order_release);
}

void
guard_clear(struct guard *guard, size_t slot)
{
	atomic_store_explicit(guard->table + slot, 0, memory_order_release);
}

pid_t
guard_pid(const struct guard *guard)
{
	return guard->runs   ? guard->process.pid :
	    guard->stands_in ? guard->stand_in.pid :
			       0;
}

/* The functions from here to guard_main() run in the guard's process. */

/* The smallest of the three descriptors that is greater than fd; -1 if there is none. */
static int
next_of(const int fds[3], int fd)
{
	int next = -1;

	for (int i = 0; i < 3; i++)
		if (fds[i] > fd && (next == -1 || fds[i] < next))
			next = fds[i];
	return next;
}

/*
 * Cut the guard off from the runner: close all descriptors but kept (-1 stands for
 * none), and give it a session, a name and a working directory of its own.
 */
static void
settle(const int kept[3])
{
	int fd = STDERR_FILENO, next, null, error;

	while ((next = next_of(kept, fd)) != -1) {
		spawn_close((unsigned)fd + 1, (unsigned)next - 1);
		fd = next;
	}
	spawn_close((unsigned)fd + 1, ~0U);
	null = open("/dev/null", O_RDWR);
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null == -1 || dup2(null, fd) == -1)
			(void)close(fd);
	}
	if (null > STDERR_FILENO)
		(void)close(null);
	(void)setsid();
	(void)prctl(PR_SET_NAME, "prun-guard", 0, 0, 0);
	error = chdir("/");
	(void)error; /* a guard that cannot go there stays where it is */
}

/*
 * Nothing is ever written to the pipe, so poll(2) returns when the runner has died and
 * the pipe has come to its end.  The guard watches the runner's pidfd as well, because
 * another child of the runner may hold the pipe's other end open.
 */
static void
await_death(pid_t runner, int pipe_fd)
{
	struct pollfd fds[2] = { { .fd = pipe_fd, .events = POLLIN },
		{ .fd = -1, .events = POLLIN } };

	fds[1].fd = (int)syscall(SYS_pidfd_open, runner, 0);
	/* If the runner died before pidfd_open(), the guard has another parent by now. */
	if (getppid() != runner)
		return;
	while (poll(fds, 2, -1) == -1)
		continue;
}

static size_t
fill_targets(struct guard *guard)
{
	const uint64_t pid_mask = ((uint64_t)1 << PID_BITS) - 1;
	uint64_t entry;
	size_t slot, count = 0;

	for (slot = 0; slot < guard->slots; slot++) {
		entry = atomic_load_explicit(guard->table + slot,
		    memory_order_acquire);
		if (entry == 0)
			continue;
		guard->targets[count++] = (struct tree_target){
			.leader = (pid_t)(entry & pid_mask),
			.started = guard->started,
			.leader_known_at = entry >> PID_BITS,
		};
	}
	if (guard->run_mark[0] != '\0')
		guard->targets[count++] = (struct tree_target){
			.job_mark = guard->run_mark,
			.started = guard->started
		};
	return count;
}

/*
 * One look is not enough: a child that the runner was starting when it died has the
 * marks of its job only from execve(2) on.
 */
static void
kill_all(struct guard *guard)
{
	struct tree_kill tree = { .targets = guard->targets,
		.count = fill_targets(guard),
		.runner_dead = true,
		.session = guard->session };
	int look, empty = 0;

	for (look = 0; look < LOOKS && empty < LOOKS_EMPTY; look++) {
		if (look != 0)
			(void)poll(NULL, 0, LOOK_MILLISECONDS);
		empty = tree_kill(&tree, SIGKILL) == 0 ? empty + 1 : 0;
	}
}

static void
return_bytes(const struct guard *guard)
{
	char byte;

	while (guard->returned != -1 && read(guard->returned, &byte, 1) == 1)
		if (write(guard->held, &byte, 1) != 1)
			return;
}

static _Noreturn void
guard_main(struct guard *guard)
{
	settle((int[]){ guard->read_end, guard->held, guard->returned });
	await_death(guard->runner, guard->read_end);
	kill_all(guard);
	return_bytes(guard);
	_exit(0);
}

/*
 * All signals are blocked while the child is started, and stay blocked in it, so that
 * no signal handler of the host program runs there.
 */
static int
start_process(struct child *process, pid_t (*start)(struct guard *guard),
    struct guard *guard)
{
	sigset_t all, mask;
	pid_t pid;
	int error;

	(void)sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &mask);
	if (error != 0)
		return -error;
	own_children_begin();
	pid = start(guard);
	if (pid == -1)
		error = -errno;
	own_children_end(process, pid);
	(void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return error;
}

/*
 * SIGKILL ends a stopped process too, and the guard has nothing to clean up.  If there
 * is no such child any more, the host program has reaped it: the pid may belong to
 * another process by now, so no signal is sent.
 */
static void
kill_process(const struct child *process)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)process->pid, &info,
		WEXITED | WNOHANG | WNOWAIT | __WALL) == 0)
		(void)kill(process->pid, SIGKILL);
}

static void
reap_process(struct child *process)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)process->pid, &info, WEXITED | __WALL) ==
		-1 &&
	    errno == EINTR)
		continue;
	own_children_remove(process);
}

/*
 * The process of the stand-in.  Until the runner has died it uses the runner's memory,
 * and even the errno of the thread that started it: so it makes only system calls that
 * do not fail, and writes to nothing but its own stack.  When the runner has died, the
 * stand-in forks, and its copy does the guard's work, because a child of the runner
 * that has not reached execve(2) may still use the shared memory.  If the fork fails,
 * the stand-in does the work itself, which is the smaller evil.  Of the runner's
 * descriptors the stand-in keeps only the pidfd: a pipe of the runner's that it held
 * open would never come to its end.
 */
NO_SANITIZE static int
stand_in_main(void *arg)
{
	struct guard *guard = arg;
	struct pollfd death = { .fd = guard->runner_fd, .events = POLLIN };
	long copy;

	(void)syscall(SYS_close_range, 0, guard->runner_fd - 1, 0);
	(void)syscall(SYS_close_range, guard->runner_fd + 1, ~0U, 0);
	(void)syscall(SYS_prctl, PR_SET_NAME, "prun-guard", 0, 0, 0);
	while (syscall(SYS_ppoll, &death, 1, NULL, NULL, 0) != 1)
		continue;
	copy = syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
	if (copy <= 0) {
		settle((int[]){ -1, -1, -1 });
		kill_all(guard);
	} else {
		(void)syscall(SYS_wait4, copy, NULL, __WALL, NULL);
	}
	(void)syscall(SYS_exit_group, 0);
	return 0;
}

/*
 * The clone has no exit signal, so its end raises none, and a wait for children without
 * __WALL does not see it: a run of one short job has no child to wait for once the job
 * has ended.
 */
static pid_t
stand_in_clone(struct guard *guard)
{
	return clone(stand_in_main, (char *)guard->stack + STACK_SIZE, CLONE_VM,
	    guard);
}

/*
 * valgrind ends a program that calls clone(2) with CLONE_VM alone.  clone3(2) without
 * arguments tells whether this is valgrind, which does not know the call: from the kernel
 * the error is EINVAL.
 */
static bool
stand_in_is_possible(void)
{
	return SHARE_MEMORY != 0 && syscall(SYS_clone3, NULL, 0) == -1 &&
	    errno == EINVAL && syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
}

static int
stand_in_start(struct guard *guard)
{
	void *stack;
	int error;

	error = fd_lift((int)syscall(SYS_pidfd_open, guard->runner, 0));
	if (error < 0)
		return error;
	guard->runner_fd = error;
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return -errno;
	guard->stack = stack;
	error = start_process(&guard->stand_in, stand_in_clone, guard);
	if (error != 0)
		return error;
	guard->stands_in = true;
	/*
	 * The stand-in has a process group of its own, so that a signal to the runner's
	 * group does not reach it.  It has no session of its own: the kernel shares the
	 * CPUs among sessions first, so on a busy machine the stand-in would wait long
	 * for a CPU when it has to end.
	 */
	(void)setpgid(guard->stand_in.pid, 0);
	return 0;
}

static void
stand_in_kill(const struct guard *guard)
{
	if (guard->stands_in && guard->runner == getpid())
		kill_process(&guard->stand_in);
}

static void
stand_in_end(struct guard *guard)
{
	if (guard->stands_in && guard->runner == getpid())
		reap_process(&guard->stand_in);
	guard->stands_in = false;
	fd_close(&guard->runner_fd);
	if (guard->stack != NULL)
		(void)munmap(guard->stack, STACK_SIZE);
	guard->stack = NULL;
}

int
guard_start_stand_in(struct guard *guard)
{
	if (guard->runs || guard->stands_in)
		return 0;
	guard->runner = getpid();
	guard->session = getsid(0);
	if (stand_in_is_possible() && stand_in_start(guard) == 0)
		return 0;
	stand_in_end(guard);
	return guard_start(guard);
}

static pid_t
guard_fork(struct guard *guard)
{
	const pid_t pid = fork();

	if (pid == 0)
		guard_main(guard);
	return pid;
}

int
guard_start(struct guard *guard)
{
	int fds[2], error;

	if (guard->runs)
		return 0;
	guard->runner = getpid();
	guard->session = getsid(0);
	error = fd_pipe(fds);
	if (error != 0)
		return error;
	guard->read_end = fds[0];
	error = start_process(&guard->process, guard_fork, guard);
	guard->runs = error == 0;
	fd_close(&fds[0]);
	if (error != 0)
		fd_close(&fds[1]);
	guard->pipe = fds[1];
	if (error == 0) {
		stand_in_kill(guard);
		stand_in_end(guard);
	}
	return error;
}

/*
 * The guard is killed before the runner's end of the pipe is closed, since it would
 * take the pipe's end for the runner's death.
 */
void
guard_end(const struct guard *guard)
{
	if (guard == NULL)
		return;
	stand_in_kill(guard);
	if (guard->runs && guard->runner == getpid())
		kill_process(&guard->process);
}

void
guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	guard_end(guard);
	stand_in_end(guard);
	if (guard->runs && guard->runner == getpid())
		reap_process(&guard->process);
	fd_close(&guard->pipe);
	if (guard->table != NULL)
		(void)munmap(guard->table, table_size(guard));
	free(guard->targets);
	free(guard->run_mark);
	free(guard);
}
