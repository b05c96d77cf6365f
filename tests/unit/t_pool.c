/* SPDX-License-Identifier: ISC */

/*
 * pool: what its callers see.  How it gives out slots, who is told when, and
 * how it ends.  (Output is in t_poolout.c, kills in t_poolkill.c.)
 */
#include <sys/mount.h>
#include <sys/ptrace.h>

#include <malloc.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"
#include "base/fd.h"
#include "pool/pool.h"
#include "pool_fixture.h"

TEST(map)
{
	enum {
		N = 300
	};
	static struct prun_spec specs[N];
	static struct prun_result results[N];
	static char lines[N][32];
	/* On a busy machine another job's start may hold a pipe for long. */
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 4,
	    .leak_timeout = 30 });
	int before = util_open_fds();

	for (int i = 0; i < N; i++) {
		(void)snprintf(lines[i], sizeof(lines[i]), "exit %d", i % 7);
		specs[i] = (struct prun_spec){ .size = sizeof(struct prun_spec),
			.command = lines[i],
			.in.kind = PRUN_STDIO_NULL };
	}
	results[0].size = sizeof(results[0]);
	CHECK_INT(prun_pool_map(pool, specs, N, results), 0);
	for (int i = 0; i < N; i++) {
		CHECK_INT(results[i].id, i + 1);
		CHECK_INT(results[i].status, i % 7);
		CHECK(results[i].slot >= 1 && results[i].slot <= 4);
		CHECK_INT(results[i].flags, 0);
	}
	CHECK_INT(prun_pool_map(pool, specs, 3, NULL), 0);
	CHECK_INT(prun_pool_map(pool, NULL, 0, NULL), 0);
	CHECK_INT(util_open_fds(), before + 1); /* the loop's alarm stays */
	prun_pool_free(pool);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
}

TEST(invalid)
{
	struct prun_pool *pool;
	const char *argv[] = { "true", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };

	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .slots = 1u << 30 },
		      &pool),
	    -EINVAL);
	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .timeout = -1 },
		      &pool),
	    -EINVAL);
	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .termseq = "x" },
		      &pool),
	    -EINVAL);
	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .output = (enum prun_output_mode)9 },
		      &pool),
	    -EINVAL);
	CHECK_INT(prun_pool_new(NULL, &pool), 0);
	CHECK_INT(prun_pool_join(pool), -EINVAL);
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	CHECK_INT(prun_pool_step(pool, 0), 0);
	CHECK_INT(prun_pool_step(pool, 100), 0);
	spec.out.kind = PRUN_STDIO_PIPE;
	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), -EINVAL);
	spec.out.kind = PRUN_STDIO_INHERIT;
	spec.argv = NULL;
	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), -EINVAL);
	CHECK_INT(prun_pool_pending(pool), 0);
	spec.argv = argv;
	prun_pool_close(pool);
	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), -ESHUTDOWN);
	CHECK_INT(prun_pool_join(pool), 0);
	prun_pool_free(pool);
	prun_pool_free(NULL);
}

TEST(slots)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2 });
	struct tally a = { 0 }, b = { 0 }, c = { 0 };

	util_folder();
	util_fifo("one");
	util_fifo("two");
	CHECK_INT(prun_pool_slot(pool), 1);
	apply(pool, "read x <one", &a);
	CHECK_INT(prun_pool_slot(pool), 2);
	apply(pool, "read x <two", &b);
	CHECK_INT(prun_pool_slot(pool), 0);
	apply(pool, "exit 0", &c);
	CHECK_INT(prun_pool_slot(pool), 0);
	CHECK_INT(prun_pool_pending(pool), 3);
	util_release("two");
	step_until(pool, &c);
	CHECK_INT(b.last.slot, 2);
	CHECK_INT(c.last.slot, 2);
	CHECK_INT(prun_pool_slot(pool), 2);
	CHECK_INT(prun_pool_running(pool), 1);
	util_release("one");
	step_until(pool, &a);
	CHECK_INT(a.last.slot, 1);
	CHECK_INT(prun_pool_slot(pool), 1);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_slot(pool), 0);
	CHECK_INT(prun_pool_join(pool), 0);
	prun_pool_free(pool);
}

