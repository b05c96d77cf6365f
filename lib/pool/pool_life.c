/* SPDX-License-Identifier: ISC */

/*
 * Owns a pool's coming and going: what its options ask for is made before the
 * first job, and all of it is gone after the last.  Knows nothing of what
 * happens in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "kill/guard.h"
#include "kill/termseq.h"
#include "kill/tree.h"
#include "pool/pool.h"
#include "process/cpu.h"

#define LEAK_TIMEOUT INT64_C(100000000)
#define JOB_MEMORY ((size_t)256 * 1024)
#define ALL_MEMORY ((size_t)16 * 1024 * 1024)
#define SLOTS_MAX 1000000

static int
pool_init_output(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	const struct mux_opts mux = {
		.mode = opts->output,
		.keep = pool->keep,
		.hold = (opts->flags & PRUN_POOL_HOLD) != 0,
		.tail = opts->tail,
		.each = opts->job_memory != 0 ? opts->job_memory : JOB_MEMORY,
		.all = opts->memory != 0 ? opts->memory : ALL_MEMORY,
		.tmpdir = opts->tmpdir,
		.compress = (opts->flags & PRUN_POOL_COMPRESS) != 0,
		.delivered = schedule_delivered,
		.arg = pool,
	};

	writer_init(&pool->writer, opts);
	return mux_init(&pool->host.mux, &mux, &pool->writer);
}

/* What the guard holds must not be let go with the runner: it starts at once. */
static int
pool_init_guard_fd(struct prun_pool *pool, int fd)
{
	if (pool->host.guard == NULL || fd <= STDERR_FILENO)
		return -EINVAL;
	pool->guard_wanted = false;
	guard_hold(pool->host.guard, fd);
	return guard_start(pool->host.guard);
}

static int
pool_init_kill(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct termseq seq;
	int error;

	error = termseq_parse(opts->termseq != NULL ? opts->termseq :
						      PRUN_TERMSEQ,
	    &seq);
	if (error == 0)
		error = timer_new(&pool->host.timer);
	if (error != 0)
		return error;
	terminator_init(&pool->host.terminator, pool->host.timer, &seq,
	    job_killed, NULL);
	error = orphans_init(pool);
	if (error == 0 && opts->flags & PRUN_POOL_GUARD) {
		pool->guard_wanted = true;
		error = guard_new(pool->slots.most, pool->run,
		    &pool->host.guard);
	}
	if (error == 0 && opts->guard_fd != 0)
		error = pool_init_guard_fd(pool, opts->guard_fd);
	return error;
}

static int
pool_init(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct job_host *host = &pool->host;
	int error;

	error = slots_init(&pool->slots,
	    opts->slots != 0 ? opts->slots : (unsigned)cpu_count(),
	    opts->slots_max);
	if (error == 0)
		error = loop_init(&host->loop);
	if (error == 0)
		error = pool_init_kill(pool, opts);
	if (error == 0)
		error = pool_init_output(pool, opts);
	if (error == 0)
		error = spawner_new(opts->spawners, pool->slots.n, pool_nudge,
		    pool, &host->spawner);
	if (error != 0)
		return error;
	host->null = fd_open("/dev/null", O_RDWR, 0);
	return host->null < 0 ? host->null : 0;
}

static bool
pool_opts_valid(const struct prun_pool_opts *opts)
{
	return opts->slots <= SLOTS_MAX && opts->slots_max <= SLOTS_MAX &&
	    (unsigned)opts->leak <= PRUN_LEAK_KILL && opts->delay >= 0 &&
	    (unsigned)opts->output <= PRUN_OUTPUT_NONE && opts->timeout >= 0 &&
	    opts->leak_timeout == opts->leak_timeout;
}

/* As prun_pool_free() can take it, however far pool_init() gets. */
static void
pool_init_empty(struct prun_pool *pool)
{
	TAILQ_INIT(&pool->queued);
	TAILQ_INIT(&pool->active);
	TAILQ_INIT(&pool->tried);
	TAILQ_INIT(&pool->again);
	TAILQ_INIT(&pool->ended);
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->spent);
	TAILQ_INIT(&pool->idle);
	TAILQ_INIT(&pool->host.mux.queue);
	pool->stall_watch.fd = pool->host.null = pool->host.mux.spill.fd = -1;
	pool->host.loop.fd = pool->host.loop.mailbox.fd = -1;
	pool->host.loop.alarm.fd = pool->host.loop.always_ready.fd = -1;
	pool->nudge.fn = pool_nudged;
	pool->nudge.owner = pool;
}

