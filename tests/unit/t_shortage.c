/* SPDX-License-Identifier: ISC */

/*
 * pool, when memory is short: the nth allocation fails, alone or with all that
 * come after it.  Whatever n is, a run ends, and what is missing of its output
 * is told.  In a foreign loop, which sees nothing but the pool's descriptor.
 */
#include "pool/pool.h"
#include "pool_fixture.h"

#if !SANITIZED /* they have an allocator of their own */

#define JOBS 3
#define LINES 10000
#define LENGTH (LINES * 9 + 8) /* of what a job writes, tags and all */

/* The C library's own, under our names. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static long fail_at; /* 0: never */
static bool fail_on;
static long allocations;

static const char *command = "yes line | head -n 10000; echo end >&2";
static double limit = 60;

static bool
fails(void)
{
	long n = __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
	bool bad = fail_at != 0 && (n == fail_at || (fail_on && n > fail_at));

	if (bad)
		errno = ENOMEM;
	return bad;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

struct written {
	size_t len[JOBS + 1];
	struct tally t;
	bool lost;
};

static int
count(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	struct written *w = arg;

	(void)job;
	(void)stream;
	(void)data;
	w->len[r->id] += len;
	if (r->flags & PRUN_RESULT_OUTPUT_LOST)
		w->lost = true;
	return 0;
}

/* 0, or the error of a step. */
static int
foreign_loop(struct prun_pool *pool)
{
	struct pollfd pfd = { .fd = prun_pool_fd(pool), .events = POLLIN };
	int error = prun_pool_step(pool, 0), one;

	while (prun_pool_pending(pool) > 0) {
		one = poll(&pfd, 1, 10000);
		CHECK_INT(one, 1);
		one = prun_pool_step(pool, 0);
		error = error != 0 ? error : one;
	}
	return error;
}

static int
add(struct prun_pool *pool, struct written *w)
{
	const struct prun_spec spec = {
		.size = sizeof(spec),
		.command = command,
		.in.kind = PRUN_STDIO_NULL,
		.tag = "tag\t",
		.timeout = limit,
	};

	return prun_pool_apply_async(pool, &spec, tally_done, &w->t);
}

/* A whole run.  Nothing may be missing unless something has told so. */
static void
run(struct prun_pool_opts opts, bool deliver)
{
	struct prun_pool *pool;
	struct written w = { 0 };
	int error, null = open("/dev/null", O_WRONLY | O_CLOEXEC), n = 0;

	opts.size = sizeof(opts);
	opts.deliver = deliver ? count : NULL;
	opts.deliver_arg = &w;
	opts.out_fd = opts.err_fd = null;
	error = prun_pool_new(&opts, &pool);
	if (error != 0) {
		CHECK_INT(error, -ENOMEM);
		return;
	}
	/* A thread that lacks memory looks like one of too many. */
	pool->fork_wait = 100000000;
	while (n < JOBS && (error = add(pool, &w)) == 0)
		n++;
	CHECK(error == 0 || error == -ENOMEM);
	prun_pool_close(pool);
	error = foreign_loop(pool);
	CHECK(error == 0 || error == -ENOMEM);
	CHECK_INT(w.t.n, n);
	for (int i = 1; deliver && i <= n; i++)
		CHECK(w.len[i] == LENGTH || error != 0 || w.lost ||
		    w.t.failed > 0 || w.t.flags & PRUN_RESULT_OUTPUT_LOST);
	prun_pool_free(pool);
}

/* Every n, or some of them in a quick run, until one run needs no more than that. */
static void
starve(struct prun_pool_opts opts, bool deliver)
{
	const long step = t_times(10) == 10 ? 1 : 5;
	int status;
	pid_t pid;

	for (long n = 1, needs = 1; n <= needs; n += step) {
		for (int on = 0; on < 2; on++) {
			pid = fork();
			CHECK(pid != -1);
			if (pid == 0) {
				alarm(30);
				allocations = 0;
				fail_at = n;
				fail_on = on;
				run(opts, deliver);
				_exit(allocations >= n ? 0 : 2);
			}
			CHECK_INT(waitpid(pid, &status, 0), pid);
			if (!WIFEXITED(status) || WEXITSTATUS(status) == 1)
				T_FAIL("allocation %ld%s: status %d", n,
				    on ? " and all after it" : "", status);
			if (WEXITSTATUS(status) == 0)
				needs = n + step;
		}
	}
}

TEST(group)
{
	starve((struct prun_pool_opts){ .slots = 2 }, false);
	starve((struct prun_pool_opts){ .slots = 2, .job_memory = 1000 }, true);
}

TEST(keep)
{
	starve((struct prun_pool_opts){ .slots = 2,
		   .flags = PRUN_POOL_KEEP_ORDER },
	    false);
	starve((struct prun_pool_opts){ .slots = 2,
		   .flags = PRUN_POOL_KEEP_ORDER | PRUN_POOL_HOLD |
		       PRUN_POOL_COMPRESS,
		   .job_memory = 1000 },
	    true);
}

TEST(lines)
{
	starve((struct prun_pool_opts){ .slots = 2,
		   .output = PRUN_OUTPUT_LINE },
	    false);
	starve((struct prun_pool_opts){ .slots = 2,
		   .output = PRUN_OUTPUT_LINE },
	    true);
}

/* Whatever fails, a timeout kills; with its tree, as long as that can be. */
TEST(timeout)
{
	command = "sleep 1000 & sleep 1000";
	limit = 0.02;
	starve((struct prun_pool_opts){ .slots = JOBS }, false);
}

#else

TEST(nothing)
{
}

#endif
