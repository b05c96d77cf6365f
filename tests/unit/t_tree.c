/* SPDX-License-Identifier: ISC */

/* tree: whoever descends from a job's leader gets the signal, and nobody else. */
#include <sys/mount.h>

#include <poll.h>
#include <sched.h>
#include <spawn.h>

#include "base/proc.h"
#include "kill/job_mark.h"
#include "kill/tree.h"
#include "pid_namespace.h"
#include "stubborn_job.h"

/* Unique, as those of runs are: this test may run many times at once. */
static const char *
own_mark(void)
{
	static char text[64];

	if (text[0] == '\0')
		(void)snprintf(text, sizeof(text), "t%d-%llu.1", (int)getpid(),
		    proc_now());
	return text;
}

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

static struct tree_target
target_of(const struct stubborn_job *m, unsigned long long started)
{
	return (struct tree_target){ .leader = m->leader,
		.job_mark = own_mark(),
		.started = started };
}

/* A job of another mark, and one without any, to outlive what is done beside. */
struct bystanders {
	struct stubborn_job other, plain;
	pid_t other_pids[8], plain_pids[8];
};

static void
bystanders_start(struct bystanders *b)
{
	char other[80];

	/* As near to it as can be. */
	(void)snprintf(other, sizeof(other), "%s2", own_mark());
	stubborn_start(&b->other, "setsid", other, b->other_pids);
	stubborn_start(&b->plain, "setsid", NULL, b->plain_pids);
}

static void
bystanders_check(struct bystanders *b)
{
	for (int i = 0; i < 3; i++) {
		CHECK(is_alive(b->other_pids[i]));
		CHECK(is_alive(b->plain_pids[i]));
	}
}

/*
 * A process that ends closes its descriptors, which is what we wait for, a moment
 * before it is dead.  The test times out if it never is.
 */
static void
await_none(const struct tree_target *target)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	int left;

	while ((left = tree_signal(target, 0)) > 0)
		(void)nanosleep(&ms, NULL);
	CHECK_INT(left, 0);
}

static void
kill_role(const char *role, int times)
{
	struct bystanders bystanders;
	unsigned long long started = proc_now();

	bystanders_start(&bystanders);
	for (int i = 0; i < t_times(times); i++) {
		struct stubborn_job m;
		struct tree_target target;

		stubborn_start(&m, role, own_mark(), NULL);
		target = target_of(&m, started);
		CHECK(tree_signal(&target, SIGKILL) > 0);
		stubborn_await_end(&m);
		await_none(&target);
		reap(m.leader);
	}
	bystanders_check(&bystanders);
}

/* Both with orphans coming back to us and with orphans going to init. */
static void
kill_role_both(const char *role, int times)
{
	pid_namespace_enter();
	kill_role(role, times);
	CHECK_INT(tree_subreaper(true), 0);
	kill_role(role, times);
}

TEST(kill_group)
{
	kill_role_both("group", 100);
}

TEST(kill_setsid)
{
	kill_role_both("setsid", 100);
}

TEST(kill_daemon)
{
	kill_role_both("daemon", 100);
}

TEST(kill_stopped)
{
	kill_role_both("stopped", 10);
}

TEST(kill_chain)
{
	kill_role_both("chain", 10);
}

TEST(kill_forker)
{
	kill_role_both("forker", 10);
}

TEST(kill_hopper)
{
	kill_role_both("hopper", 5);
}

TEST(kill_headless)
{
	kill_role_both("headless", 10);
}

TEST(kill_after_leader_died)
{
	kill_role_both("leaves", 100);
}

TEST(kill_old_kernel)
{
	stubborn_old_kernel();
	kill_role_both("setsid", 10);
	kill_role_both("daemon", 10);
}

TEST(count)
{
	struct stubborn_job m;
	struct tree_target target;
	unsigned long long started = proc_now();

	CHECK_INT(tree_subreaper(true), 0);
	stubborn_start(&m, "group", own_mark(), NULL);
	target = target_of(&m, started);
	CHECK_INT(tree_signal(&target, 0), 5);
	CHECK_INT(tree_signal(&target, SIGKILL), 5);
	stubborn_await_end(&m);
	reap(m.leader);

	stubborn_start(&m, "chain", own_mark(), NULL);
	target = target_of(&m, started);
	CHECK_INT(tree_signal(&target, 0), 31);
	target.leader =
	    0; /* as if it were reaped: its descendants are found by the mark */
	CHECK_INT(tree_signal(&target, 0), 31);
	CHECK_INT(tree_signal(&target, SIGKILL), 31);
	stubborn_await_end(&m);
	reap(m.leader);
}

