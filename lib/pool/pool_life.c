/* SPDX-License-Identifier: ISC */

/*
 * Owns the making and the end of a pool: what its options ask for is made before the
 * first job, and all of it is freed after the last.  Knows nothing of what happens in
 * between.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/sized.h"
#include "engine/host.h"
#include "kill/guard.h"
#include "kill/terminate.h"
#include "kill/tree.h"
#include "pool/pool.h"
#include "process/cpu.h"

#define LEAK_TIMEOUT INT64_C(100000000)
/* prun_pool(3) and prun(1) document this time. */
#define FORK_WAIT (INT64_C(30) * 1000000000)
#define SLOTS_MAX 1000000
/* The size that the structure had when it was published. */
#define POOL_OPTS_FIRST SIZED_UP_TO(struct prun_pool_opts, group_limit)

static int
pool_init_output(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	const struct mux_opts mux = {
		.mode = opts->output,
		.keep = pool->keep,
		.hold = (opts->flags & PRUN_POOL_HOLD) != 0,
		.errors_only = (opts->flags & PRUN_POOL_ERRORS_ONLY) != 0,
		.drop_terminated = (opts->flags & PRUN_POOL_DROP_TERMINATED) !=
		    0,
		.never_pause = (opts->flags & PRUN_POOL_NEVER_PAUSE) != 0,
		.tail = opts->tail,
		.each = opts->job_memory != 0 ? opts->job_memory :
						CAPTURE_JOB_MEMORY,
		.all = opts->memory != 0 ? opts->memory : CAPTURE_MEMORY,
		.group_limit = opts->group_limit != 0 ? opts->group_limit :
							MUX_GROUP_LIMIT,
		.tmpdir = opts->tmpdir,
		.compress = (opts->flags & PRUN_POOL_COMPRESS) != 0,
		.delivered = delivery_written,
		.arg = pool,
	};

	writer_init(&pool->writer, opts);
	pool->inputs = (struct capture_store){ .spill = &pool->engine.mux.spill,
		.each = FEED_MEMORY,
		.all = FEED_MEMORY };
	return mux_init(&pool->engine.mux, &mux, &pool->writer);
}

/*
 * The descriptor must stay open even if the runner is killed at any time, so the guard
 * starts at once.
 */
static int
pool_init_guard_fd(struct prun_pool *pool, int fd, int pipe_fd)
{
	if (pool->engine.guard == NULL || fd <= STDERR_FILENO ||
	    (pipe_fd != 0 && pipe_fd <= STDERR_FILENO))
		return -EINVAL;
	pool->guard_wanted = false;
	guard_hold(pool->engine.guard, fd);
	if (pipe_fd != 0)
		guard_return(pool->engine.guard, pipe_fd);
	return guard_start(pool->engine.guard);
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
		error = timer_new(&pool->engine.timer);
	if (error != 0)
		return error;
	if (opts->termseq != NULL &&
	    (pool->engine.termseq = strdup(opts->termseq)) == NULL)
		return -ENOMEM;
	terminator_init(&pool->engine.terminator, pool->engine.timer, &seq,
	    worker_killed, NULL);
	pool->engine.terminator.log = &pool->engine.log;
	error = orphans_init(pool);
	if (error == 0 && opts->flags & PRUN_POOL_GUARD) {
		pool->guard_wanted = true;
		error = guard_new(pool->slots.most, pool->run,
		    &pool->engine.guard);
	}
	if (error == 0 && (opts->guard_fd != 0 || opts->guard_pipe != 0))
		error = pool_init_guard_fd(pool, opts->guard_fd,
		    opts->guard_pipe);
	return error;
}

static void
pool_wake(void *arg)
{
	prun_pool_wake(arg);
}

