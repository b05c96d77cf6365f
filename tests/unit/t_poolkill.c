/* SPDX-License-Identifier: ISC */

/*
 * pool, its kills: timeouts and terminations that leave nothing behind, and
 * what holds pipes without being waited for.
 */
#include <sys/prctl.h>

#include "pool/pool.h"
#include "pool_fixture.h"

static void
apply_timed(struct prun_pool *pool, const char *line, double timeout,
    struct tally *t)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = line,
		.in.kind = PRUN_STDIO_NULL,
		.timeout = timeout };

	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, t), 0);
}

static void
apply_helper(struct prun_pool *pool, const char *name, const char *file,
    const char *how, double timeout, struct tally *t)
{
	const char *argv[] = { util_helper(name), file, how, NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = argv,
		.in.kind = PRUN_STDIO_NULL,
		.timeout = timeout };

	CHECK_INT(prun_pool_apply_async(pool, &spec, tally_done, t), 0);
}

TEST(timeout)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 3,
	    .timeout = 0.2 });
	struct tally a = { 0 }, b = { 0 }, c = { 0 };

	apply(pool, "exec sleep 1000", &a);
	apply_timed(pool, "exec sleep 0.4", 100, &b);
	apply(pool, "exit 3", &c);
	pool_end(pool);
	CHECK_INT(a.last.flags, PRUN_RESULT_TIMED_OUT);
	CHECK_INT(a.last.signal, SIGTERM);
	CHECK_INT(a.last.status, 128 + SIGTERM);
	CHECK(a.last.elapsed >= 0.2 && a.last.elapsed < 5);
	CHECK_INT(b.last.flags, 0);
	CHECK_INT(b.last.status, 0);
	CHECK_INT(c.last.flags, 0);
	CHECK_INT(c.last.status, 3);
}

/* Whatever it takes: nothing of the tree is left when done is called. */
static void
check_tree(const char *helper, const char *how, unsigned flags)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 2,
	    .flags = flags,
	    .termseq = "TERM,50,KILL,2000" });
	struct tally t = { 0 };
	pid_t pid;

	alarm(60);
	for (int i = 0; i < 5; i++) {
		(void)unlink("pid");
		t.n = 0;
		apply_helper(pool, helper, "pid", how, 0.1, &t);
		step_until(pool, &t);
		CHECK_INT(t.last.flags & PRUN_RESULT_TIMED_OUT,
		    PRUN_RESULT_TIMED_OUT);
		CHECK(t.last.signal == SIGTERM || t.last.signal == SIGKILL);
		pid = util_pid("pid");
		CHECK(pid == 0 || !util_lives(pid));
	}
	pool_end(pool);
}

TEST(timeout_ignores_term)
{
	util_folder();
	check_tree("ignoreterm", NULL, 0);
	check_tree("ignoreterm", NULL, PRUN_POOL_SUBREAPER);
}

TEST(timeout_daemon)
{
	util_folder();
	check_tree("daemon", "stay", 0);
	check_tree("daemon", "stay", PRUN_POOL_SUBREAPER);
}

/* Many whose time is up at the same moment. */
TEST(timeout_many)
{
	struct prun_pool *pool;
	struct tally t = { 0 };
	double start = util_now();

	raise_nofile();
	pool = pool_of((struct prun_pool_opts){ .slots = 100 });
	for (int i = 0; i < 100; i++)
		apply_timed(pool, "exec sleep 1000", 0.5, &t);
	pool_end(pool);
	CHECK_INT(t.n, 100);
	CHECK_INT(t.flags, PRUN_RESULT_TIMED_OUT);
	CHECK(util_now() - start < 20);
}

/* It fires though the host does not step. */
TEST(timeout_without_steps)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	struct tally t = { 0 };
	pid_t pid;

	util_folder();
	apply_timed(pool, "echo $$ >p; mv p pid; exec sleep 1000", 0.2, &t);
	AWAIT((pid = util_pid("pid")) != 0);
	AWAIT(!util_lives(pid));
	CHECK_INT(t.n, 0);
	pool_end(pool);
	CHECK_INT(t.last.flags, PRUN_RESULT_TIMED_OUT);
}