/* What could not be started is told at once, though others run on. */
TEST(not_started)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2 });
	const char *argv[] = { "no-such-program", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct tally busy = { 0 };
	struct prun_result r = { .size = sizeof(r) };

	util_folder();
	util_fifo("fifo");
	apply(pool, "read x <fifo", &busy);
	alarm(20);
	CHECK_INT(prun_pool_apply(pool, &spec, &r), 0);
	CHECK_INT(r.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(r.step, PRUN_STEP_EXEC);
	CHECK_INT(r.error, ENOENT);
	CHECK_INT(r.status, 127);
	argv[0] = "/";
	CHECK_INT(prun_pool_apply(pool, &spec, &r), 0);
	CHECK_INT(r.status, 126);
	argv[0] = "true";
	spec.cwd = "/proc/none/folder";
	CHECK_INT(prun_pool_apply(pool, &spec, &r), 0);
	CHECK_INT(r.step, PRUN_STEP_CHDIR);
	CHECK_STR(prun_step_name(r.step), "chdir");
	CHECK_INT(busy.n, 0);
	util_release("fifo");
	pool_end(pool);
	CHECK_INT(busy.n, 1);
}

/* done may apply, close and terminate. */
struct chain {
	struct prun_pool *pool;
	int left, calls;
};

static void
chain_done(const struct prun_result *r, void *arg)
{
	const char *bad[] = { "/proc/none/program", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .command = "exit 0" };
	struct chain *c = arg;

	CHECK(r->id > 0);
	c->calls++;
	if (c->left-- == 0) {
		prun_pool_close(c->pool);
		CHECK_INT(prun_pool_apply_async(c->pool, &spec, NULL, NULL),
		    -ESHUTDOWN);
		return;
	}
	if (c->left % 2 == 0) {
		spec.command = NULL;
		spec.argv = bad;
	}
	CHECK_INT(prun_pool_apply_async(c->pool, &spec, chain_done, c), 0);
}

static void
check_chain(enum prun_output_mode mode, unsigned flags)
{
	struct chain c = { .left = 50 };
	const struct prun_result first = { .id = 1 };

	c.pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .output = mode,
	    .flags = flags });
	chain_done(&first, &c);
	while (c.left >= 0)
		CHECK_INT(prun_pool_step(c.pool, -1), 0);
	CHECK_INT(prun_pool_join(c.pool), 0);
	CHECK_INT(c.calls, 52 - 1);
	prun_pool_free(c.pool);
}

static int
threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = -2; /* . and .. */

	CHECK(dir != NULL);
	while (readdir(dir) != NULL)
		n++;
	CHECK_INT(closedir(dir), 0);
	return n;
}

/* Threads there are after a hundred jobs; always with the one for timeouts. */
static int
threads_with(unsigned slots, int spawners)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){
	    .slots = slots,
	    .spawners = spawners,
	    .timeout = 1000 });
	struct prun_spec specs[100];
	int n;

	for (int i = 0; i < 100; i++)
		specs[i] = (struct prun_spec){ .size = sizeof(struct prun_spec),
			.command = ":",
			.in.kind = PRUN_STDIO_NULL };
	CHECK_INT(prun_pool_map(pool, specs, 100, NULL), 0);
	n = threads();
	pool_end(pool);
	return n;
}

TEST(spawners)
{
	int alone = threads_with(8, -1);

	CHECK_INT(threads_with(8, 1), alone + 1);
	CHECK_INT(threads_with(8, 5), alone + 5);
	CHECK_INT(threads_with(2, 5), alone + 2);
	CHECK_INT(threads_with(1, 0), alone);
	CHECK(threads_with(8, 0) <= alone + 8);
}