static int64_t
pool_leak_timeout(double seconds)
{
	int64_t grace;

	if (seconds == 0)
		return LEAK_TIMEOUT;
	if (seconds < 0 || clock_from_seconds(seconds, &grace) != 0)
		return -1; /* infinite */
	return grace;
}

static void
pool_init_opts(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct job_host *host = &pool->host;

	pool->mode = opts->output;
	pool->delivered = opts->delivered;
	pool->delivered_arg = opts->delivered_arg;
	pool->keep = (opts->flags & PRUN_POOL_KEEP_ORDER) != 0 &&
	    opts->output != PRUN_OUTPUT_NONE;
	pool->subreaper = (opts->flags & PRUN_POOL_SUBREAPER) != 0;
	(void)clock_from_seconds(opts->delay, &pool->delay);
	host->timeout = opts->timeout;
	host->leak = opts->leak;
	host->leaks = orphans_leaked;
	host->outlived = orphans_outlive;
	host->capture = opts->output != PRUN_OUTPUT_NONE;
	host->leak_timeout = pool_leak_timeout(opts->leak_timeout);
	host->died = schedule_died;
	host->ended = schedule_ended;
	host->pool = pool;
}

int
prun_pool_new(const struct prun_pool_opts *opts, struct prun_pool **pp)
{
	static const struct prun_pool_opts defaults;
	struct prun_pool *pool;
	int error;

	if (opts == NULL)
		opts = &defaults;
	if (!pool_opts_valid(opts))
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	pool_init_empty(pool);
	pool_init_opts(pool, opts);
	plan_base_init(&pool->base);
	error = pool_init(pool, opts);
	if (error != 0) {
		prun_pool_free(pool);
		return error;
	}
	*pp = pool;
	return 0;
}

static void
pool_free_jobs(struct job_list *list)
{
	struct job *job;

	while ((job = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, job, entry);
		job_fini(job);
		free(job);
	}
}

/* The Timer thread has ended: children are ours alone. */
static void
pool_kill_active(struct prun_pool *pool)
{
	struct prun_result r;
	struct job *job;

	if (!TAILQ_EMPTY(&pool->active))
		orphans_signal(pool, SIGKILL);
	TAILQ_FOREACH(job, &pool->active, entry) {
		if (!job->running)
			continue;
		child_release(&job->child);
		if (transport_is_foreign(&job->transport))
			(void)transport_kill_tree(&job->transport,
			    &(struct tree_target){ .leader = job->child.pid,
				.token = job->token,
				.started = job->termination.started });
		(void)child_signal(&job->child, SIGKILL);
		(void)child_await(&job->child, INT64_MAX);
		if (pool->host.guard != NULL)
			guard_clear(pool->host.guard, job->slot - 1);
		(void)child_reap(&job->child, &r);
		job->running = false;
	}
}

void
prun_pool_free(struct prun_pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->host.spawner != NULL)
		spawner_drain(pool->host.spawner);
	schedule_started(pool);
	timer_free(pool->host.timer);
	pool_kill_active(pool);
	orphans_reap_all(pool);
	guard_free(pool->host.guard);
	pool_free_jobs(&pool->queued);
	pool_free_jobs(&pool->active);
	pool_free_jobs(&pool->tried);
	pool_free_jobs(&pool->again);
	pool_free_jobs(&pool->ended);
	pool_free_jobs(&pool->waiting);
	pool_free_jobs(&pool->spent);
	pool_free_jobs(&pool->idle);
	if (pool->host.timer != NULL)
		terminator_fini(&pool->host.terminator);
	spawner_free(pool->host.spawner);
	pool_watches_fini(pool);
	mux_fini(&pool->host.mux);
	writer_fini(&pool->writer);
	loop_fini(&pool->host.loop);
	fd_close(&pool->host.null);
	slots_fini(&pool->slots);
	buf_fini(&pool->variable);
	free(pool->outer);
	transport_fini(&pool->foreign);
	free(pool);
}
