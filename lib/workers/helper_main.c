/* SPDX-License-Identifier: ISC */

/*
 * Owns the process of the helper.  It is a forked copy of a host program that may have
 * had many threads, so nothing here uses the heap or stdio until a worker calls the
 * host's functions.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "kill/tree.h"
#include "process/rlimit_mark.h"
#include "workers/helper.h"

enum {
	/* How often processes that are left are looked for after all were killed. */
	LOOKS = 500,
	LOOK_MILLISECONDS = 10,
	MOST_AT_ONCE = 16, /* workers that are killed with one look at /proc */
};

struct process {
	const struct helper_shared *shared;
	pid_t self;
	int control;
	int children; /* a signalfd: a child has died */
	int owner; /* a pidfd of the owner */
	sigset_t mask; /* the signal mask that workers get */
	uint64_t forked; /* how many workers were forked */
	unsigned long long since;
	bool over;
};

/*
 * Writes the mark of the worker with that number, which tells its processes from those
 * of others.
 */
static void
mark_text(const struct process *p, uint64_t number, char *text)
{
	char *end = proc_dir_put(text, p->shared->mark);

	end = proc_dir_put(end, ".");
	(void)proc_dir_put_number(end, number);
}

#define MARK_SIZE 64

static void
worker_mark(const struct process *p, uint64_t number)
{
	char text[MARK_SIZE];
	struct rlimit limit;

	mark_text(p, number, text);
	if (getrlimit(RLIMIT_LOCKS, &limit) == -1)
		return;
	rlimit_mark_set(&limit, rlimit_mark_of(text));
	(void)setrlimit(RLIMIT_LOCKS, &limit);
}

static _Noreturn void
worker_main(struct process *p, unsigned index, uint64_t number, int from,
    int to)
{
	const struct helper_opts *opts = &p->shared->opts;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/*
	 * The helper may have died before the line above asked for a signal at its
	 * death.
	 */
	if (getppid() != p->self)
		_exit(1);
	fd_close(&p->control);
	fd_close(&p->children);
	fd_close(&p->owner);
	(void)close(p->shared->news);
	/* The pid is set here, before the first answer: the helper may get to it later. */
	atomic_store(&opts->slots[index].pid, getpid());
	worker_mark(p, number);
	(void)prctl(PR_SET_NAME, opts->name, 0, 0, 0);
	(void)sigprocmask(SIG_SETMASK, &p->mask, NULL);
	/*
	 * If the host program has closed its stdio, the pipes may be descriptors 0 to
	 * 2, and what is printed would get into them.
	 */
	from = fd_lift(from);
	to = fd_lift(to);
	_exit(serve(&opts->serve, opts->slots + index, from, to));
}

static void
tell_owner(const struct process *p)
{
	const uint64_t one = 1;

	(void)!write(p->shared->news, &one, sizeof(one));
}

static void
tell_ended(const struct process *p, unsigned index)
{
	atomic_store(&p->shared->opts.slots[index].ended, true);
	tell_owner(p);
}

static void
fork_worker(struct process *p, unsigned index, int from, int to)
{
	struct slot *slot = p->shared->opts.slots + index;
	const uint64_t number = ++p->forked & INT32_MAX;
	const pid_t pid = fork();

	if (pid == 0)
		worker_main(p, index, number, from, to);
	if (pid == -1) {
		slot->error = errno;
		tell_ended(p, index);
		return;
	}
	/*
	 * The helper and the worker both call setpgid(), so the group is there when
	 * either needs it.
	 */
	(void)setpgid(pid, pid);
	p->shared->pids[index] = pid;
	p->shared->numbers[index] = number;
}

static bool
find_worker(const struct process *p, pid_t pid, unsigned *index)
{
	for (unsigned i = 0; i < p->shared->opts.count; i++) {
		if (p->shared->pids[i] == pid) {
			*index = i;
			return true;
		}
	}
	return false;
}

static bool
is_worker(pid_t pid, void *arg)
{
	unsigned index;

	return find_worker(arg, pid, &index);
}

static bool
is_nobody(pid_t pid, void *arg)
{
	(void)pid;
	(void)arg;
	return false;
}

/* Kills workers, which are not reaped yet, with all that they have started. */
static void
kill_trees(const struct process *p, const unsigned *indexes, size_t n)
{
	struct tree_target targets[MOST_AT_ONCE];
	char marks[MOST_AT_ONCE][MARK_SIZE];
	struct tree_kill tree = { .targets = targets, .count = n };

	for (size_t i = 0; i < n; i++) {
		mark_text(p, p->shared->numbers[indexes[i]], marks[i]);
		targets[i] = (struct tree_target){
			.leader = p->shared->pids[indexes[i]],
			.job_mark = marks[i],
			.started = p->since
		};
	}
	(void)tree_kill(&tree, SIGKILL);
	tree_kill_fini(&tree);
}

/*
 * If a worker was killed or has crashed, what it has left behind is killed as well.
 * Its children have become the helper's by now, so if the helper has no child but
 * workers there is nothing to look for.
 */
static void
end_remains(struct process *p, unsigned index)
{
	struct tree_orphans orphans = { p->since, is_worker, p };

	if (tree_has_orphans(&orphans) > 0)
		kill_trees(p, &index, 1);
}

