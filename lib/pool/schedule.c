/* SPDX-License-Identifier: ISC */

/*
 * Owns the way of jobs through the pool's lists: queued, active, ended, waiting for
 * delivery, idle.
 * Knows no descriptors.
 */
#include <errno.h>
#include <stdlib.h>

#include "pool/pool.h"

/* Jobs that have ended and wait for their turn in the output. */
#define ENDED_MAX 16384

static bool
may_start(const struct prun_pool *pool)
{
	return !pool->short_of && !pool->host.order.stalled &&
	    pool->slots.used < pool->slots.n && pool->nended < ENDED_MAX;
}

/* It waits for another's end; when none can come, its start has failed. */
static void
schedule_shortage(struct prun_pool *pool, struct job *job, enum prun_step step,
    int error)
{
	if (pool->nactive == 1) {
		job_fail(job, step, error);
		return;
	}
	TAILQ_REMOVE(&pool->active, job, entry);
	TAILQ_INSERT_HEAD(&pool->queued, job, entry);
	pool->nactive--;
	pool->nqueued++;
	slots_give(&pool->slots, job->slot);
	job->slot = 0;
	pool->short_of = true;
}

static void
schedule_spawned(struct prun_pool *pool, struct job *job)
{
	pool->nstarting--;
	if (job_spawned(job) == -EAGAIN)
		schedule_shortage(pool, job, job->result.step, job->task.error);
	else if (job->running) {
		pool->nrunning++;
		/* It may be outside of a step that the guard is called for. */
		if (pool->guard_wanted)
			mailbox_post(&pool->host.mailbox, &pool->nudge, 0);
		if (pool->terminating)
			job_terminate(job);
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

static void
schedule_one(struct prun_pool *pool)
{
	struct job *job = TAILQ_FIRST(&pool->queued);
	int error;

	TAILQ_REMOVE(&pool->queued, job, entry);
	TAILQ_INSERT_TAIL(&pool->active, job, entry);
	pool->nqueued--;
	pool->nactive++;
	job->slot = slots_peek(&pool->slots);
	slots_take(&pool->slots, job->slot);
	error = job_submit(job);
	if (error != 0)
		schedule_shortage(pool, job, PRUN_STEP_PIPE, error);
	else
		pool->nstarting++;
}

void
schedule_start(struct prun_pool *pool)
{
	while (!TAILQ_EMPTY(&pool->queued) && may_start(pool)) {
		schedule_one(pool);
		schedule_started(pool);
	}
}

void
schedule_died(struct job *job)
{
	struct prun_pool *pool = job->host->pool;

	slots_give(&pool->slots, job->slot);
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
	TAILQ_INSERT_TAIL(&pool->ended, job, entry);
	pool->nactive--;
	pool->nended++;
	pool->short_of = false;
	/* It may be outside of a step that it could not be started. */
	if (job->result.flags & PRUN_NOT_STARTED)
		mailbox_post(&pool->host.mailbox, &pool->nudge, 0);
	if (pool->mode == PRUN_OUTPUT_NONE)
		job->delivered = true;
	else
		order_finish(&pool->host.order, &job->outlet);
}

void
schedule_delivered(struct outlet *o, void *arg)
{
	struct job *job = (struct job *)((char *)o -
	    offsetof(struct job, outlet));
	struct prun_pool *pool = arg;

	job->delivered = true;
	if (!job->told)
		return;
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

void
schedule_finish(struct prun_pool *pool)
{
	struct job *job;

	while ((job = TAILQ_FIRST(&pool->ended)) != NULL) {
		TAILQ_REMOVE(&pool->ended, job, entry);
		job->told = true;
		if (job->delivered)
			TAILQ_INSERT_TAIL(&pool->spent, job, entry);
		else
			TAILQ_INSERT_TAIL(&pool->waiting, job, entry);
		if (job->done != NULL)
			job->done(&job->result, job->arg);
	}
	while ((job = TAILQ_FIRST(&pool->spent)) != NULL)
		schedule_recycle(pool, job);
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
	return n;
}