TEST(apply_from_done)
{
	check_chain(PRUN_OUTPUT_GROUP, 0);
	check_chain(PRUN_OUTPUT_GROUP, PRUN_POOL_KEEP_ORDER);
	check_chain(PRUN_OUTPUT_LINE, 0);
	check_chain(PRUN_OUTPUT_NONE, 0);
}

static void
terminate_done(const struct prun_result *r, void *arg)
{
	(void)r;
	prun_pool_terminate(arg);
	prun_pool_terminate(arg);
}

TEST(terminate_from_done)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 3 });
	struct prun_spec spec = { .size = sizeof(spec), .command = "exit 0" };
	struct tally t[4] = { 0 };

	apply(pool, "exec sleep 1000", &t[0]);
	apply(pool, "exec sleep 1000", &t[1]);
	CHECK_INT(prun_pool_apply_async(pool, &spec, terminate_done, pool), 0);
	apply(pool, "exec sleep 1000", &t[2]);
	apply(pool, "exec sleep 1000", &t[3]);
	alarm(20);
	CHECK_INT(prun_pool_join(pool) == -EINVAL, 1);
	while (t[0].n + t[1].n < 2)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK(t[0].last.flags & PRUN_RESULT_TERMINATED);
	CHECK_INT(t[2].n + t[3].n, 0);
	prun_pool_free(pool);
}

TEST(drop)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .flags = PRUN_POOL_KEEP_ORDER });
	struct tally a = { 0 }, b = { 0 };

	apply(pool, "echo x", &a);
	apply(pool, "echo y", &b);
	apply(pool, "echo z", &b);
	CHECK_INT(prun_pool_cancel_queued(pool), 2);
	CHECK_INT(prun_pool_cancel_queued(pool), 0);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK_INT(a.n, 1);
	CHECK_INT(b.n, 0);
	prun_pool_free(pool);
}

TEST(free_with_running_jobs)
{
	struct prun_pool *pool;
	pid_t pid[3];
	int before = util_open_fds();

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 3,
	    .flags = PRUN_POOL_SUBREAPER | PRUN_POOL_GUARD });
	apply(pool, "echo $$ >p1; mv p1 pid1; exec sleep 1000", NULL);
	apply(pool, "trap '' TERM; sleep 1000 & echo $! >p2; mv p2 pid2; wait",
	    NULL);
	apply(pool,
	    "setsid sh -c 'echo $$ >p3; mv p3 pid3; exec sleep 1000' &"
	    "echo out; wait",
	    NULL);
	apply(pool, "echo never", NULL);
	AWAIT((pid[0] = util_pid("pid1")) != 0);
	AWAIT((pid[1] = util_pid("pid2")) != 0);
	AWAIT((pid[2] = util_pid("pid3")) != 0);
	prun_pool_free(pool);
	for (int i = 0; i < 3; i++)
		AWAIT(!util_lives(pid[i]));
	CHECK_INT(util_open_fds(), before + 1); /* our /dev/null of output */
}

/* A foreign loop that sleeps on the descriptor misses nothing and does not spin. */
TEST(foreign_loop)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 4 });
	struct pollfd pfd = { .fd = prun_pool_fd(pool), .events = POLLIN };
	const char *bad[] = { "/proc/none/program", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = bad };
	struct tally t = { 0 };
	int turns = 0, idle = 0;
	double cpu;

	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, &t), 0);
	CHECK_INT(poll(&pfd, 1, 10000), 1);
	while (t.n == 0) {
		CHECK_INT(poll(&pfd, 1, 10000), 1);
		CHECK_INT(prun_pool_step(pool, 0), 0);
	}
	for (int i = 0; i < 100; i++)
		apply(pool, i % 10 ? "exit 0" : "sleep 0.3 & echo x", &t);
	while (t.n < 101) {
		CHECK_INT(poll(&pfd, 1, 20000), 1);
		CHECK_INT(prun_pool_step(pool, 0), 0);
		turns++;
	}
	CHECK(turns < 2000);
	util_folder();
	util_fifo("fifo");
	apply(pool, "read x <fifo", &t);
	/* The ends of what the jobs have left behind are told as well. */
	while (poll(&pfd, 1, 500) == 1) {
		CHECK_INT(prun_pool_step(pool, 0), 0);
		CHECK(idle++ < 40);
	}
	cpu = util_cpu();
	CHECK_INT(poll(&pfd, 1, 200), 0);
	CHECK(util_cpu() - cpu < 0.05);
	util_release("fifo");
	while (t.n < 102) {
		CHECK_INT(poll(&pfd, 1, 20000), 1);
		CHECK_INT(prun_pool_step(pool, 0), 0);
	}
	pool_end(pool);
}