/* No thread can be had to keep the time: it is not started. */
TEST(timeout_without_thread)
{
	struct rlimit limit, old;
	struct prun_rlimit child;
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec sleep 1000",
		.timeout = 3600,
		.rlimit = &child,
		.nrlimit = 1 };
	struct prun_pool *pool;
	struct prun_result r = { .size = sizeof(r) };
	FILE *file;
	unsigned long pages;

	if (SANITIZED)
		return; /* their address space has no bounds */
	pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	pool->fork_wait = 300000000;
	file = fopen("/proc/self/statm", "re");
	CHECK_INT(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	getrlimit(RLIMIT_AS, &old);
	limit = old;
	limit.rlim_cur = pages * 4096 + 3000000;
	child = (struct prun_rlimit){ RLIMIT_AS, old };
	CHECK_INT(setrlimit(RLIMIT_AS, &limit), 0);
	alarm(20);
	CHECK_INT(prun_pool_apply(pool, &spec, &r), 0);
	CHECK_INT(r.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(r.step, PRUN_STEP_FORK);
	CHECK_INT(r.error, EAGAIN);
	prun_pool_free(pool);
}

TEST(terminate)
{
	struct prun_pool *pool;
	struct tally t = { 0 }, never = { 0 };
	pid_t pid[2];

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 2,
	    .flags = PRUN_POOL_SUBREAPER });
	apply_helper(pool, "daemon", "pid0", "stay", 0, &t);
	apply_helper(pool, "ignoreterm", "pid1", NULL, 0, &t);
	apply(pool, "exit 0", &never);
	AWAIT((pid[0] = util_pid("pid0")) != 0);
	AWAIT((pid[1] = util_pid("pid1")) != 0);
	prun_pool_terminate(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK_INT(t.n, 2);
	CHECK(t.flags & PRUN_RESULT_TERMINATED);
	CHECK_INT(never.n, 0);
	CHECK(!util_lives(pid[0]) && !util_lives(pid[1]));
	prun_pool_free(pool);
	CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	CHECK_INT(errno, ECHILD);
}

/* What a job left behind when it ended well goes with a termination, too. */
TEST(terminate_sweeps)
{
	struct prun_pool *pool;
	struct tally t = { 0 };
	pid_t pid;

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .flags = PRUN_POOL_SUBREAPER });
	apply_helper(pool, "daemon", "pid", NULL, 0, &t);
	step_until(pool, &t);
	pid = util_pid("pid");
	CHECK(pid != 0 && util_lives(pid));
	prun_pool_terminate(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	AWAIT(!util_lives(pid));
	prun_pool_free(pool);
}

/* A second call does not wait for what ignores the first signals. */
TEST(terminate_twice)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	util_folder();
	for (int i = 0; i < 10; i++) {
		pool = pool_of((struct prun_pool_opts){ .slots = 1,
		    .termseq = "TERM,100000,KILL,25" });
		(void)unlink("pid");
		apply_helper(pool, "ignoreterm", "pid", NULL, 0, &t);
		AWAIT(util_pid("pid") != 0);
		prun_pool_terminate(pool);
		if (i % 2)
			CHECK_INT(prun_pool_step(pool, 0.01), 0);
		prun_pool_terminate(pool);
		alarm(20);
		CHECK_INT(prun_pool_join(pool), 0);
		CHECK_INT(t.last.signal, SIGKILL);
		prun_pool_free(pool);
	}
	CHECK_INT(t.n, 10);
}

/* Terminated while they are being started, side by side. */
TEST(terminate_while_starting)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	raise_nofile();
	for (int i = 0; i < 4; i++) {
		pool = pool_of((struct prun_pool_opts){ .slots = 100,
		    .termseq = "TERM,100000,KILL,25" });
		t = (struct tally){ 0 };
		for (int k = 0; k < 100; k++)
			apply(pool, "exec sleep 1000", &t);
		prun_pool_terminate(pool);
		if (i % 2)
			prun_pool_terminate(pool);
		alarm(60);
		CHECK_INT(prun_pool_join(pool), 0);
		CHECK(t.n > 0 && t.failed == t.n);
		prun_pool_free(pool);
		CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
	}
}

TEST(free_while_starting)
{
	struct prun_pool *pool;
	int before;

	raise_nofile();
	before = util_open_fds();
	for (int i = 0; i < 4; i++) {
		pool = pool_of_plain((struct prun_pool_opts){ .slots = 100,
		    .flags = PRUN_POOL_GUARD,
		    .out_fd = 1 });
		for (int k = 0; k < 100; k++)
			apply(pool, "exec sleep 1000", NULL);
		prun_pool_free(pool);
		CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
		CHECK_INT(util_open_fds(), before);
	}
}

/* A grandchild holds stdout: not for longer than the grace. */
TEST(leak)
{
	struct prun_pool *pool;
	struct tally t = { 0 };
	double start = util_now();

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	apply_helper(pool, "grandchild", "pid", "5", 0, &t);
	pool_end(pool);
	CHECK_INT(t.last.flags, PRUN_RESULT_LEAKY);
	CHECK_INT(t.last.status, 5);
	CHECK_INT(t.last.out_bytes, 8);
	CHECK(util_now() - start >= 0.1);
	CHECK(util_lives(util_pid("pid")));
	CHECK_INT(kill(util_pid("pid"), SIGKILL), 0);
}