static int
pool_init(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct engine *engine = &pool->engine;
	int error;

	error = slots_init(&pool->slots,
	    opts->slots != 0 ? opts->slots : (unsigned)cpu_count(),
	    opts->slots_max);
	if (error == 0)
		error = loop_init(&engine->loop);
	if (error == 0)
		leftovers_init(&engine->leftovers, &engine->loop);
	if (error == 0)
		error = pool_init_kill(pool, opts);
	if (error == 0)
		error = pool_init_output(pool, opts);
	if (error == 0)
		error = spawner_new(opts->spawners, pool->slots.n, pool_wake,
		    pool, &engine->spawner);
	if (error == 0) {
		spawner_set_log(engine->spawner, &engine->log);
		error = schedule_provide_worker(pool);
	}
	if (error == 0 && opts->worker != NULL)
		error = crew_new(opts->worker, pool->slots.most, &pool->crew);
	if (error == 0 && pool->crew != NULL)
		throttle_init(pool);
	if (error != 0)
		return error;
	engine->null = fd_open("/dev/null", O_RDWR, 0);
	return engine->null < 0 ? engine->null : 0;
}

/*
 * The bytes that wake this thread come from workers that are about to sleep; if it took
 * the CPU from them at once, they would have to get it back for their last steps.
 */
static void
pool_set_batch(struct prun_pool *pool)
{
	const struct sched_param normal = { .sched_priority = 0 };

	if (sched_getscheduler(0) != SCHED_OTHER ||
	    sched_setscheduler(0, SCHED_BATCH, &normal) != 0)
		return;
	pool->batch = gettid();
	pool->base.unbatch = true;
}

static void
pool_unset_batch(const struct prun_pool *pool)
{
	const struct sched_param normal = { .sched_priority = 0 };

	if (pool->batch != 0 && pool->owner == getpid())
		(void)sched_setscheduler(pool->batch, SCHED_OTHER, &normal);
}

static bool
pool_opts_valid(const struct prun_pool_opts *opts)
{
	const unsigned flags = PRUN_POOL_KEEP_ORDER | PRUN_POOL_SUBREAPER |
	    PRUN_POOL_GUARD | PRUN_POOL_HOLD | PRUN_POOL_COMPRESS |
	    PRUN_POOL_ERRORS_ONLY | PRUN_POOL_DROP_TERMINATED |
	    PRUN_POOL_DELIVER_COPY | PRUN_POOL_NEVER_PAUSE | PRUN_POOL_BATCH;

	return (opts->flags & ~flags) == 0 && opts->reserved == 0 &&
	    (!(opts->flags & PRUN_POOL_ERRORS_ONLY) ||
		opts->flags & PRUN_POOL_HOLD) &&
	    opts->slots <= SLOTS_MAX && opts->slots_max <= SLOTS_MAX &&
	    (unsigned)opts->leak <= PRUN_LEAK_KILL && opts->delay >= 0 &&
	    (unsigned)opts->output <= PRUN_OUTPUT_NONE && opts->timeout >= 0 &&
	    (opts->worker == NULL || opts->worker->kind != PRUN_WORKER_LINE ||
		opts->output != PRUN_OUTPUT_NONE) &&
	    opts->leak_timeout == opts->leak_timeout;
}

/*
 * Sets what prun_pool_free() looks at, so that it can be called wherever pool_init()
 * has failed.
 */
static void
pool_init_empty(struct prun_pool *pool)
{
	tasks_init(&pool->tasks);
	TAILQ_INIT(&pool->waiting);
	LIST_INIT(&pool->engine.hosts);
	SLIST_INIT(&pool->idle_workers);
	TAILQ_INIT(&pool->engine.mux.queue);
	pool->stall_watch.fd = pool->engine.null = pool->engine.mux.spill
						       .fd = -1;
	pool->engine.loop.fd = pool->engine.loop.mailbox.fd = -1;
	pool->engine.loop.alarm.fd = pool->engine.loop.always_ready.fd = -1;
}

static int64_t
pool_leak_timeout(double seconds)
{
	int64_t grace;

	if (seconds == 0)
		return LEAK_TIMEOUT;
	if (seconds < 0 || clock_from_seconds(seconds, &grace) != 0)
		return -1; /* for ever */
	return grace;
}

