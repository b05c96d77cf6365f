/* SPDX-License-Identifier: ISC */

/* Tries, weights, pace, standing still and what jobs leave behind, in a pool. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "prun.h"
#include "t.h"

#define MAX 16

struct seen {
	struct prun_pool *pool;
	char text[4096];
	size_t len;
	struct prun_result result[MAX];
	unsigned n, asked;
	unsigned tries; /* that the hook allows */
	size_t len_asked; /* of the text, when the hook was asked first */
	double after;
};

static int
deliver(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	struct seen *seen = arg;

	(void)r;
	(void)job;
	if (stream == 0)
		return 0;
	CHECK(len < sizeof(seen->text) - seen->len);
	memcpy(seen->text + seen->len, data, len);
	seen->len += len;
	seen->text[seen->len] = '\0';
	return 0;
}

static void
done(const struct prun_result *r, void *arg)
{
	struct seen *seen = arg;

	CHECK(seen->n < MAX);
	seen->result[seen->n++] = *r;
}

static double
retry(const struct prun_result *r, void *arg)
{
	struct seen *seen = arg;

	if (seen->asked++ == 0)
		seen->len_asked = seen->len;
	return r->status != 0 && r->tries < seen->tries ? seen->after : -1;
}

static void
start(struct seen *seen, struct prun_pool_opts opts)
{
	opts.size = sizeof(opts);
	opts.deliver = deliver;
	opts.deliver_arg = seen;
	opts.flags |= PRUN_POOL_SUBREAPER;
	CHECK_INT(prun_pool_new(&opts, &seen->pool), 0);
}

static void
apply(struct seen *seen, const char *command, bool again)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = command,
		.in = { .kind = PRUN_STDIO_NULL },
		.retry = again ? retry : NULL };

	CHECK_INT(prun_pool_apply_async(seen->pool, &spec, done, seen), 0);
}