TEST(idle_costs_nothing)
{
	struct prun_pool *pool;
	struct rusage before, after;

	raise_nofile();
	pool = pool_of((struct prun_pool_opts){ .slots = 300 });
	for (int i = 0; i < 300; i++)
		apply(pool, "exec sleep 1000", NULL);
	for (double end = util_now() + 3;
	     prun_pool_running(pool) < 300 && util_now() < end;)
		CHECK_INT(prun_pool_step(pool, 0.1), 0);
	getrusage(RUSAGE_SELF, &before);
	CHECK_INT(prun_pool_step(pool, 0.5), 0);
	getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_nvcsw - before.ru_nvcsw < 20);
	prun_pool_free(pool);
}

/*
 * That a job runs may be what is waited for, whoever has started it: where the caller was
 * quicker than the threads, no news of the start comes from them.
 */
TEST(a_start_ends_a_step)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 8 });
	const int rounds = t_times(100);

	/* After so many jobs the pool has threads that start jobs, and the caller helps them. */
	for (int i = 0; i < 64; i++)
		apply(pool, "exec true", NULL);
	while (prun_pool_pending(pool) > 0)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	for (int round = 0; round < rounds; round++) {
		const int64_t began = clock_now();

		apply(pool, "exec sleep 1000", NULL);
		while (prun_pool_running(pool) < 1)
			CHECK_INT(prun_pool_step(pool, 30), 0);
		CHECK(clock_now() - began < INT64_C(30000000000));
		CHECK_INT(prun_pool_kill(pool, (uint64_t)(65 + round)), 0);
		while (prun_pool_pending(pool) > 0)
			CHECK_INT(prun_pool_step(pool, -1), 0);
	}
	prun_pool_free(pool);
}

/* No stdio in the host: nothing of ours gets these numbers. */
TEST(closed_stdio)
{
	struct prun_pool *pool;
	struct tally t = { 0 };
	int report = dup(1);

	close(0);
	close(1);
	close(2);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 2,
	    .flags = PRUN_POOL_GUARD,
	    .job_memory = 100 });
	for (int i = 0; i < 20; i++)
		apply(pool, "seq 1 1000; echo err >&2; exit 3", &t);
	prun_pool_close(pool);
	for (int e = 0; e != -EDEADLK;) {
		e = prun_pool_step(pool, -1);
		for (int fd = 0; fd < 3; fd++)
			if (fcntl(fd, F_GETFD) != -1)
				dprintf(report, "# %d is open\n", fd), _exit(1);
		if (e != 0 && e != -EBADF && e != -EDEADLK)
			_exit(2);
	}
	if (t.n != 20 || t.last.status != 3)
		_exit(3);
	prun_pool_free(pool);
}

/*
 * Somebody traces the job and is slow to look: it is reaped all the same.  (The
 * job starts no process: a SIGCHLD would stop it for its tracer.)
 */
