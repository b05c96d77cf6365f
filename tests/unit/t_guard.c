/* SPDX-License-Identifier: ISC */

/* guard: when the runner is killed its jobs go too; otherwise nobody notices it. */
#include <sys/resource.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/proc.h"
#include "kill/guard.h"
#include "kill/tree.h"
#include "pid_namespace.h"
#include "stubborn_job.h"

enum {
	JOBS = 4, /* of a runner */
	RUNNERS = 10 /* at a time: a guard mostly waits between two looks */
};

static const char *const roles[JOBS] = { "group", "setsid", "daemon",
	"stopped" };

/* A process that plays the runner; it tells the guard's pid through the pipe. */
struct runner {
	pid_t pid;
	pid_t guard;
	int ready[2];
	char run[64];
	struct stubborn_job jobs[JOBS];
};

/* How a runner starts its jobs. */
struct plan {
	bool marks;
	bool noted; /* in the guard's table */
	bool cleared; /* struck out again */
	bool die_with_parent;
	bool stand_in; /* there is no guard yet */
	bool group; /* the runner is killed with all of its group */
	bool holder; /* something forked from it keeps its descriptors open */
};

static bool
is_alive(pid_t pid)
{
	struct proc proc;

	return proc_read(pid, &proc) == 0 && !proc.dead;
}