static void
finish(struct seen *seen)
{
	prun_pool_close(seen->pool);
	CHECK_INT(prun_pool_join(seen->pool), 0);
	prun_pool_free(seen->pool);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Step until it is true, for half a minute at most. */
#define STEP_UNTIL(pool, x) \
	do { \
		double end_ = now() + 30; \
		while (!(x)) { \
			CHECK_INT(prun_pool_step(pool, 0.01), 0); \
			if (now() > end_) \
				T_FAIL("never true: %s", #x); \
		} \
	} while (0)

static void
folder(void)
{
	char name[] = "/tmp/t_control.XXXXXX";

	CHECK(mkdtemp(name) != NULL);
	CHECK_INT(chdir(name), 0);
}

static void
folder_remove(void)
{
	char name[256], line[300];

	CHECK(getcwd(name, sizeof(name)) != NULL);
	CHECK(strncmp(name, "/tmp/t_control.", 15) == 0);
	(void)snprintf(line, sizeof(line), "rm -r '%s'", name);
	CHECK_INT(system(line), 0);
}

TEST(last_try_alone_is_delivered)
{
	struct seen seen = { .tries = 5 };
	struct prun_pool_opts opts = { .slots = 1 };

	folder();
	start(&seen, opts);
	apply(&seen, "echo x >>n; echo try; wc -l <n; test $(wc -l <n) = 3",
	    true);
	finish(&seen);
	CHECK_STR(seen.text, "try\n3\n");
	CHECK_INT(seen.n, 1);
	CHECK_INT(seen.asked, 3);
	CHECK_INT(seen.result[0].tries, 3);
	CHECK_INT(seen.result[0].status, 0);
	folder_remove();
}

/* Who wants the bytes as they come wants those of all tries. */
TEST(all_tries_are_delivered_raw)
{
	struct seen seen = { .tries = 2 };
	struct prun_pool_opts opts = { .slots = 1, .output = PRUN_OUTPUT_RAW };

	folder();
	CHECK_INT(mkfifo("go", 0600), 0);
	start(&seen, opts);
	apply(&seen, "printf half; : <go; echo whole; false", true);
	STEP_UNTIL(seen.pool, strcmp(seen.text, "half") == 0);
	CHECK_INT(system(": >go"), 0);
	STEP_UNTIL(seen.pool, strcmp(seen.text, "halfwhole\nhalf") == 0);
	CHECK_INT(system(": >go"), 0);
	finish(&seen);
	CHECK_STR(seen.text, "halfwhole\nhalfwhole\n");
	CHECK_INT(seen.result[0].tries, 2);
	/* retry() was asked when all of the first had come. */
	CHECK_INT(seen.len_asked, strlen("halfwhole\n"));
	folder_remove();
}

TEST(try_comes_before_the_next_job_in_its_own_slot)
{
	struct seen seen = { .tries = 3 };
	struct prun_pool_opts opts = { .slots = 1,
		.flags = PRUN_POOL_KEEP_ORDER };

	folder();
	start(&seen, opts);
	apply(&seen, "echo a >>order; echo a; false", true);
	apply(&seen, "echo b >>order; echo b; cat order", true);
	finish(&seen);
	CHECK_STR(seen.text, "a\nb\na\na\na\nb\n");
	CHECK_INT(seen.result[0].tries, 3);
	CHECK_INT(seen.result[0].status, 1);
	CHECK_INT(seen.result[1].tries, 1);
	folder_remove();
}

TEST(a_slot_is_kept_over_tries)
{
	struct seen seen = { .tries = 2 };
	struct prun_pool_opts opts = { .slots = 2 };

	folder();
	CHECK_INT(mkfifo("gate", 0600), 0);
	start(&seen, opts);
	apply(&seen, "echo >>first; cat gate", false);
	CHECK_INT(prun_pool_slot(seen.pool), 2);
	apply(&seen, "test -e again || { >again; exit 1; }", true);
	STEP_UNTIL(seen.pool, seen.n == 1);
	CHECK_INT(seen.result[0].slot, 2);
	CHECK_INT(seen.result[0].tries, 2);
	CHECK_INT(close(open("gate", O_WRONLY)), 0);
	finish(&seen);
	folder_remove();
}

TEST(no_try_after_drop)
{
	struct seen seen = { .tries = 2, .after = 3600 };
	struct prun_pool_opts opts = { .slots = 1 };
	double began = now();

	start(&seen, opts);
	apply(&seen, "echo out; exit 7", true);
	STEP_UNTIL(seen.pool, seen.asked == 1);
	CHECK_INT(prun_pool_pending(seen.pool), 1);
	CHECK_INT(seen.n, 0);
	CHECK_INT(prun_pool_cancel_queued(seen.pool), 0);
	finish(&seen);
	CHECK_INT(seen.n, 1);
	CHECK_INT(seen.result[0].status, 7);
	CHECK_STR(seen.text, "out\n");
	CHECK(now() - began < 60);
}

TEST(try_after_a_while)
{
	struct seen seen = { .tries = 2, .after = 0.2 };
	struct prun_pool_opts opts = { .slots = 1 };
	double began = now();

	start(&seen, opts);
	apply(&seen, "exit 1", true);
	finish(&seen);
	CHECK_INT(seen.result[0].tries, 2);
	CHECK(now() - began >= 0.2);
}

TEST(terminated_is_not_tried_again)
{
	struct seen seen = { .tries = 9 };
	struct prun_pool_opts opts = { .slots = 1 };

	start(&seen, opts);
	apply(&seen, "sleep 1000", true);
	prun_pool_terminate(seen.pool);
	finish(&seen);
	CHECK_INT(seen.asked, 0);
	CHECK_INT(seen.result[0].tries, 1);
	CHECK(seen.result[0].flags & PRUN_RESULT_TERMINATED);
}

TEST(killed_job_may_be_tried_again)
{
	struct seen seen = { .tries = 2 };
	struct prun_pool_opts opts = { .slots = 2 };

	folder();
	start(&seen, opts);
	apply(&seen, "test -e again && exit 0; >again; sleep 1000", true);
	STEP_UNTIL(seen.pool, access("again", F_OK) == 0);
	CHECK_INT(prun_pool_kill(seen.pool, 2), -ESRCH);
	CHECK_INT(prun_pool_kill(seen.pool, 1), 0);
	finish(&seen);
	CHECK_INT(seen.result[0].tries, 2);
	CHECK_INT(seen.result[0].status, 0);
	CHECK_INT(seen.result[0].flags, 0);
	folder_remove();
}

TEST(weight)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 3 };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "mkdir busy || exit 9; rmdir busy",
		.weight = 2 };

	folder();
	start(&seen, opts);
	for (int i = 0; i < 4; i++)
		CHECK_INT(prun_pool_apply_async(seen.pool, &spec, done, &seen),
		    0);
	CHECK_INT(prun_pool_room(seen.pool), 1);
	spec.weight = 100; /* all of the pool */
	CHECK_INT(prun_pool_apply_async(seen.pool, &spec, done, &seen), 0);
	finish(&seen);
	CHECK_INT(seen.n, 5);
	for (unsigned i = 0; i < seen.n; i++)
		CHECK_INT(seen.result[i].status, 0);
	folder_remove();
}