TEST(traced_job)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2 });
	struct tally t = { 0 };
	siginfo_t info;
	int fds[2], back[2];
	pid_t pid, tracer;
	char c;

	util_folder();
	util_fifo("fifo");
	CHECK_INT(pipe(fds) | pipe(back), 0);
	apply(pool, "echo $$ >pid; read x <fifo; exit 7", &t);
	AWAIT((pid = util_pid("pid")) != 0);
	tracer = fork();
	CHECK(tracer != -1);
	if (tracer == 0) {
		CHECK_INT(ptrace(PTRACE_SEIZE, pid, 0, 0), 0);
		CHECK_INT(write(fds[1], "s", 1), 1);
		CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT),
		    0);
		CHECK_INT(write(fds[1], "d", 1), 1);
		CHECK_INT(read(back[0], &c, 1), 1);
		CHECK_INT(waitpid(pid, NULL, __WALL), pid);
		_exit(0);
	}
	CHECK_INT(read(fds[0], &c, 1), 1);
	util_release("fifo");
	CHECK_INT(read(fds[0], &c, 1), 1);
	for (int i = 0; i < 5; i++)
		CHECK_INT(prun_pool_step(pool, 0.02), 0);
	CHECK_INT(t.n, 0);
	CHECK_INT(write(back[1], "x", 1), 1);
	alarm(20);
	step_until(pool, &t);
	CHECK_INT(t.last.status, 7);
	CHECK_INT(waitpid(tracer, NULL, 0), tracer);
	prun_pool_free(pool);
}

/* Descriptors for some jobs only: the others wait, and nothing is lost. */
TEST(few_descriptors)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){
	    .slots = 50 });
	struct tally t = { 0 };

	leave_descriptors(14);
	for (int i = 0; i < 200; i++)
		apply(pool, "echo x; exit 2", &t);
	pool_end(pool);
	CHECK_INT(t.n, 200);
	CHECK_INT(t.failed, 200);
	CHECK_INT(t.flags, 0);
}

/* Just enough for one, before and after there is a timer. */
TEST(descriptors_for_one)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	pool = pool_of((struct prun_pool_opts){ .slots = 4 });
	leave_descriptors(6);
	for (int i = 0; i < 20; i++)
		apply(pool, "exit 0", &t);
	alarm(30);
	pool_end(pool);
	CHECK_INT(t.n, 20);
	CHECK_INT(t.flags, 0);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

TEST(no_descriptors)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 5 });
	struct tally t = { 0 };

	leave_descriptors(1);
	for (int i = 0; i < 3; i++)
		apply(pool, "exit 0", &t);
	alarm(20);
	pool_end(pool);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.last.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(t.last.error, EMFILE);
	CHECK(t.last.status != 0);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

/* The same when threads start them: each has met with the want of all. */
TEST(no_descriptors_for_threads)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 8,
	    .spawners = 2 });
	struct tally t = { 0 };

	alarm(20);
	for (int i = 0; i < 80; i++)
		apply(pool, "exit 0", &t);
	while (t.n < 80)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(t.flags, 0);
	leave_descriptors(1);
	for (int i = 0; i < 8; i++)
		apply(pool, "exit 0", &t);
	pool_end(pool);
	CHECK_INT(t.n, 88);
	CHECK_INT(t.failed, 8);
	CHECK_INT(t.last.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(t.last.error, EMFILE);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

/* It is tried again though no job ends. */
TEST(shortage_passes)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2 });
	struct tally running = { 0 }, wanting = { 0 };

	util_folder();
	util_fifo("gate");
	alarm(20);
	apply(pool, "read x <gate", &running);
	while (prun_pool_running(pool) == 0)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	leave_descriptors(1);
	apply(pool, "exit 0", &wanting);
	for (int i = 0; i < 10; i++)
		CHECK_INT(prun_pool_step(pool, 0), 0);
	CHECK_INT(wanting.n, 0);
	CHECK_INT(prun_pool_running(pool), 1);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
	while (wanting.n == 0)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(wanting.last.flags, 0);
	CHECK_INT(running.n, 0);
	util_release("gate");
	pool_end(pool);
}

