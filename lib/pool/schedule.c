/* SPDX-License-Identifier: ISC */

/*
 * Owns the way of jobs through the pool's lists: queued, active, ended, waiting for
 * delivery, idle.
 * Knows no descriptors.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pool/pool.h"

/* Jobs that have ended and wait for their turn in the output. */
#define ENDED_MAX 16384
#define SHORT_AGAIN INT64_C(100000000)

bool
schedule_is_open(const struct prun_pool *pool)
{
	return (pool->short_until == 0 || pool->nactive == 0 ||
		   clock_now() >= pool->short_until) &&
	    !pool->held && !pool->suspended && !pool->host.mux.stalled &&
	    (pool->delay == 0 || clock_now() >= pool->next_start) &&
	    pool->nended < ENDED_MAX;
}

bool
schedule_may_start(const struct prun_pool *pool)
{
	const struct job *job = TAILQ_FIRST(&pool->queued);
	unsigned weight = job != NULL ? job->plan.weight : 1;

	return schedule_is_open(pool) && !retry_is_next(pool) &&
	    ((job != NULL && job->slot != 0) ||
		slots_room(&pool->slots) >= slots_weight(&pool->slots, weight));
}

/*
 * It waits for another's end, or for a moment: it may be somebody else's processes
 * that are too many.  When no other was there from its submission on, its start
 * has failed.  It keeps its slot, whose number its command line may hold.
 */
static void
schedule_shortage(struct prun_pool *pool, struct job *job)
{
	if (job->alone == pool->nsubmitted) {
		job_fail(job, job->result.step, job->task.error);
		return;
	}
	TAILQ_REMOVE(&pool->active, job, entry);
	pool->nactive--;
	/* Until then one alone at most: whether it fails is certain. */
	pool->short_until = clock_now() + SHORT_AGAIN;
	/* Without a timer to tell, an end will. */
	(void)loop_timer_start(&pool->host.loop, &pool->short_due,
	    pool->short_until, pool_settle_again, pool);
	TAILQ_INSERT_HEAD(&pool->queued, job, entry);
	pool->nqueued++;
}

static void
schedule_spawned(struct prun_pool *pool, struct job *job)
{
	pool->nstarting--;
	if (job_spawned(job) == -EAGAIN)
		schedule_shortage(pool, job);
	else if (job->running) {
		pool->nrunning++;
		if (transport_is_foreign(&job->transport))
			transport_share(&pool->foreign, &job->transport);
		/* It may be outside of a step that the guard is called for. */
		if (pool->guard_wanted)
			pool_nudge(pool);
		if (pool->terminating)
			job_terminate(job);
		if (pool->hurried)
			terminator_hurry(&pool->host.terminator);
	}
}

void
schedule_started(struct prun_pool *pool)
{
	struct spawn_task *task;

	while (pool->nstarting > 0 &&
	    (task = spawner_take(pool->host.spawner)) != NULL)
		schedule_spawned(pool, task->owner);
}

/* From this start on the delay counts.  Without a timer to tell, it is none. */
static void
schedule_delay(struct prun_pool *pool)
{
	if (pool->delay == 0)
		return;
	pool->next_start = clock_now() + pool->delay;
	if (loop_timer_start(&pool->host.loop, &pool->next_start_due,
		pool->next_start, pool_settle_again, pool) != 0)
		pool->next_start = 0;
}

void
schedule_set_delay(struct prun_pool *pool, int64_t delay)
{
	if (pool->delay > 0 && pool->next_start != 0)
		pool->next_start += delay - pool->delay;
	pool->delay = delay;
	if (pool->next_start == 0 ||
	    loop_timer_start(&pool->host.loop, &pool->next_start_due,
		pool->next_start, pool_settle_again, pool) != 0)
		pool->next_start = 0;
}

void
schedule_submit(struct prun_pool *pool, struct job *job)
{
	TAILQ_INSERT_TAIL(&pool->active, job, entry);
	pool->nactive++;
	if (job->weight == 0) {
		job->weight = slots_weight(&pool->slots, job->plan.weight);
		slots_take(&pool->slots, job->slot, job->weight);
	}
	schedule_delay(pool);
	pool->nsubmitted++;
	job->alone = pool->nactive == 1 ? pool->nsubmitted : 0;
	orphans_submitting(pool, job);
	pool->nstarting++;
	job_submit(job);
	schedule_started(pool);
}