/* TERM ends what does not ignore it, stopped ones included. */
TEST(term)
{
	struct stubborn_job m;
	struct tree_target target;
	unsigned long long started = proc_now();

	CHECK_INT(tree_subreaper(true), 0);
	stubborn_start(&m, "stopped", own_mark(), NULL);
	target = target_of(&m, started);
	CHECK_INT(tree_signal(&target, SIGTERM), 3);
	stubborn_await_end(&m);
	reap(m.leader);
}

/*
 * In the group and beyond, each gets the signal once.  One that is queued shows
 * it: waits for the tester to be ready, and reports how often it came.
 */
static pid_t
start_counter(int report, int go, bool escape)
{
	const struct timespec at_once = { 0, 0 };
	pid_t pid = fork();
	sigset_t set;
	char c = 0;

	if (pid != 0)
		return pid;
	(void)setpgid(0, 0);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGRTMIN);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (escape && fork() != 0) {
		(void)read(go, &c, 1);
		_exit(0);
	}
	if (escape)
		(void)setsid();
	(void)write(report, &c, 1);
	(void)read(go, &c, 1);
	for (c = 0; sigtimedwait(&set, NULL, &at_once) == SIGRTMIN; c++)
		continue;
	(void)write(report, &c, 1);
	_exit(0);
}

TEST(once)
{
	for (int escape = 0; escape < 2; escape++) {
		int report[2], go[2];
		char c;
		struct tree_target target = { .started = proc_now() };

		CHECK(pipe(report) == 0 && pipe(go) == 0);
		target.leader = start_counter(report[1], go[0], escape != 0);
		CHECK_INT(read(report[0], &c, 1), 1);
		CHECK_INT(tree_signal(&target, SIGRTMIN), 1 + escape);
		CHECK_INT(write(go[1], "go", 2), 2);
		CHECK_INT(read(report[0], &c, 1), 1);
		CHECK_INT(c, 1);
		reap(target.leader);
	}
}

/* What an earlier signal of the tree met is known when its links are gone. */
TEST(kill_remembers)
{
	struct stubborn_job m;
	struct tree_target target;
	struct tree_kill tree = { .targets = &target, .count = 1 };
	unsigned long long started = proc_now();
	pid_t pids[2];

	CHECK_INT(tree_subreaper(true), 0);
	stubborn_start(&m, "hidden", own_mark(), pids);
	target = target_of(&m, started);
	CHECK_INT(tree_kill(&tree, SIGTERM), 2);
	reap(m.leader);
	target.leader = 0;
	CHECK_INT(tree_signal(&target, 0), 0);
	CHECK_INT(tree_kill(&tree, 0), 1);
	CHECK_INT(tree_kill(&tree, SIGKILL), 1);
	stubborn_await_end(&m);
	reap(pids[0] == m.leader ? pids[1] : pids[0]);
	CHECK_INT(tree_kill(&tree, SIGKILL), 0);
	tree_kill_fini(&tree);
}

TEST(kill_many)
{
	enum {
		JOBS = 20
	};
	struct stubborn_job m[JOBS];
	struct tree_target targets[JOBS];
	struct tree_kill tree = { .targets = targets, .count = JOBS };
	struct bystanders bystanders;
	char marks[JOBS][80];
	unsigned long long started = proc_now();

	CHECK_INT(tree_subreaper(true), 0);
	bystanders_start(&bystanders);
	for (int i = 0; i < JOBS; i++) {
		(void)snprintf(marks[i], sizeof(marks[i]), "%s.%d", own_mark(),
		    i);
		stubborn_start(&m[i], i % 2 ? "daemon" : "setsid", marks[i],
		    NULL);
		targets[i] = target_of(&m[i], started);
		targets[i].job_mark = marks[i];
	}
	CHECK_INT(tree_kill(&tree, SIGKILL), JOBS / 2 * 2 + JOBS / 2 * 3);
	for (int i = 0; i < JOBS; i++) {
		stubborn_await_end(&m[i]);
		reap(m[i].leader);
	}
	tree_kill_fini(&tree);
	bystanders_check(&bystanders);
}

/* Wait for the clock of /proc to go on, so that what follows is younger. */
static unsigned long long
next_tick(void)
{
	unsigned long long now = proc_now();

	while (proc_now() == now)
		(void)poll(NULL, 0, 1);
	return now + 1;
}