TEST(resize)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1, .slots_max = 3 };

	folder();
	CHECK_INT(mkfifo("gate", 0600), 0);
	start(&seen, opts);
	for (int i = 0; i < 4; i++)
		apply(&seen, "cat gate", false);
	CHECK_INT(prun_pool_running(seen.pool), 1);
	CHECK_INT(prun_pool_resize(seen.pool, 4), -EINVAL);
	CHECK_INT(prun_pool_resize(seen.pool, 0), -EINVAL);
	CHECK_INT(prun_pool_resize(seen.pool, 3), 0);
	STEP_UNTIL(seen.pool, prun_pool_running(seen.pool) == 3);
	CHECK_INT(prun_pool_resize(seen.pool, 1), 0);
	CHECK_INT(prun_pool_step(seen.pool, 0), 0);
	CHECK_INT(prun_pool_running(seen.pool), 3);
	CHECK_INT(prun_pool_room(seen.pool), 0);
	prun_pool_terminate(seen.pool);
	finish(&seen);
	CHECK_INT(seen.n, 3);
	folder_remove();
}

TEST(delay_between_starts)
{
	struct seen seen = { .tries = 2 };
	struct prun_pool_opts opts = { .slots = 8, .delay = 0.1 };
	double began = now();

	start(&seen, opts);
	apply(&seen, "false", true);
	CHECK_INT(prun_pool_slot(seen.pool), 0);
	apply(&seen, "true", false);
	finish(&seen);
	/* Three starts. */
	CHECK(now() - began >= 0.2);
}

TEST(delay_of_a_job_holds_the_next_start)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 8 };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "true",
		.delay = 0.2 };
	double began = now();

	start(&seen, opts);
	CHECK_INT(prun_pool_apply_async(seen.pool, &spec, NULL, NULL), 0);
	CHECK_INT(prun_pool_slot(seen.pool), 0);
	apply(&seen, "true", false);
	finish(&seen);
	CHECK(now() - began >= 0.2);
}

TEST(delay_set_while_a_job_waits_for_it)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 8, .delay = 1000 };
	double began = now();

	start(&seen, opts);
	apply(&seen, "true", false);
	apply(&seen, "true", false);
	while (seen.n == 0)
		CHECK_INT(prun_pool_step(seen.pool, -1), 0);
	CHECK_INT(prun_pool_set_delay(seen.pool, 0.2), 0);
	finish(&seen);
	CHECK_INT(seen.n, 2);
	CHECK(now() - began >= 0.2);
}

/* After so many deaths orphans are reaped. */
TEST(a_child_of_the_owner_is_spared)
{
	const char *argv[] = { "true", NULL };
	const struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 4,
		.flags = PRUN_POOL_SUBREAPER };
	struct prun_process *process;
	struct prun_result r = { .size = sizeof(r) };

	start(&seen, opts);
	CHECK_INT(prun_process_start(&spec, &process), 0);
	for (int i = 0; i < 600; i++)
		CHECK_INT(prun_pool_apply_async(seen.pool, &spec, NULL, NULL),
		    0);
	finish(&seen);
	CHECK_INT(prun_process_wait(process, 10, &r), 0);
	CHECK_INT(r.status, 0);
	prun_process_free(process);
}

TEST(hold)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 2 };

	start(&seen, opts);
	prun_pool_pause(seen.pool, true);
	CHECK_INT(prun_pool_slot(seen.pool), 0);
	apply(&seen, "true", false);
	CHECK_INT(prun_pool_step(seen.pool, 0), 0);
	CHECK_INT(prun_pool_running(seen.pool), 0);
	prun_pool_pause(seen.pool, false);
	finish(&seen);
	CHECK_INT(seen.n, 1);
}

static char
state_of(pid_t pid)
{
	char name[64], text[512] = "", *end;
	FILE *file;

	(void)snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	file = fopen(name, "r");
	if (file == NULL)
		return '-';
	CHECK(fgets(text, sizeof(text), file) != NULL);
	CHECK_INT(fclose(file), 0);
	end = strrchr(text, ')');
	return end == NULL ? '?' : end[2];
}

static pid_t
pid_in(const char *path)
{
	FILE *file = fopen(path, "r");
	char text[32] = "";

	if (file == NULL)
		return 0;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	CHECK_INT(fclose(file), 0);
	return (pid_t)strtol(text, NULL, 10);
}