void
schedule_start(struct prun_pool *pool)
{
	struct job *job;

	retry_start(pool);
	while ((job = TAILQ_FIRST(&pool->queued)) != NULL &&
	    schedule_may_start(pool)) {
		TAILQ_REMOVE(&pool->queued, job, entry);
		pool->nqueued--;
		if (job->slot == 0)
			job->slot = slots_peek(&pool->slots);
		schedule_submit(pool, job);
	}
}

void
schedule_died(struct job *job)
{
	struct prun_pool *pool = job->host->pool;

	slots_give(&pool->slots, job->slot, job->weight);
	job->slot = job->weight = 0;
	if (job->result.flags & PRUN_NOT_STARTED)
		return;
	pool->nrunning--;
	pool->deaths++;
}

void
schedule_ended(struct job *job)
{
	struct prun_pool *pool = job->host->pool;

	TAILQ_REMOVE(&pool->active, job, entry);
	pool->nactive--;
	pool->short_until = 0;
	pool->unsettled = true;
	/* It may be outside of a step that it could not be started. */
	if (job->result.flags & PRUN_NOT_STARTED)
		pool_nudge(pool);
	if (job->retry == NULL) {
		schedule_last(pool, job);
		return;
	}
	TAILQ_INSERT_TAIL(&pool->tried, job, entry);
	pool->ntried++;
}

void
schedule_last(struct prun_pool *pool, struct job *job)
{
	pool->nended++;
	pool->unsettled = true;
	job->delivered = pool->mode == PRUN_OUTPUT_NONE;
	if (!job->delivered)
		mux_finish(&pool->host.mux, &job->task_output);
	TAILQ_INSERT_TAIL(&pool->ended, job, entry);
}

void
schedule_delivered(struct task_output *o, void *arg)
{
	struct job *job = (struct job *)((char *)o -
	    offsetof(struct job, task_output));
	struct prun_pool *pool = arg;

	job->delivered = true;
	/* What could not be written, the writer tells. */
	if (o->error != 0)
		pool->lost = o->error;
	if (!job->told)
		return; /* it is among the ended */
	TAILQ_REMOVE(&pool->waiting, job, entry);
	TAILQ_INSERT_TAIL(&pool->spent, job, entry);
}

static void
schedule_recycle(struct prun_pool *pool, struct job *job)
{
	TAILQ_REMOVE(&pool->spent, job, entry);
	pool->nended--;
	if (pool->nidle < pool->slots.n) {
		TAILQ_INSERT_HEAD(&pool->idle, job, entry);
		pool->nidle++;
		return;
	}
	job_fini(job);
	free(job);
}

/* The delivery tells of a loss, done never does: it may come first. */
static void
schedule_tell_delivered(struct prun_pool *pool, struct job *job)
{
	const struct task_output *o = &job->task_output;
	int error = o->error != 0 ? o->error : o->unwritten;

	if (pool->delivered == NULL)
		return;
	if (error != 0) {
		job->result.flags |= PRUN_OUTPUT_LOST;
		job->result.error = -error;
	}
	pool->delivered(&job->result, o->job.arg, pool->delivered_arg);
}

void
schedule_finish(struct prun_pool *pool)
{
	struct job *job;

	while ((job = TAILQ_FIRST(&pool->ended)) != NULL) {
		TAILQ_REMOVE(&pool->ended, job, entry);
		job->told = true;
		pool->ntold++;
		if (job->delivered)
			TAILQ_INSERT_TAIL(&pool->spent, job, entry);
		else
			TAILQ_INSERT_TAIL(&pool->waiting, job, entry);
		if (job->done != NULL)
			job->done(&job->result, job->arg);
	}
	while ((job = TAILQ_FIRST(&pool->spent)) != NULL) {
		schedule_tell_delivered(pool, job);
		/* It takes the first away: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		schedule_recycle(pool, job);
	}
}

uint64_t
schedule_drop(struct prun_pool *pool)
{
	uint64_t n = pool->nqueued;
	struct job *job;

	while ((job = TAILQ_FIRST(&pool->queued)) != NULL) {
		TAILQ_REMOVE(&pool->queued, job, entry);
		job_fini(job);
		free(job);
	}
	pool->nqueued = 0;
	retry_drop(pool);
	return n;
}