static void
reap(pid_t pid)
{
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

static _Noreturn void
run(struct runner *r, const struct plan *plan)
{
	struct guard *guard;
	char mark[80];
	pid_t pid;
	char c;

	if (plan->group)
		CHECK_INT(setpgid(0, 0), 0);
	CHECK_INT(guard_new(JOBS, plan->marks ? r->run : NULL, &guard), 0);
	CHECK_INT(plan->stand_in ? guard_start_stand_in(guard) :
				   guard_start(guard),
	    0);
	for (int i = 0; i < JOBS; i++) {
		(void)snprintf(mark, sizeof(mark), "%s.%d", r->run, i);
		stubborn_launch(&r->jobs[i], roles[i],
		    plan->marks ? mark : NULL);
		if (plan->noted)
			guard_set(guard, (size_t)i, r->jobs[i].leader);
		if (plan->cleared)
			guard_clear(guard, (size_t)i);
	}
	if (plan->holder && fork() == 0) {
		for (int i = 0; i < JOBS; i++)
			(void)close(r->jobs[i].report[1]);
		(void)read(r->jobs[0].life[0], &c, 1);
		_exit(0);
	}
	pid = guard_pid(guard);
	(void)write(r->ready[1], &pid, sizeof(pid));
	for (;;)
		(void)pause();
}

/* Returns when all jobs run.  When the runner is dead the guard is our child. */
static void
runner_start(struct runner *r, const struct plan *plan)
{
	static int runners;

	CHECK_INT(tree_subreaper(true), 0);
	(void)snprintf(r->run, sizeof(r->run), "g%d-%llu-%d", (int)getpid(),
	    proc_now(), runners++);
	CHECK_INT(pipe2(r->ready, O_CLOEXEC), 0);
	for (int i = 0; i < JOBS; i++) {
		stubborn_pipes(&r->jobs[i]);
		r->jobs[i].die_with_parent = plan->die_with_parent;
	}
	r->pid = fork();
	CHECK(r->pid != -1);
	if (r->pid == 0) {
		for (int i = 0; i < JOBS; i++)
			(void)close(r->jobs[i].life[1]);
		run(r, plan);
	}
	(void)close(r->ready[1]);
	for (int i = 0; i < JOBS; i++)
		stubborn_await_start(&r->jobs[i], roles[i], NULL);
	CHECK_INT(read(r->ready[0], &r->guard, sizeof(r->guard)),
	    sizeof(r->guard));
	(void)close(r->ready[0]);
}

static void
runner_kill(struct runner *r, bool group)
{
	CHECK_INT(kill(group ? -r->pid : r->pid, SIGKILL), 0);
	reap(r->pid);
}

/* The guards end, and end well. */
static void
await_guards(const struct runner *r, int count)
{
	int status;

	for (int i = 0; i < count; i++) {
		CHECK_INT(waitpid(r[i].guard, &status, 0), r[i].guard);
		CHECK_INT(status, 0);
	}
	/* The jobs that were left to us. */
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

/* Some of so many times that are still to be done. */
static int
how_many(int left)
{
	return left < RUNNERS ? left : RUNNERS;
}

static void
check_all_die(const struct plan *plan, int times)
{
	struct stubborn_job bystander;
	struct runner r[RUNNERS];
	int left, count;
	pid_t pids[3];

	pid_namespace_enter();
	stubborn_start(&bystander, "setsid", NULL, pids);
	for (left = t_times(times); left > 0; left -= count) {
		count = how_many(left);
		for (int i = 0; i < count; i++)
			runner_start(&r[i], plan);
		for (int i = 0; i < count; i++)
			runner_kill(&r[i], plan->group);
		for (int i = 0; i < count; i++) {
			for (int job = 0; job < JOBS; job++)
				stubborn_await_end(&r[i].jobs[job]);
		}
		await_guards(r, count);
	}
	for (int i = 0; i < 3; i++)
		CHECK(is_alive(pids[i]));
	stubborn_release(&bystander);
}

TEST(runner_killed)
{
	check_all_die(&(struct plan){ .marks = true,
			  .noted = true,
			  .die_with_parent = true },
	    100);
}

/* Leaders for whom the parent's death is no signal: sudo, say. */
TEST(leaders_live)
{
	check_all_die(&(struct plan){ .marks = true, .noted = true }, 100);
}

/* It was killed before it could note them. */
TEST(not_noted)
{
	check_all_die(&(struct plan){ .marks = true }, 20);
}

TEST(stand_in)
{
	check_all_die(&(struct plan){ .marks = true,
			  .noted = true,
			  .stand_in = true },
	    20);
}

TEST(stand_in_not_noted)
{
	check_all_die(&(struct plan){ .marks = true, .stand_in = true }, 10);
}

TEST(stand_in_outlives_group)
{
	check_all_die(&(struct plan){ .marks = true,
			  .noted = true,
			  .stand_in = true,
			  .group = true },
	    10);
}

/* What the stand-in held open would not be at its end when the runner has closed it. */
TEST(stand_in_holds_nothing)
{
	struct guard *guard;
	char c;
	int fds[2];

	CHECK(pipe2(fds, O_CLOEXEC) == 0);
	CHECK_INT(guard_new(1, "x", &guard), 0);
	CHECK_INT(guard_start_stand_in(guard), 0);
	(void)close(fds[1]);
	CHECK_INT(read(fds[0], &c, 1), 0);
	guard_free(guard);
	(void)close(fds[0]);
}

/* It is gone when the guard has come, and when there is neither. */
TEST(stand_in_ends)
{
	struct guard *guard;
	pid_t pid;

	for (int i = 0; i < t_times(20); i++) {
		CHECK_INT(guard_new(1, "x", &guard), 0);
		CHECK_INT(guard_start_stand_in(guard), 0);
		pid = guard_pid(guard);
		CHECK(pid > 0);
		CHECK_INT(guard_start_stand_in(guard), 0);
		CHECK_INT(guard_pid(guard), pid);
		if (i % 2 == 0) {
			CHECK_INT(guard_start(guard), 0);
			CHECK_INT(guard_start_stand_in(guard), 0);
			CHECK(is_alive(guard_pid(guard)));
		}
		if (i % 4 >= 2)
			guard_end(guard);
		guard_free(guard);
		CHECK_INT(kill(pid, 0), -1);
		CHECK_INT(errno, ESRCH);
		CHECK_INT(waitpid(-1, NULL, __WALL), -1);
	}
}

TEST(pipe_held)
{
	check_all_die(&(struct plan){ .marks = true,
			  .noted = true,
			  .holder = true },
	    10);
}

/* A runner that dies before its guard has got to its feet, and leaves the pipe held. */
static _Noreturn void
die_suddenly(const int *ready, const int *life)
{
	struct guard *guard;
	pid_t pid;
	char c;

	CHECK_INT(guard_new(1, "x", &guard), 0);
	CHECK_INT(guard_start(guard), 0);
	pid = guard_pid(guard);
	(void)write(ready[1], &pid, sizeof(pid));
	if (fork() != 0)
		_exit(0);
	(void)close(life[1]);
	(void)read(life[0], &c, 1);
	_exit(0);
}

TEST(sudden)
{
	int ready[2], life[2], left, count, status;
	pid_t pid, guards[RUNNERS];

	pid_namespace_enter();
	CHECK_INT(tree_subreaper(true), 0);
	CHECK(pipe2(ready, O_CLOEXEC) == 0 && pipe2(life, O_CLOEXEC) == 0);
	for (left = t_times(100); left > 0; left -= count) {
		count = how_many(left);
		for (int i = 0; i < count; i++) {
			CHECK((pid = fork()) != -1);
			if (pid == 0)
				die_suddenly(ready, life);
			reap(pid);
			CHECK_INT(read(ready[0], &guards[i], sizeof(pid)),
			    sizeof(pid));
		}
		for (int i = 0; i < count; i++) {
			CHECK_INT(waitpid(guards[i], &status, 0), guards[i]);
			CHECK_INT(status, 0);
		}
	}
	(void)close(life[1]);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
}

/* Without pidfds, and without close_range(2). */
TEST(old_kernel)
{
	stubborn_old_kernel();
	check_all_die(&(struct plan){ .marks = true, .noted = true }, 10);
}

/* Without marks the groups go. */
TEST(groups_only)
{
	struct plan plan = { .noted = true };
	struct stubborn_job old;
	struct runner r[RUNNERS];
	int left, count;

	pid_namespace_enter();
	stubborn_start(&old, "group", NULL, NULL);
	for (left = t_times(50); left > 0; left -= count) {
		count = how_many(left);
		for (int i = 0; i < count; i++)
			runner_start(&r[i], &plan);
		for (int i = 0; i < count; i++)
			runner_kill(&r[i], false);
		for (int i = 0; i < count; i++)
			stubborn_await_end(&r[i].jobs[0]);
		await_guards(r, count);
		for (int i = 0; i < count; i++) {
			for (int job = 1; job < JOBS; job++)
				CHECK(!is_alive(r[i].jobs[job].leader));
			/* Found by descent, or not at all. */
			for (int job = 1; job < JOBS; job++)
				stubborn_release(&r[i].jobs[job]);
		}
	}
	CHECK(is_alive(old.leader));
	stubborn_release(&old);
}

TEST(cleared)
{
	struct plan plan = { .noted = true, .cleared = true };
	struct runner r = { 0 };

	runner_start(&r, &plan);
	runner_kill(&r, false);
	await_guards(&r, 1);
	for (int job = 0; job < JOBS; job++)
		CHECK(is_alive(r.jobs[job].leader));
	for (int job = 0; job < JOBS; job++)
		stubborn_release(&r.jobs[job]);
}

/* Signals to a terminal's foreground group, and what else an admin sends. */
TEST(signals)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE,
		SIGUSR1, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT };
	struct plan plan = { .marks = true, .noted = true };
	struct runner r = { 0 };

	runner_start(&r, &plan);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		CHECK_INT(kill(r.guard, sigs[i]), 0);
	runner_kill(&r, false);
	for (int job = 0; job < JOBS; job++)
		stubborn_await_end(&r.jobs[job]);
	await_guards(&r, 1);
}