TEST(older_is_no_member)
{
	struct stubborn_job old, m;
	struct tree_target target;
	pid_t pids[8];
	unsigned long long started;

	stubborn_start(&old, "setsid", own_mark(), pids);
	started = next_tick();
	stubborn_start(&m, "setsid", own_mark(), NULL);
	target = target_of(&m, started);
	CHECK_INT(tree_signal(&target, SIGKILL), 3);
	stubborn_await_end(&m);
	for (int i = 0; i < 3; i++)
		CHECK(is_alive(pids[i]));
	target.started = 0;
	CHECK(tree_signal(&target, SIGKILL) >= 2);
	CHECK_INT(kill(-old.leader, SIGKILL), 0);
	stubborn_await_end(&old);
}

/* One that was found by number and start is not taken for another. */
TEST(identity)
{
	struct stubborn_job m;
	struct proc proc, other;

	stubborn_start(&m, "lives", own_mark(), NULL);
	CHECK_INT(proc_read(m.leader, &proc), 0);
	CHECK_INT(proc.parent, getpid());
	CHECK_INT(proc.group, m.leader);
	CHECK_INT(proc.session, getsid(0));
	other = proc;
	other.started++;
	CHECK_INT(proc_signal(&other, SIGKILL), -ESRCH);
	CHECK_INT(proc_signal(&proc, 0), 0);
	CHECK_INT(proc_signal(&proc, SIGKILL), 0);
	stubborn_await_end(&m);
	reap(m.leader);
	CHECK_INT(proc_signal(&proc, SIGKILL), -ESRCH);
	CHECK_INT(proc_read(m.leader, &proc), -ESRCH);
}

/* As the guard hunts: a group by a number that may be another's by now. */
TEST(runner_dead)
{
	struct stubborn_job m;
	struct proc proc;
	struct tree_target target = { 0 };
	struct tree_kill tree = { .targets = &target,
		.count = 1,
		.runner_dead = true,
		.session = getsid(0) };

	stubborn_start(&m, "group", NULL, NULL);
	CHECK_INT(proc_read(m.leader, &proc), 0);
	target = (struct tree_target){ .leader = m.leader,
		.started = proc.started,
		.leader_known_at = proc.started - 1 };
	CHECK_INT(tree_kill(&tree, SIGKILL), 0);
	target.leader_known_at = proc_now();
	tree.session++;
	CHECK_INT(tree_kill(&tree, SIGKILL), 0);
	tree.session--;
	CHECK_INT(tree_kill(&tree, 0), 5);
	/* The leader is gone altogether: its group still is the one that it was. */
	CHECK_INT(kill(m.leader, SIGKILL), 0);
	reap(m.leader);
	CHECK_INT(tree_kill(&tree, SIGKILL), 4);
	stubborn_await_end(&m);
	tree_kill_fini(&tree);
}

/* The caller is no member, whatever it carries. */
TEST(never_self)
{
	struct tree_target target = { .job_mark = own_mark() };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)setenv("PRUN_JOB_ID", target.job_mark, 1);
		(void)setenv("NEVER_SELF", "1", 1);
		(void)freopen("/dev/null", "w", stdout);
		(void)execl("/proc/self/exe", "t_tree", "never_self_again",
		    NULL);
		_exit(99);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(tree_signal(&target, 0), 0);
}

TEST(never_self_again)
{
	struct tree_target target = { .job_mark = getenv("PRUN_JOB_ID") };
	struct stubborn_job m;

	if (getenv("NEVER_SELF") == NULL)
		return;
	stubborn_start(&m, "lives", NULL, NULL);
	/* Its parent was executed with the mark and is fair game: no KILL. */
	CHECK_INT(tree_signal(&target, 0), 1);
	CHECK_INT(setpgid(0, 0), 0);
	target.leader = getpid();
	CHECK_INT(tree_signal(&target, SIGURG), 1);
	CHECK(is_alive(m.leader));
	CHECK_INT(kill(m.leader, SIGKILL), 0);
	stubborn_await_end(&m);
}

/*
 * Where /proc is that of another pid namespace its numbers are other processes:
 * the group is signalled, and that is all.
 */
TEST(foreign_proc)
{
	struct tree_target target = { .job_mark = own_mark() };
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWPID) == -1)
		return; /* for root only */
	pid = fork();
	if (pid == 0) {
		target.leader = fork();
		if (target.leader == 0) {
			for (;;)
				(void)pause();
		}
		(void)setpgid(target.leader, target.leader);
		CHECK_INT(tree_signal(&target, SIGTERM), -ENOENT);
		CHECK_INT(waitpid(target.leader, &status, 0), target.leader);
		CHECK_INT(WTERMSIG(status), SIGTERM);
		CHECK_INT(tree_signal_orphans(0, NULL, NULL, SIGKILL), 0);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	_exit(0); /* no leak checker could start its tracer here */
}