static void
note_end(struct process *p, unsigned index, const siginfo_t *info)
{
	struct slot *slot = p->shared->opts.slots + index;

	slot->status = status_of(info, &slot->signal);
	p->shared->pids[index] = 0;
	tell_ended(p, index);
}

/* Reaps the dead: workers, and processes that workers have left behind. */
static void
reap(struct process *p)
{
	siginfo_t info = { 0 };
	unsigned index;

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid != 0) {
		if (!find_worker(p, info.si_pid, &index)) {
			(void)waitid(P_PID, (id_t)info.si_pid, &info, WEXITED);
		} else {
			if (!p->over &&
			    (info.si_code != CLD_EXITED || info.si_status != 0))
				end_remains(p, index);
			(void)waitid(P_PID, (id_t)info.si_pid, &info, WEXITED);
			note_end(p, index, &info);
		}
		info = (siginfo_t){ 0 };
	}
}

/*
 * Kills the workers whose task has outlived its time.  Returns the clock_now() time of
 * the next look.
 */
static int64_t
end_late(struct process *p)
{
	const struct helper_opts *opts = &p->shared->opts;
	const int64_t now = clock_now();
	int64_t next = now + opts->timeout, since;
	unsigned late[MOST_AT_ONCE];
	size_t n = 0;

	if (opts->timeout == 0)
		return INT64_MAX;
	for (unsigned i = 0; i < opts->count && n < MOST_AT_ONCE; i++) {
		if (p->shared->pids[i] == 0)
			continue;
		if (slot_condemn(opts->slots + i, now - opts->timeout))
			late[n++] = i;
		since = slot_running_since(opts->slots + i);
		if (since < next - opts->timeout)
			next = since + opts->timeout;
	}
	if (n > 0)
		kill_trees(p, late, n);
	return n == MOST_AT_ONCE ? now : next;
}

/* Takes the next request.  False: there is none now, and if p->over none will come. */
static bool
receive(struct process *p, struct helper_message *message, int fds[2])
{
	struct iovec iov = { message, sizeof(*message) };

	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t n;

	fds[0] = fds[1] = -1;
	n = recvmsg(p->control, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS) {
		fds[0] = ((int *)(void *)CMSG_DATA(c))[0];
		fds[1] = ((int *)(void *)CMSG_DATA(c))[1];
	}
	p->over = n != sizeof(*message);
	return !p->over;
}

static void
obey(struct process *p)
{
	struct helper_message message = { 0 };
	int fds[2];

	while (receive(p, &message, fds)) {
		if (message.index >= p->shared->opts.count)
			continue;
		if (message.request == HELPER_FORK)
			fork_worker(p, message.index, fds[0], fds[1]);
		else if (p->shared->pids[message.index] != 0)
			kill_trees(p, &message.index, 1);
		fd_close_pair(fds);
	}
}

static void
end_all(struct process *p)
{
	const struct helper_shared *s = p->shared;
	siginfo_t info;

	for (unsigned i = 0; i < s->opts.count; i++) {
		if (s->pids[i] != 0)
			(void)kill(s->pids[i], SIGKILL);
	}
	for (unsigned i = 0; i < s->opts.count; i++) {
		if (s->pids[i] != 0)
			(void)waitid(P_PID, (id_t)s->pids[i], &info,
			    WEXITED | WNOWAIT);
	}
	reap(p);
	for (int look = 0; look < LOOKS; look++) {
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) ==
			-1 &&
		    errno == ECHILD)
			return;
		if (look > 0)
			(void)poll(NULL, 0, LOOK_MILLISECONDS);
		(void)tree_signal_orphans(p->since, is_nobody, NULL, SIGKILL);
		reap(p);
	}
}

static int
set_up(struct process *p)
{
	sigset_t all, chld;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &p->mask);
	(void)signal(SIGCHLD, SIG_DFL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		return -errno;
	(void)sigemptyset(&chld);
	(void)sigaddset(&chld, SIGCHLD);
	p->children = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	p->owner = (int)syscall(SYS_pidfd_open, p->shared->owner, 0);
	if (p->children == -1 || p->owner == -1 ||
	    getppid() != p->shared->owner)
		return -errno;
	return 0;
}

static void
turn(struct process *p, int timeout)
{
	struct pollfd fds[] = { { .fd = p->control, .events = POLLIN },
		{ .fd = p->owner, .events = POLLIN },
		{ .fd = p->children, .events = POLLIN } };
	struct signalfd_siginfo seen;

	if (poll(fds, 3, timeout) <= 0)
		return;
	if (fds[2].revents != 0) {
		while (read(p->children, &seen, sizeof(seen)) > 0)
			continue;
		reap(p);
	}
	if (fds[1].revents != 0)
		p->over = true;
	else if (fds[0].revents != 0)
		obey(p);
}

int
helper_main(void *arg)
{
	struct process p = { .shared = arg,
		.self = getpid(),
		.children = -1,
		.owner = -1,
		.since = proc_now() };

	p.control = p.shared->control[1];
	(void)close(p.shared->control[0]);
	if (set_up(&p) != 0)
		return 1;
	while (!p.over)
		turn(&p, clock_poll_timeout(end_late(&p)));
	end_all(&p);
	return 0;
}