static void
read_link(pid_t pid, const char *name, char *to, size_t size)
{
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	n = readlink(path, to, size - 1);
	to[n > 0 ? n : 0] = '\0';
}

static void
read_name(pid_t pid, char *to, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd != -1);
	n = read(fd, to, size - 1);
	to[n > 0 ? n : 0] = '\0';
	(void)close(fd);
}

/* It has nothing of the runner's but one end of one pipe. */
TEST(holds_nothing)
{
	struct guard *guard;
	struct proc proc;
	char name[32], link[PATH_MAX];
	int fds[2], pipes = 0, others = 0;
	char c;

	CHECK_INT(chdir("/tmp"), 0);
	CHECK_INT(pipe(fds), 0);
	CHECK(dup2(fds[1], 500) != -1);
	CHECK_INT(guard_new(1, "t", &guard), 0);
	CHECK_INT(guard_pid(guard), 0);
	CHECK_INT(guard_start(guard), 0);
	CHECK(guard_pid(guard) > 0);
	/* The end of the pipe comes while the guard lives. */
	(void)close(fds[1]);
	(void)close(500);
	CHECK_INT(read(fds[0], &c, 1), 0);
	/* To change the directory is the last of what it does. */
	do
		read_link(guard_pid(guard), "cwd", link, sizeof(link));
	while (strcmp(link, "/") != 0);
	read_name(guard_pid(guard), name, sizeof(name));
	CHECK_STR(name, "prun-guard\n");
	CHECK_INT(proc_read(guard_pid(guard), &proc), 0);
	CHECK_INT(proc.session, guard_pid(guard));
	CHECK_INT(proc.group, guard_pid(guard));
	for (int fd = 0; fd < 1000; fd++) {
		(void)snprintf(name, sizeof(name), "fd/%d", fd);
		read_link(guard_pid(guard), name, link, sizeof(link));
		if (fd < 3)
			CHECK_STR(link, "/dev/null");
		else if (strncmp(link, "pipe:", 5) == 0)
			pipes++;
		else if (link[0] != '\0' &&
		    strcmp(link, "anon_inode:[pidfd]") != 0 &&
		    strncmp(link, "pidfd:", 6) != 0)
			others++;
	}
	CHECK_INT(pipes, 1);
	CHECK_INT(others, 0);
	guard_free(guard);
}