struct family {
	pid_t known[4];
};

static bool
is_known(pid_t pid, void *arg)
{
	const struct family *family = arg;

	for (size_t i = 0; i < 4; i++) {
		if (family->known[i] == pid)
			return true;
	}
	return false;
}

TEST(orphans)
{
	struct stubborn_job known, m;
	struct family family = { { 0 } };
	unsigned long long since;
	pid_t pids[8], old;

	CHECK_INT(tree_signal_orphans(0, is_known, &family, SIGKILL), 0);
	CHECK_INT(tree_reap_orphans(0, is_known, &family), 0);
	CHECK_INT(tree_subreaper(true), 0);
	old = fork();
	if (old == 0)
		_exit(0);
	since = next_tick();
	stubborn_start(&known, "group", NULL, pids);
	family.known[0] = known.leader;
	CHECK_INT(tree_signal_orphans(since, is_known, &family, SIGKILL), 0);
	for (int i = 0; i < 20; i++) {
		int reaped = 0;

		stubborn_start(&m, "leaves", NULL, NULL);
		reap(m.leader);
		CHECK_INT(tree_signal_orphans(since, is_known, &family, 0), 3);
		CHECK_INT(tree_signal_orphans(since, is_known, &family,
			      SIGKILL),
		    3);
		stubborn_await_end(&m);
		/* Two were left to us; the third had a parent, and comes when that is dead. */
		while (reaped < 2)
			reaped += tree_reap_orphans(since, is_known, &family);
		while (tree_signal_orphans(since, is_known, &family, 0) != 0)
			(void)poll(NULL, 0, 1);
	}
	for (int i = 0; i < 5; i++)
		CHECK(is_alive(pids[i]));
	/* The one from before is somebody's who may want its status. */
	reap(old);
	CHECK_INT(kill(-known.leader, SIGKILL), 0);
	stubborn_await_end(&known);
	reap(known.leader);
}

/* Where the kernel does not list children all processes are looked at. */
TEST(no_list_of_children)
{
	struct family family = { { 0 } };
	struct stubborn_job m;

	if (unshare(CLONE_NEWNS) == -1 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("none", "/proc/self/task", "tmpfs", 0, NULL) == -1)
		return; /* for root only */
	CHECK_INT(tree_subreaper(true), 0);
	stubborn_start(&m, "leaves", NULL, NULL);
	family.known[0] = m.leader;
	CHECK_INT(tree_signal_orphans(0, is_known, &family, SIGKILL), 3);
	stubborn_await_end(&m);
	reap(m.leader);
	while (waitpid(-1, NULL, WNOHANG) == 0)
		(void)tree_reap_orphans(0, is_known, &family);
	_exit(0); /* no leak checker could find its threads here */
}