/* The slot is free at once, before the grace is over. */
TEST(leak_frees_the_slot)
{
	struct prun_pool *pool;
	struct tally a = { 0 }, b = { 0 };

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .leak_timeout = 100 });
	apply_helper(pool, "grandchild", "pid", NULL, 0, &a);
	apply(pool, "exit 0", &b);
	alarm(20);
	step_until(pool, &b);
	CHECK_INT(a.n, 0);
	CHECK_INT(b.last.slot, 1);
	CHECK_INT(kill(util_pid("pid"), SIGKILL), 0);
	step_until(pool, &a);
	CHECK_INT(a.last.flags, 0);
	pool_end(pool);
}

TEST(leak_for_ever)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .leak_timeout = -1 });
	apply_helper(pool, "grandchild", "pid", NULL, 0, &t);
	AWAIT(util_pid("pid") != 0);
	for (double end = util_now() + 0.3; util_now() < end;)
		CHECK_INT(prun_pool_step(pool, 0.1), 0);
	CHECK_INT(t.n, 0);
	CHECK_INT(prun_pool_running(pool), 0);
	/* But a termination waits for nobody. */
	prun_pool_terminate(pool);
	alarm(20);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK_INT(t.n, 1);
	CHECK_INT(t.last.flags, PRUN_RESULT_LEAKY);
	prun_pool_free(pool);
	AWAIT(!util_lives(util_pid("pid")));
}

/* All that was written before the death arrives, however much that is. */
TEST(leak_loses_nothing)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	util_folder();
	pool = pool_of((struct prun_pool_opts){ .slots = 4,
	    .leak_timeout = 0.001 });
	for (int i = 0; i < 20; i++)
		apply(pool,
		    "sleep 1000 & echo $! >>pids; head -c 60000 /dev/zero", &t);
	pool_end(pool);
	CHECK_INT(t.n, 20);
	CHECK_INT(t.last.out_bytes, 60000);
	CHECK_INT(t.flags, PRUN_RESULT_LEAKY);
	CHECK_INT(system("kill -9 $(cat pids)"), 0);
}

/*
 * A leaver whose output waits for a slow reader: nothing of it is lost, and
 * meanwhile the grace of its pipes wakes nobody.
 */
TEST(leak_behind_slow_reader)
{
	struct prun_pool *pool;
	struct tally leaver = { 0 }, busy = { 0 };
	struct rusage before, after;
	static char got[1 << 16];
	size_t total = 0;
	char line[PATH_MAX];
	int fds[2];

	util_folder();
	util_fifo("fifo");
	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	pool = pool_of_plain((struct prun_pool_opts){ .slots = 2,
	    .output = PRUN_OUTPUT_LINE,
	    .out_fd = fds[1],
	    .leak_timeout = 0.001 });
	apply(pool, "sleep 1000 & echo $! >pid; read x <fifo; echo leaving",
	    &leaver);
	(void)snprintf(line, sizeof(line), "exec %s 9000000",
	    util_helper("flood"));
	apply(pool, line, &busy);
	alarm(60);
	while (!prun_pool_stalled(pool))
		CHECK_INT(prun_pool_step(pool, -1), 0);
	util_release("fifo");
	while (prun_pool_running(pool) == 2)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	getrusage(RUSAGE_SELF, &before);
	for (double end = util_now() + 0.4; util_now() < end;)
		CHECK_INT(prun_pool_step(pool, end - util_now()), 0);
	getrusage(RUSAGE_SELF, &after);
	CHECK(after.ru_nvcsw - before.ru_nvcsw < 50);
	CHECK_INT(leaver.n, 0);
	while (total < 9000008) {
		total += util_read_now(fds[0], got, sizeof(got));
		CHECK_INT(prun_pool_step(pool, 0.001), 0);
	}
	pool_end(pool);
	CHECK_INT(total, 9000008);
	CHECK_INT(leaver.last.out_bytes, 8);
	CHECK_INT(leaver.last.flags, PRUN_RESULT_LEAKY);
	CHECK_INT(busy.last.flags, 0);
	CHECK_INT(kill(util_pid("pid"), SIGKILL), 0);
}

/* It closes its output and lives on. */
TEST(closes_output)
{
	struct prun_pool *pool;
	struct tally t = { 0 };

	util_folder();
	util_fifo("fifo");
	pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	apply_helper(pool, "closeout", "fifo", NULL, 0, &t);
	for (double end = util_now() + 0.3; util_now() < end;)
		CHECK_INT(prun_pool_step(pool, 0.1), 0);
	CHECK_INT(t.n, 0);
	CHECK_INT(prun_pool_running(pool), 1);
	util_release("fifo");
	pool_end(pool);
	CHECK_INT(t.last.flags, 0);
	CHECK_INT(t.last.out_bytes, 8);
}