/* A goodbye: the guard is gone at once, and the jobs are not. */
TEST(goodbye)
{
	struct stubborn_job m;
	struct guard *guard;
	char mark[80], run_mark[64];
	pid_t pids[3], pid;

	(void)snprintf(run_mark, sizeof(run_mark), "g%d-%llu", (int)getpid(),
	    proc_now());
	(void)snprintf(mark, sizeof(mark), "%s.1", run_mark);
	for (int i = 0; i < t_times(100); i++) {
		CHECK_INT(guard_new(1, run_mark, &guard), 0);
		CHECK_INT(guard_start(guard), 0);
		pid = guard_pid(guard);
		CHECK_INT(guard_start(guard), 0);
		CHECK_INT(guard_pid(guard), pid);
		if (i == 0) {
			stubborn_start(&m, "setsid", mark, pids);
			guard_set(guard, 0, m.leader);
		}
		guard_free(guard);
		CHECK_INT(kill(pid, 0), -1);
		CHECK_INT(errno, ESRCH);
	}
	for (int i = 0; i < 3; i++)
		CHECK(is_alive(pids[i]));
	stubborn_release(&m);
	reap(m.leader);
	CHECK_INT(waitpid(-1, NULL, 0), -1);
}

TEST(goodbye_to_a_stopped_one)
{
	struct guard *guard;
	int status;

	CHECK_INT(guard_new(1, NULL, &guard), 0);
	CHECK_INT(guard_start(guard), 0);
	CHECK_INT(kill(guard_pid(guard), SIGSTOP), 0);
	CHECK_INT(waitpid(guard_pid(guard), &status, WUNTRACED),
	    guard_pid(guard));
	guard_free(guard);
	CHECK_INT(waitpid(-1, NULL, 0), -1);
}