/* As a user with few processes; each keeps the slot that was promised to it. */
TEST(few_processes)
{
	enum {
		N = 20
	};
	struct prun_pool *pool;
	static struct tally t[N];
	unsigned promised[N];

	util_be_alone();
	/* Threads count as well. */
	util_limit(RLIMIT_NPROC, SANITIZED ? 6 : 4);
	pool = pool_of((struct prun_pool_opts){ .slots = 8 });
	alarm(60);
	for (int i = 0; i < N; i++) {
		while ((promised[i] = prun_pool_slot(pool)) == 0)
			CHECK_INT(prun_pool_step(pool, -1), 0);
		apply(pool, "exit 0", &t[i]);
	}
	pool_end(pool);
	for (int i = 0; i < N; i++) {
		CHECK_INT(t[i].n, 1);
		CHECK_INT(t[i].last.flags, 0);
		CHECK_INT(t[i].last.slot, promised[i]);
	}
}

TEST(no_processes)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	util_be_alone();
	util_limit(RLIMIT_NPROC, 0);
	pool = pool_of((struct prun_pool_opts){ .slots = 3 });
	pool->fork_wait = 300000000;
	for (int i = 0; i < 3; i++)
		apply(pool, "exit 0", &t);
	alarm(20);
	pool_end(pool);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.last.step, PRUN_STEP_FORK);
	CHECK_INT(t.last.error, EAGAIN);
	util_limit(RLIMIT_NPROC, RLIM_INFINITY);
}

static void
lift_limit(void *arg)
{
	*(bool *)arg = true;
	util_limit(RLIMIT_NPROC, RLIM_INFINITY);
}

/* It is tried again until there is a process, and a thread for the timeout. */
static void
check_waits_for_process(double timeout)
{
	struct prun_pool *pool;
	struct tally t = { 0 };
	bool lifted = false;
	uint64_t id;

	util_be_alone();
	util_limit(RLIMIT_NPROC, 0);
	pool = pool_of((struct prun_pool_opts){ .slots = 3,
	    .timeout = timeout });
	CHECK_INT(prun_pool_after(pool, 0.3, lift_limit, &lifted, &id), 0);
	for (int i = 0; i < 3; i++)
		apply(pool, "exit 0", &t);
	alarm(60);
	pool_end(pool);
	CHECK(lifted);
	CHECK_INT(t.n, 3);
	CHECK_INT(t.flags, 0);
}

TEST(no_processes_at_first)
{
	check_waits_for_process(0);
}

TEST(no_processes_at_first_timed)
{
	check_waits_for_process(1000);
}

/* Nothing but its stdio reaches a job, also when many are started side by side. */
TEST(no_descriptor_leaks)
{
	enum {
		N = 200
	};

	const char *argv[] = { util_helper("showfds"), NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.in.kind = PRUN_STDIO_NULL };
	struct prun_pool *pool;
	char *text, *line;
	int lines = 0, fd;

	CHECK_INT(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), 0);
	util_folder();
	fd = open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 8,
	    .out_fd = fd,
	    .flags = PRUN_POOL_GUARD });
	for (int i = 0; i < N; i++)
		CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), 0);
	pool_end(pool);
	text = util_file("out", NULL);
	for (line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n"), lines++)
		CHECK(line[0] >= '0' && line[0] <= '2' && line[1] == ' ');
	CHECK_INT(lines, N * 3);
	free(text);
}

TEST(job_id_is_nested)
{
	struct prun_pool *pool;
	char *text;
	int fd;

	util_folder();
	CHECK_INT(setenv("PRUN_JOB_ID", "outer.1", 1), 0);
	fd = open("out", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 1,
	    .out_fd = fd });
	apply(pool, "echo $PRUN_JOB_ID", NULL);
	pool_end(pool);
	text = util_file("out", NULL);
	CHECK_INT(strncmp(text, "outer.1/", 8), 0);
	CHECK(strstr(text, ".1\n") != NULL);
	free(text);
}