/* Orphans of jobs are reaped while the pool lives, and at its end. */
TEST(orphans_are_reaped)
{
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 8,
	    .flags = PRUN_POOL_SUBREAPER });
	struct tally t = { 0 };

	for (int i = 0; i < 600; i++)
		apply(pool, "(:) & :", &t);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	prun_pool_free(pool);
	/* The last ones may not even have died yet. */
	AWAIT(waitpid(-1, NULL, WNOHANG) == -1);
}

/* The host is killed: with a guard nothing is left, wherever it went. */
TEST(guard)
{
	pid_t host, pid[3];

	util_folder();
	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	host = fork();
	CHECK(host != -1);
	if (host == 0) {
		struct prun_pool *pool = pool_of((struct prun_pool_opts){
		    .slots = 3,
		    .flags = PRUN_POOL_GUARD | PRUN_POOL_SUBREAPER });
		struct tally t = { 0 };

		apply_helper(pool, "daemon", "pid0", "stay", 0, &t);
		apply_helper(pool, "ignoreterm", "pid1", NULL, 0, &t);
		apply_helper(pool, "grandchild", "pid2", NULL, 0, &t);
		for (double end = util_now() + 0.6; util_now() < end;)
			(void)prun_pool_step(pool, 0.1);
		(void)close(open("ready", O_CREAT | O_WRONLY, 0600));
		for (;;)
			(void)prun_pool_step(pool, 1);
	}
	AWAIT(access("ready", F_OK) == 0);
	for (int i = 0; i < 3; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "pid%d", i);
		pid[i] = util_pid(name);
		CHECK(pid[i] != 0 && util_lives(pid[i]));
	}
	CHECK_INT(kill(host, SIGKILL), 0);
	for (int i = 0; i < 3; i++)
		AWAIT(!util_lives(pid[i]));
}

static int
is_subreaper(void)
{
	int on = -1;

	CHECK_INT(prctl(PR_GET_CHILD_SUBREAPER, &on), 0);
	return on;
}

/* What others of this process have started is theirs: jobs, guards, daemons, calls. */
TEST(subreapers_side_by_side)
{
	struct prun_pool_opts opts = { .size = sizeof(opts),
		.slots = 2,
		.flags = PRUN_POOL_GUARD | PRUN_POOL_SUBREAPER };
	struct prun_pool *a = pool_of(opts), *b = pool_of(opts);
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "read x; exit 7",
		.in.kind = PRUN_STDIO_PIPE };
	struct prun_process *p;
	struct prun_result r = { .size = sizeof(r) };
	struct tally ta = { 0 }, tb = { 0 };
	pid_t pid;

	util_folder();
	util_fifo("fifo");
	CHECK_INT(prun_process_start(&spec, &p), 0);
	apply_helper(b, "daemon", "pid", NULL, 0, &tb);
	apply(b, "read x <fifo", &tb);
	while (util_pid("pid") == 0 || tb.n < 1)
		CHECK_INT(prun_pool_step(b, 0.05), 0);
	pid = util_pid("pid");
	apply(a, "exec sleep 1000", &ta);
	CHECK_INT(prun_pool_step(a, 0.05), 0);
	prun_pool_terminate(a);
	CHECK_INT(prun_pool_join(a), 0);
	CHECK_INT(ta.n, 1);
	CHECK_INT(prun_pool_free(a), 0);
	CHECK_INT(is_subreaper(), 1);
	CHECK(util_lives(pid));
	prun_process_close_stdin(p);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	CHECK_INT(r.status, 7);
	CHECK_INT(r.flags, 0);
	prun_process_free(p);
	util_release("fifo");
	prun_pool_close(b);
	CHECK_INT(prun_pool_join(b), 0);
	CHECK_INT(tb.n, 2);
	CHECK_INT(tb.flags, 0);
	prun_pool_terminate(b);
	CHECK_INT(prun_pool_join(b), 0);
	AWAIT(!util_lives(pid));
	CHECK_INT(prun_pool_free(b), 0);
	CHECK_INT(is_subreaper(), 0);
}

/* The program was one before: it is one afterwards. */
TEST(subreaper_before)
{
	struct prun_pool *pool;

	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	pool = pool_of((struct prun_pool_opts){ .flags = PRUN_POOL_SUBREAPER });
	CHECK_INT(prun_pool_free(pool), 0);
	CHECK_INT(is_subreaper(), 1);
}