static void
pool_init_opts(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct engine *engine = &pool->engine;

	pool->mode = opts->output;
	pool->delivered = opts->delivered;
	pool->delivered_arg = opts->delivered_arg;
	pool->may_try = opts->may_try;
	pool->may_try_arg = opts->may_try_arg;
	pool->keep = (opts->flags & PRUN_POOL_KEEP_ORDER) != 0 &&
	    opts->output != PRUN_OUTPUT_NONE;
	pool->subreaper = (opts->flags & PRUN_POOL_SUBREAPER) != 0;
	(void)clock_from_seconds(opts->delay, &pool->delay);
	pool->fork_wait = FORK_WAIT;
	engine->timeout = opts->timeout;
	engine->leak = opts->leak;
	engine->capture = opts->output != PRUN_OUTPUT_NONE;
	engine->leak_timeout = pool_leak_timeout(opts->leak_timeout);
	engine->ops = &schedule_worker_ops;
	engine->log = (struct log){ opts->log, opts->log_arg };
}

int
prun_pool_new(const struct prun_pool_opts *from, struct prun_pool **pp)
{
	struct prun_pool_opts opts = { 0 };
	struct prun_pool *pool;
	int error = 0;

	if (from != NULL)
		error = sized_in(&opts, sizeof(opts), from, from->size,
		    POOL_OPTS_FIRST);
	if (error != 0)
		return error;
	if (!pool_opts_valid(&opts))
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	pool->owner = getpid();
	pool_init_empty(pool);
	pool_init_opts(pool, &opts);
	plan_base_init(&pool->base);
	if (opts.flags & PRUN_POOL_BATCH)
		pool_set_batch(pool);
	error = pool_init(pool, &opts);
	if (error != 0) {
		(void)prun_pool_free(pool);
		return error;
	}
	*pp = pool;
	return 0;
}

/*
 * The Timer thread has ended, so no other thread signals or holds the children.  In a
 * forked process they are not ours.
 */
static void
pool_free_worker(struct task *task, void *arg)
{
	struct worker *w = task->worker;

	(void)arg;
	if (w->server != NULL)
		return;
	if (pool_is_ours(task->pool))
		worker_destroy(w);
	transport_detach(&task->transport);
	worker_fini(w);
	free(w);
}

static void
pool_free_tasks(struct prun_pool *pool)
{
	struct task *task;

	for (int state = 0; state < TASK_STATES; state++) {
		while ((task = task_first(&pool->tasks, state)) != NULL)
			pool_free_task(task);
	}
	schedule_trim_workers(pool, 0);
}

static void
pool_end_jobs(struct prun_pool *pool)
{
	bool active;

	if (pool->engine.spawner != NULL)
		engine_drain_starts(&pool->engine);
	active = tasks_active(&pool->tasks) > 0;
	timer_free(pool->engine.timer);
	if (active || crew_is_alive(pool->crew))
		orphans_signal(pool, SIGKILL);
	tasks_each_active(&pool->tasks, pool_free_worker, NULL);
	crew_destroy(pool->crew);
	hosts_free(&pool->engine, !active && !pool->terminating);
	orphans_reap_all(pool);
}

/*
 * In a forked process: the jobs belong to its parent.  The epoll set is shared with the
 * parent, so it is closed before any descriptor could be removed from it.
 */
static void
pool_leave_jobs(struct prun_pool *pool)
{
	loop_fini(&pool->engine.loop);
	timer_free(pool->engine.timer);
	tasks_each_active(&pool->tasks, pool_free_worker, NULL);
	hosts_forget(&pool->engine);
}

int
prun_pool_free(struct prun_pool *pool)
{
	if (pool == NULL)
		return 0;
	if (pool->inside > 0)
		return -EDEADLK;
	if (pool_is_ours(pool))
		pool_end_jobs(pool);
	else
		pool_leave_jobs(pool);
	guard_end(pool->engine.guard);
	(void)submit_drop(pool);
	pool_free_tasks(pool);
	leftovers_fini(&pool->engine.leftovers);
	if (pool->engine.timer != NULL)
		terminator_fini(&pool->engine.terminator);
	spawner_free(pool->engine.spawner);
	pool_watches_fini(pool);
	mux_fini(&pool->engine.mux);
	writer_fini(&pool->writer);
	loop_fini(&pool->engine.loop);
	fd_close(&pool->engine.null);
	slots_fini(&pool->slots);
	crew_free(pool->crew);
	guard_free(pool->engine.guard);
	free(pool->due);
	free(pool->engine.termseq);
	orphans_fini(pool);
	transport_fini(&pool->foreign);
	pool_unset_batch(pool);
	free(pool);
	return 0;
}