struct inner {
	struct prun_pool *pool;
	int n;
};

static void
check_inside(struct inner *x)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 0" };

	x->n++;
	CHECK_INT(prun_pool_step(x->pool, 0), -EDEADLK);
	CHECK_INT(prun_pool_apply(x->pool, &spec, NULL), -EDEADLK);
	CHECK_INT(prun_pool_map(x->pool, &spec, 1, NULL), -EDEADLK);
	CHECK_INT(prun_pool_free(x->pool), -EDEADLK);
}

static void
done_inside(const struct prun_result *r, void *arg)
{
	(void)r;
	check_inside(arg);
}

static int
deliver_inside(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg)
{
	(void)r;
	(void)job;
	(void)stream;
	(void)data;
	(void)len;
	check_inside(arg);
	return 0;
}

/* What a pool calls may not wait for it, nor free it. */
TEST(no_step_within_a_step)
{
	struct inner x = { 0 };
	const struct prun_pool_opts opts = { .size = sizeof(opts),
		.slots = 1,
		.deliver = deliver_inside,
		.deliver_arg = &x };
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo x" };

	CHECK_INT(prun_pool_new(&opts, &x.pool), 0);
	CHECK_INT(prun_pool_apply_async(x.pool, &spec, done_inside, &x), 0);
	prun_pool_close(x.pool);
	CHECK_INT(prun_pool_join(x.pool), 0);
	CHECK_INT(x.n, 3);
	CHECK_INT(prun_pool_free(x.pool), 0);
}

/* One of the specs is wrong: each result tells what became of its own. */
TEST(map_with_one_invalid)
{
	const struct prun_spec specs[3] = { { .size = sizeof(specs[0]),
						.command = "exit 3" },
		{ 0 }, { .command = "exit 4" } };
	struct prun_result r[3];
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });

	memset(r, 0x55, sizeof(r));
	r[0].size = sizeof(r[0]);
	CHECK_INT(prun_pool_map(pool, specs, 3, r), -EINVAL);
	CHECK_INT(r[0].status, 3);
	CHECK_INT(r[0].flags, 0);
	CHECK_INT(r[1].flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(r[1].error, EINVAL);
	CHECK_INT(r[2].flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(r[2].error, ECANCELED);
	pool_end(pool);
}

/* Bits that mean nothing today may mean something tomorrow. */
TEST(unknown_flags)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 0",
		.flags = 0x80000000u };
	struct prun_pool_opts opts = { .size = sizeof(opts),
		.flags = 0x80000000u };
	struct prun_pool *pool;

	CHECK_INT(prun_pool_new(&opts, &pool), -EINVAL);
	CHECK_INT(prun_call(&spec, NULL), -EINVAL);
}

static int
deliver_seven(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg)
{
	(void)r;
	(void)job;
	(void)data;
	(void)len;
	(void)arg;
	return stream == 0 ? 0 : 7;
}

/* A deliver function that fails in the wrong way fails all the same. */
TEST(deliver_above_zero)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo x" };
	struct prun_pool *pool = pool_of_plain((struct prun_pool_opts){
	    .deliver = deliver_seven });

	CHECK_INT(prun_pool_apply(pool, &spec, NULL), -EINVAL);
	pool_end(pool);
}

/* Asked for by the caller: nothing is added to it. */
TEST(empty_environment)
{
	static const char *const none[] = { NULL };
	const char *argv[] = { "/usr/bin/env", NULL };
	const struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.env = none };
	char *out;

	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "");
	free(out);
}

TEST(setenv_of_a_spec)
{
	const char *set[] = { "A=1", "B=2", "A=3", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "env | grep -c ^A=; echo $A$B",
		.setenv = set };
	char *out;

	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), 0);
	CHECK_STR(out, "1\n32\n");
	free(out);
	set[0] = "A";
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), -EINVAL);
	set[0] = "=1";
	CHECK_INT(prun_check_output(&spec, &out, NULL, NULL), -EINVAL);
}