TEST(suspend_stops_the_tree_and_the_time)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 2, .timeout = 3 };
	pid_t leader, escaped;

	folder();
	CHECK_INT(mkfifo("gate", 0600), 0);
	start(&seen, opts);
	apply(&seen,
	    "setsid sh -c 'echo $$ >e; mv e escaped; cat gate' & "
	    "echo $$ >l; mv l leader; wait",
	    false);
	STEP_UNTIL(seen.pool,
	    (leader = pid_in("leader")) != 0 &&
		(escaped = pid_in("escaped")) != 0);
	CHECK_INT(prun_pool_suspend(seen.pool, 7), -ESRCH);
	CHECK_INT(prun_pool_suspend(seen.pool, 0), 0);
	STEP_UNTIL(seen.pool,
	    state_of(leader) == 'T' && state_of(escaped) == 'T');
	/* Longer than its time. */
	for (double end = now() + 3.2; now() < end;)
		CHECK_INT(prun_pool_step(seen.pool, 0.1), 0);
	CHECK_INT(prun_pool_running(seen.pool), 1);
	CHECK_INT(prun_pool_resume(seen.pool, 1), 0);
	CHECK_INT(close(open("gate", O_WRONLY)), 0);
	finish(&seen);
	CHECK_INT(seen.result[0].flags, 0);
	CHECK_INT(seen.result[0].status, 0);
	folder_remove();
}

TEST(suspended_job_can_be_killed)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1 };

	start(&seen, opts);
	apply(&seen, "sleep 1000", false);
	CHECK_INT(prun_pool_suspend(seen.pool, 0), 0);
	prun_pool_terminate(seen.pool);
	finish(&seen);
	CHECK_INT(seen.n, 1);
	CHECK(seen.result[0].flags & PRUN_RESULT_TERMINATED);
}

TEST(timeout_set_while_it_runs)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1 };

	start(&seen, opts);
	apply(&seen, "sleep 1000", false);
	CHECK_INT(prun_pool_set_timeout(seen.pool, -1), -EINVAL);
	CHECK_INT(prun_pool_set_timeout(seen.pool, 0.1), 0);
	finish(&seen);
	CHECK(seen.result[0].flags & PRUN_RESULT_TIMED_OUT);
}

static void
leak(enum prun_leak mode, const char *command, unsigned flags, char state)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1, .leak = mode };
	pid_t left;
	int first;

	folder();
	start(&seen, opts);
	apply(&seen, command, false);
	/* An earlier job's processes are not the next one's. */
	apply(&seen, "exit 3", false);
	STEP_UNTIL(seen.pool, seen.n == 2);
	/* The first may still hold its pipe, for a moment, when it has exited. */
	first = seen.result[0].id == 1 ? 0 : 1;
	CHECK_INT(seen.result[first].flags, flags);
	CHECK_INT(seen.result[first].status, 0);
	CHECK_INT(seen.result[!first].flags, 0);
	left = pid_in("left");
	CHECK(left > 0);
	STEP_UNTIL(seen.pool, state_of(left) == state);
	(void)kill(left, SIGKILL);
	finish(&seen);
	folder_remove();
}

#define IN_GROUP "sleep 1000 >/dev/null 2>&1 & echo $! >left"

TEST(leak_ignored)
{
	leak(PRUN_LEAK_IGNORE, IN_GROUP, 0, 'S');
}

TEST(leak_reported)
{
	leak(PRUN_LEAK_REPORT, IN_GROUP, PRUN_RESULT_LEFT_BEHIND, 'S');
}

TEST(leak_killed)
{
	leak(PRUN_LEAK_KILL, IN_GROUP, PRUN_RESULT_LEFT_BEHIND, '-');
}

TEST(nothing_leaked)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 4, .leak = PRUN_LEAK_KILL };

	start(&seen, opts);
	for (int i = 0; i < MAX; i++)
		apply(&seen, "sleep 0.01 | cat", false);
	finish(&seen);
	for (int i = 0; i < MAX; i++)
		CHECK_INT(seen.result[i].flags, 0);
}

TEST(escaped_leak_killed)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1, .leak = PRUN_LEAK_KILL };
	pid_t left;

	folder();
	start(&seen, opts);
	apply(&seen,
	    "setsid sh -c 'trap \"\" TERM; echo $$ >l; mv l left; "
	    "while :; do sleep 1; done' >/dev/null 2>&1 & "
	    "until test -e left; do :; done",
	    false);
	STEP_UNTIL(seen.pool, seen.n == 1);
	CHECK_INT(seen.result[0].flags, PRUN_RESULT_LEFT_BEHIND);
	left = pid_in("left");
	CHECK(left > 0);
	/* It has got the signal: dying takes a moment. */
	STEP_UNTIL(seen.pool, state_of(left) == '-' || state_of(left) == 'Z');
	finish(&seen);
	folder_remove();
}

