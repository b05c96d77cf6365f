/* SPDX-License-Identifier: ISC */

/* log: what pools and processes tell of themselves. */
#include <pthread.h>
#include <syslog.h>

#include "pool_fixture.h"

struct lines {
	pthread_mutex_t lock; /* a pool's timer thread calls as well */
	char text[32768];
	size_t len;
	int worst; /* level */
};

static void
keep(int level, const char *line, void *arg)
{
	struct lines *l = arg;

	pthread_mutex_lock(&l->lock);
	CHECK(l->len < sizeof(l->text));
	l->len += (size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len,
	    "%d %s\n", level, line);
	if (level < l->worst)
		l->worst = level;
	pthread_mutex_unlock(&l->lock);
}

#define LINES \
	{ \
		.lock = PTHREAD_MUTEX_INITIALIZER, .worst = LOG_DEBUG \
	}

static void
check_says(const struct lines *l, const char *line)
{
	if (strstr(l->text, line) == NULL)
		T_FAIL("no \"%s\" in:\n%s", line, l->text);
}

static double
once_more(const struct prun_result *r, void *arg)
{
	(void)arg;
	return r->tries < 2 ? 0 : -1;
}

TEST(pool)
{
	struct lines l = LINES;
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 3",
		.retry = once_more };
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 1,
	    .flags = PRUN_POOL_GUARD,
	    .termseq = "TERM,1000,KILL,1000",
	    .log = keep,
	    .log_arg = &l });

	CHECK_INT(prun_pool_apply(pool, &spec, NULL), 0);
	check_says(&l, "6 job 1: started: pid ");
	check_says(&l, ", slot 1, try 1\n");
	check_says(&l, "6 job 1: ended: status 3 after 0.");
	check_says(&l, "5 job 1: is tried again in 0.000 s\n");
	check_says(&l, ", slot 1, try 2\n");
	spec = (struct prun_spec){ .size = sizeof(spec),
		.command = "exit 0",
		.cwd = "/proc/none" };
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), 0);
	check_says(&l,
	    "4 job 2: not started: chdir: No such file or directory\n");
	spec = (struct prun_spec){ .size = sizeof(spec),
		.command = "exec sleep 1000",
		.timeout = 0.05 };
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), 0);
	check_says(&l, " and its descendants get signal 15 (TERM)\n");
	check_says(&l, "5 job 3: its time was up\n");
	check_says(&l, "7 guard: pid ");
	CHECK_INT(l.worst, LOG_WARNING);
	CHECK_INT(prun_pool_submit(pool, &spec, NULL, NULL, NULL), 0);
	CHECK_INT(prun_pool_submit(pool, &spec, NULL, NULL, NULL), 0);
	prun_pool_terminate(pool);
	check_says(&l, "5 1 queued jobs cancelled\n");
	check_says(&l, "5 1 running jobs are killed\n");
	CHECK_INT(prun_pool_join(pool), 0);
	check_says(&l, "5 job 4: it was terminated\n");
	CHECK_INT(prun_pool_free(pool), 0);
}

TEST(spawners)
{
	struct lines l = LINES;
	struct prun_pool *pool = pool_of((struct prun_pool_opts){ .slots = 8,
	    .spawners = 2,
	    .log = keep,
	    .log_arg = &l });

	for (int i = 0; i < 80; i++)
		apply(pool, "exit 0", NULL);
	pool_end(pool);
	check_says(&l, "7 2 of 2 threads start jobs\n");
	check_says(&l, "6 job 80: ended: status 0 after ");
}

TEST(lost_output)
{
	struct lines l = LINES;
	const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct prun_pool *pool = pool_of_plain((struct prun_pool_opts){
	    .slots = 1,
	    .out_fd = full,
	    .log = keep,
	    .log_arg = &l });

	apply(pool, "echo x", NULL);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), -ENOSPC);
	check_says(&l, "3 job 1: output was lost: No space left on device\n");
	CHECK_INT(prun_pool_free(pool), 0);
}

/* A pool has its own; a process is told of where its spec says. */
TEST(process)
{
	struct lines l = LINES;
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 5",
		.log = keep,
		.log_arg = &l };
	struct prun_process *p;
	struct prun_pool *pool;

	CHECK_INT(prun_process_start(&spec, &p), 0);
	CHECK_INT(prun_process_wait(p, -1, NULL), 0);
	CHECK_INT(prun_process_wait(p, -1, NULL), 0);
	check_says(&l, "started\n6 pid ");
	check_says(&l, ": ended: status 5\n");
	prun_process_free(p);
	CHECK_INT(prun_call(&spec, NULL), 0);
	check_says(&l, "6 job 1: ended: status 5");
	pool = pool_of((struct prun_pool_opts){ .slots = 1 });
	CHECK_INT(prun_pool_apply(pool, &spec, NULL), -EINVAL);
	CHECK_INT(prun_pool_free(pool), 0);
	spec.cwd = "/proc/none";
	CHECK_INT(prun_process_start(&spec, &p), -ENOENT);
	check_says(&l, "4 not started: chdir: No such file or directory\n");
}