struct source {
	struct prun_pool *pool;
	int given, done, fail;
	char line[32];
};

static int
next_spec(struct prun_spec *spec, void *arg)
{
	struct source *s = arg;

	/* No job waits in the pool: its spec is asked for when it can start. */
	CHECK(prun_pool_slot(s->pool) != 0);
	CHECK(prun_pool_pending(s->pool) < 3);
	if (s->given == 50)
		return s->fail;
	(void)snprintf(s->line, sizeof(s->line), "exit %d", s->given % 2);
	s->given++;
	spec->command = s->line;
	spec->out.kind = spec->err.kind = PRUN_STDIO_NULL;
	return 1;
}

static void
source_done(const struct prun_result *r, void *arg)
{
	struct source *s = arg;

	CHECK_INT(r->status, (r->id - 1) % 2);
	s->done++;
}

TEST(map_from)
{
	struct source s = { .pool = pool_of((struct prun_pool_opts){
				.slots = 3 }) };

	CHECK_INT(prun_pool_map_from(s.pool, next_spec, source_done, &s), 0);
	CHECK_INT(s.done, 50);
	s = (struct source){ .pool = s.pool, .fail = -EIO };
	CHECK_INT(prun_pool_map_from(s.pool, next_spec, source_done, &s), -EIO);
	CHECK_INT(s.done, 50);
	pool_end(s.pool);
}

/* Bytes of memory that are in use. */
static size_t
memory_in_use(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* A job that waits takes its strings and little more, and then runs as any other. */
TEST(many_queued)
{
	enum {
		MANY = 20000
	};
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2 });
	const char *argv[] = { "sh", "-c", "exit $X", NULL };
	const char *set[] = { "X=3", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.setenv = set,
		.cwd = "/",
		.in.kind = PRUN_STDIO_NULL };
	const size_t strings = 3 + 3 + 8 + 4 + 2 + 6 * sizeof(char *);
	struct tally t = { 0 };
	size_t before;
	uint64_t id;

	prun_pool_pause(pool, true);
	before = memory_in_use();
	for (int i = 0; i < MANY; i++)
		CHECK_INT(prun_pool_submit(pool, &spec, tally_done, &t, &id),
		    0);
	CHECK_INT(id, MANY);
	CHECK(SANITIZED || memory_in_use() - before < MANY * (strings + 300));
	CHECK_INT(prun_pool_pending(pool), MANY);
	for (id = 11; id <= MANY; id++)
		CHECK_INT(prun_pool_cancel(pool, id), 0);
	/* What it pointed to is the caller's again. */
	argv[2] = "exit 9";
	set[0] = "X=9";
	prun_pool_pause(pool, false);
	pool_end(pool);
	CHECK_INT(t.n, 10);
	CHECK_INT(t.last.status, 3);
	CHECK(t.last.id > 8);
}

TEST(tail_of_a_job)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .tail = 4 });
	struct tally t = { 0 };
	uint64_t written = 0;
	char buf[16];
	ssize_t n = 0;

	apply(pool, "printf 123456; sleep 1000", &t);
	while (written < 6) {
		CHECK_INT(prun_pool_step(pool, -1), 0);
		n = prun_pool_tail(pool, 1, buf, sizeof(buf), &written);
		CHECK(n >= 0);
	}
	CHECK_MEM(buf, n, "3456", 4);
	CHECK_INT(prun_pool_tail(pool, 1, buf, 2, &written), 2);
	CHECK(memcmp(buf, "56", 2) == 0);
	CHECK_INT(prun_pool_tail(pool, 2, buf, 2, &written), -ESRCH);
	CHECK_INT(prun_pool_kill(pool, 1), 0);
	step_until(pool, &t);
	CHECK_INT(prun_pool_tail(pool, 1, buf, 2, &written), -ESRCH);
	pool_end(pool);
}