TEST(goodbye_to_a_dead_one)
{
	struct guard *guard;

	for (int reaped = 0; reaped < 2; reaped++) {
		CHECK_INT(guard_new(1, NULL, &guard), 0);
		CHECK_INT(guard_start(guard), 0);
		CHECK_INT(kill(guard_pid(guard), SIGKILL), 0);
		if (reaped)
			reap(guard_pid(guard));
		guard_free(guard);
		CHECK_INT(waitpid(-1, NULL, 0), -1);
	}
}

TEST(never_started)
{
	struct guard *guard = NULL;

	guard_free(NULL);
	CHECK_INT(guard_new(0, "x", &guard), -EINVAL);
	CHECK_INT(guard_new(SIZE_MAX, "x", &guard), -EINVAL);
	CHECK_INT(guard_new(1000, "x", &guard), 0);
	guard_set(guard, 999, 1234);
	guard_clear(guard, 999);
	guard_free(guard);
	CHECK_INT(waitpid(-1, NULL, 0), -1);
}

TEST(no_descriptors)
{
	struct rlimit limit, old;
	struct guard *guard;
	int fd;

	CHECK_INT(guard_new(1, NULL, &guard), 0);
	fd = dup(0);
	CHECK(fd != -1);
	(void)close(fd);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = old;
	limit.rlim_cur = (rlim_t)fd + 1;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_INT(guard_start(guard), -EMFILE);
	CHECK_INT(guard_pid(guard), 0);
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &old), 0);
	CHECK_INT(dup(0), fd);
	CHECK_INT(guard_start(guard), 0);
	guard_free(guard);
}

/* It is nobody's orphan, and no member of a job. */
static bool
is_guard(pid_t pid, void *arg)
{
	return pid == guard_pid(arg);
}

TEST(no_prey)
{
	struct guard *guard;
	struct stubborn_job m;
	struct tree_target target = { .job_mark = NULL };
	char mark[64];

	CHECK_INT(tree_subreaper(true), 0);
	(void)snprintf(mark, sizeof(mark), "g%d-%llu", (int)getpid(),
	    proc_now());
	CHECK_INT(guard_new(1, mark, &guard), 0);
	CHECK_INT(guard_start(guard), 0);
	stubborn_start(&m, "lives", mark, NULL);
	guard_set(guard, 0, m.leader);
	target.leader = m.leader;
	target.job_mark = mark;
	CHECK_INT(tree_signal(&target, SIGKILL), 1);
	stubborn_await_end(&m);
	guard_clear(guard, 0);
	reap(m.leader);
	CHECK_INT(tree_signal_orphans(0, is_guard, guard, SIGKILL), 0);
	CHECK_INT(tree_reap_orphans(0, is_guard, guard), 0);
	CHECK(is_alive(guard_pid(guard)));
	guard_free(guard);
}

/* A busy host: other threads allocate and note jobs while the guard is forked. */
struct host {
	struct guard *guard;
	atomic_bool over;
	atomic_int next;
};

static void *
work(void *arg)
{
	struct host *host = arg;
	size_t slot = (size_t)atomic_fetch_add(&host->next, 1);

	while (!atomic_load(&host->over)) {
		void *memory = malloc(1000 + slot);

		CHECK(memory != NULL);
		guard_set(host->guard, slot, getpid());
		guard_clear(host->guard, slot);
		free(memory);
	}
	return NULL;
}

TEST(threads)
{
	enum {
		THREADS = 3
	};

	pthread_t threads[THREADS];
	struct host host;

	for (int round = 0; round < t_times(50); round++) {
		atomic_init(&host.over, false);
		atomic_init(&host.next, 0);
		CHECK_INT(guard_new(THREADS, "x", &host.guard), 0);
		for (int i = 0; i < THREADS; i++)
			CHECK_INT(pthread_create(&threads[i], NULL, work,
				      &host),
			    0);
		CHECK_INT(guard_start(host.guard), 0);
		atomic_store(&host.over, true);
		for (int i = 0; i < THREADS; i++)
			CHECK_INT(pthread_join(threads[i], NULL), 0);
		guard_free(host.guard);
	}
}