/* More children than the kernel lists at once. */
TEST(reap_many)
{
	enum {
		CHILDREN = 1200
	};
	struct family family = { { 0 } };
	unsigned long long since = proc_now();
	char *argv[] = { (char[]){ "true" }, NULL };
	int reaped = 0, n;
	pid_t pid;

	for (int i = 0; i < CHILDREN; i++) {
		CHECK_INT(posix_spawnp(&pid, argv[0], NULL, NULL, argv,
			      environ),
		    0);
		if (i == 7)
			family.known[0] = pid;
	}
	while (reaped < CHILDREN - 1) {
		n = tree_reap_orphans(since, is_known, &family);
		CHECK(n >= 0);
		reaped += n;
	}
	CHECK_INT(tree_reap_orphans(since, is_known, &family), 0);
	reap(family.known[0]);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

static void *
kill_in_thread(void *arg)
{
	const struct tree_target *target = arg;

	return tree_signal(target, SIGKILL) > 0 ? arg : NULL;
}

/* On the stack that the smallest of threads has. */
TEST(threads)
{
	enum {
		JOBS = 8
	};
	struct stubborn_job m[JOBS];
	struct tree_target targets[JOBS];
	pthread_t threads[JOBS];
	pthread_attr_t attributes;
	char marks[JOBS][80];
	unsigned long long started = proc_now();
	void *value;

	CHECK_INT(tree_subreaper(true), 0);
	CHECK_INT(pthread_attr_init(&attributes), 0);
	CHECK_INT(pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
	for (int i = 0; i < JOBS; i++) {
		(void)snprintf(marks[i], sizeof(marks[i]), "%s.%d", own_mark(),
		    i);
		stubborn_start(&m[i], "daemon", marks[i], NULL);
		targets[i] = target_of(&m[i], started);
		targets[i].job_mark = marks[i];
	}
	for (int i = 0; i < JOBS; i++)
		CHECK_INT(pthread_create(&threads[i], &attributes,
			      kill_in_thread, &targets[i]),
		    0);
	for (int i = 0; i < JOBS; i++) {
		CHECK_INT(pthread_join(threads[i], &value), 0);
		CHECK(value == &targets[i]);
		stubborn_await_end(&m[i]);
		reap(m[i].leader);
	}
}

static int
find_mark(const char *data, size_t length, char *value, size_t size)
{
	int fds[2], n;

	CHECK_INT(pipe(fds), 0);
	CHECK_INT(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) > 0, 1);
	CHECK_INT(write(fds[1], data, length), (long long)length);
	(void)close(fds[1]);
	n = job_mark_find(fds[0], value, size);
	(void)close(fds[0]);
	return n;
}

TEST(mark_find)
{
	char value[64];
	static char big[100000];
	static const char plain[] = "A=1\0PRUN_JOB_ID=x/y.2\0B=2";
	static const char
	    none[] = "PRUN_JOB_I=x\0XPRUN_JOB_ID=y\0PRUN_JOB_IDS=z\0";
	static const char open_end[] = { 'P', 'R', 'U', 'N', '_', 'J', 'O', 'B',
		'_', 'I', 'D', '=', 'q' };
	static const char empty[] = "PRUN_JOB_ID=\0PRUN_JOB_ID=second";
	static const char late[] = "PRUN_JOB_ID=late";

	CHECK_INT(find_mark(plain, sizeof(plain), value, sizeof(value)), 5);
	CHECK_STR(value, "x/y.2");
	CHECK_INT(find_mark(plain, sizeof(plain), value, 3), 2);
	CHECK_STR(value, "x/");
	CHECK_INT(find_mark(none, sizeof(none), value, sizeof(value)), 0);
	CHECK_STR(value, "");
	CHECK_INT(find_mark(open_end, sizeof(open_end), value, sizeof(value)),
	    1);
	CHECK_STR(value, "q");
	CHECK_INT(find_mark(empty, sizeof(empty), value, sizeof(value)), 0);
	/* Across the borders of whatever is read at once. */
	for (size_t at = 4096 - sizeof(late) - 1; at < 4096 + 2; at++) {
		memset(big, 'b', sizeof(big));
		big[at - 1] = '\0';
		memcpy(big + at, late, sizeof(late));
		CHECK_INT(find_mark(big, sizeof(big), value, sizeof(value)), 4);
		CHECK_STR(value, "late");
	}
	CHECK_INT(job_mark_find(-1, value, sizeof(value)), -EBADF);
}

TEST(mark_match)
{
	CHECK(job_mark_match("r1", "r1"));
	CHECK(job_mark_match("r1.7", "r1"));
	CHECK(job_mark_match("r1.7", "r1.7"));
	CHECK(job_mark_match("r0.3/r1.7/r2.1", "r1"));
	CHECK(job_mark_match("r0/r1", "r1"));
	CHECK(!job_mark_match("r12", "r1"));
	CHECK(!job_mark_match("r1.71", "r1.7"));
	CHECK(!job_mark_match("xr1", "r1"));
	CHECK(!job_mark_match("r0/xr1", "r1"));
	CHECK(!job_mark_match("r1", "r1.7"));
	CHECK(!job_mark_match("", "r1"));
	CHECK(!job_mark_match("r1", ""));
	CHECK(!job_mark_match("", ""));
	CHECK(!job_mark_match("/", "r1"));
}

TEST(scan)
{
	struct proc_list list = { 0 };
	struct proc *self;

	for (int i = 0; i < 3; i++) {
		CHECK_INT(proc_scan(&list), 0);
		for (size_t p = 1; p < list.count; p++)
			CHECK(list.all[p - 1].pid < list.all[p].pid);
		self = proc_find(&list, getpid());
		CHECK(self != NULL);
		CHECK_INT(self->parent, getppid());
		CHECK(!self->dead);
		CHECK(proc_find(&list, 0) == NULL);
	}
	proc_list_fini(&list);
	proc_list_fini(&list);
}
