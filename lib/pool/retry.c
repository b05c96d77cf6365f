/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that have ended and are tried again.  A job keeps its place in
 * the output and its slot's number, which is in its environment and maybe in
 * its arguments: so it waits until that very slot is free.
 */
#include "pool/pool.h"

/* Its next try begins with nothing but what apply gave it. */
static void
retry_prepare(struct prun_pool *pool, struct job *job)
{
	unsigned tries = job->result.tries, slot = job->result.slot;

	if (pool->mode != PRUN_OUTPUT_NONE)
		mux_reset(&pool->host.mux, &job->task_output);
	job_reset(job);
	job->result.tries = tries + 1;
	job->slot = slot;
}

void
retry_decide(struct prun_pool *pool)
{
	struct job *job;
	double after;

	while ((job = TAILQ_FIRST(&pool->tried)) != NULL) {
		after = -1;
		if (!pool->dropped)
			after = job->retry(&job->result, job->arg);
		/* It may have dropped all that are tried. */
		if (job != TAILQ_FIRST(&pool->tried))
			continue;
		TAILQ_REMOVE(&pool->tried, job, entry);
		if (after >= 0 && !pool->dropped) {
			TAILQ_INSERT_TAIL(&pool->again, job, entry);
			job_try_after(job, after);
			continue;
		}
		pool->ntried--;
		schedule_last(pool, job);
	}
}

static bool
has_room(const struct prun_pool *pool, const struct job *job)
{
	return slots_room(&pool->slots) >=
	    slots_weight(&pool->slots, job->plan.weight);
}

void
retry_start(struct prun_pool *pool)
{
	struct job *job, *next;

	for (job = TAILQ_FIRST(&pool->again); job != NULL; job = next) {
		next = TAILQ_NEXT(job, entry);
		if (!job->due ||
		    !slots_is_free(&pool->slots, job->result.slot) ||
		    !has_room(pool, job) || !schedule_is_open(pool))
			continue;
		TAILQ_REMOVE(&pool->again, job, entry);
		pool->ntried--;
		retry_prepare(pool, job);
		schedule_submit(pool, job);
	}
}

bool
retry_is_next(const struct prun_pool *pool)
{
	const struct job *job;

	TAILQ_FOREACH(job, &pool->again, entry) {
		if (job->due && slots_is_free(&pool->slots, job->result.slot))
			return true;
	}
	return false;
}

void
retry_drop(struct prun_pool *pool)
{
	struct job *job;

	while ((job = TAILQ_FIRST(&pool->tried)) != NULL ||
	    (job = TAILQ_FIRST(&pool->again)) != NULL) {
		if (job == TAILQ_FIRST(&pool->tried))
			TAILQ_REMOVE(&pool->tried, job, entry);
		else
			TAILQ_REMOVE(&pool->again, job, entry);
		loop_timer_stop(&pool->host.loop, &job->again);
		pool->ntried--;
		schedule_last(pool, job);
	}
}