TEST(kept_group)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1 };
	const struct prun_spec spec = {
		.size = sizeof(spec),
		.command = "test $(ps -o pgid= -p $$) = $PARENT || exit 1; "
			   "echo ok; >here; sleep 1000 & wait",
		.flags = PRUN_SPEC_KEEP_GROUP,
	};
	char number[16];

	folder();
	(void)snprintf(number, sizeof(number), "%d", (int)getpgrp());
	CHECK_INT(setenv("PARENT", number, 1), 0);
	start(&seen, opts);
	CHECK_INT(prun_pool_apply_async(seen.pool, &spec, done, &seen), 0);
	STEP_UNTIL(seen.pool, access("here", F_OK) == 0);
	prun_pool_terminate(seen.pool);
	finish(&seen);
	CHECK_STR(seen.text, "ok\n");
	CHECK_INT(seen.result[0].signal, SIGTERM);
	folder_remove();
}

/* Two are with the spawner's threads, where nobody knows their pids yet. */
static void
check_starting(bool suspend)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 100, .spawners = 4 };
	uint64_t id = 0;

	start(&seen, opts);
	for (int i = 0; i < 80; i++)
		apply(&seen, "exec sleep 1000", false);
	id = 80;
	if (suspend) {
		CHECK_INT(prun_pool_suspend(seen.pool, id), 0);
		CHECK_INT(prun_pool_resume(seen.pool, id), 0);
		CHECK_INT(prun_pool_suspend(seen.pool, id), 0);
	}
	CHECK_INT(prun_pool_kill(seen.pool, id), 0);
	while (seen.n == 0)
		CHECK_INT(prun_pool_step(seen.pool, -1), 0);
	CHECK_INT(seen.result[0].id, id);
	CHECK(seen.result[0].flags & PRUN_RESULT_TERMINATED);
	CHECK_INT(prun_pool_kill(seen.pool, id), -ESRCH);
	CHECK_INT(prun_pool_suspend(seen.pool, id), -ESRCH);
	prun_pool_free(seen.pool);
}

TEST(kill_while_it_starts)
{
	check_starting(false);
}

TEST(suspend_while_it_starts)
{
	check_starting(true);
}

static double
try_later(const struct prun_result *r, void *arg)
{
	(void)r;
	(void)arg;
	return 1000;
}

static void
note_running(uint64_t id, pid_t pid, void *arg)
{
	CHECK_INT(id, 1);
	*(pid_t *)arg = pid;
}

TEST(cancel)
{
	struct seen seen = { 0 };
	struct prun_pool_opts opts = { .slots = 1 };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec sleep 1000" };
	uint64_t id[4];
	pid_t pid = 0;

	start(&seen, opts);
	for (int i = 0; i < 4; i++)
		CHECK_INT(prun_pool_submit(seen.pool, &spec, done, &seen,
			      &id[i]),
		    0);
	STEP_UNTIL(seen.pool, prun_pool_running(seen.pool) == 1);
	CHECK_INT(id[0], 1);
	CHECK_INT(prun_pool_each(seen.pool, note_running, &pid), 0);
	CHECK(pid > 0 && kill(pid, 0) == 0);
	CHECK_INT(prun_pool_cancel(seen.pool, id[0]), -ESRCH);
	CHECK_INT(prun_pool_cancel(seen.pool, id[2]), 0);
	CHECK_INT(prun_pool_cancel(seen.pool, id[2]), -ESRCH);
	CHECK_INT(prun_pool_cancel(seen.pool, id[3]), 0);
	CHECK_INT(prun_pool_cancel(seen.pool, id[1]), 0);
	CHECK_INT(prun_pool_cancel(seen.pool, 99), -ESRCH);
	CHECK_INT(prun_pool_pending(seen.pool), 1);
	CHECK_INT(prun_pool_kill(seen.pool, id[0]), 0);
	STEP_UNTIL(seen.pool, seen.n == 1);
	/* One that waits for another try has had its last. */
	spec.command = "exit 3";
	spec.retry = try_later;
	CHECK_INT(prun_pool_submit(seen.pool, &spec, done, &seen, &id[0]), 0);
	STEP_UNTIL(seen.pool, prun_pool_cancel(seen.pool, id[0]) == 0);
	finish(&seen);
	CHECK_INT(seen.n, 2);
	CHECK_INT(seen.result[1].status, 3);
}
