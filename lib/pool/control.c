/* SPDX-License-Identifier: ISC */

/*
 * Owns the steering of a pool that runs: its width, its pace, its standing still.
 * What it changes is looked at when the pool takes its next step.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "kill/tree.h"
#include "pool/pool.h"

/* Passes over all processes until a stop finds nobody that was not there before. */
#define STOP_PASSES 5

int
prun_pool_resize(struct prun_pool *pool, unsigned slots)
{
	if (slots == 0 || slots > pool->slots.most)
		return -EINVAL;
	pool->slots.n = slots;
	pool_nudge(pool);
	return 0;
}

int
prun_pool_set_timeout(struct prun_pool *pool, double seconds)
{
	struct job *job;

	if (!(seconds >= 0) || isinf(seconds))
		return -EINVAL;
	pool->host.timeout = seconds;
	TAILQ_FOREACH(job, &pool->active, entry) {
		if (job->plan.timeout == 0)
			job_arm(job);
	}
	return 0;
}

int
prun_pool_set_delay(struct prun_pool *pool, double seconds)
{
	int64_t delay;
	int error = clock_from_seconds(seconds, &delay);

	if (error == 0)
		schedule_set_delay(pool, delay);
	return error;
}

void
prun_pool_hold(struct prun_pool *pool, bool hold)
{
	if (pool->held && !hold)
		pool_nudge(pool);
	pool->held = hold;
}

int
prun_pool_kill(struct prun_pool *pool, uint64_t id)
{
	struct job *job;

	TAILQ_FOREACH(job, &pool->active, entry) {
		if (job->id != id || !job->running)
			continue;
		job_terminate(job);
		return 0;
	}
	return -ESRCH;
}

/* The jobs that are to change between running and standing still. */
static size_t
control_targets(struct prun_pool *pool, uint64_t id, bool suspended,
    struct tree_target *targets)
{
	struct job *job;
	size_t n = 0;

	TAILQ_FOREACH(job, &pool->active, entry) {
		if (!job->running || job->suspended != suspended ||
		    (id != 0 && job->id != id))
			continue;
		targets[n++] = (struct tree_target){
			.leader = job->child.pid,
			.token = job->token,
			.started = job->termination.started,
		};
		if (suspended)
			job_continue(job);
		else
			job_suspend(job);
	}
	return n;
}

/* Who is being stopped may just have forked: until nobody new is found. */
static int
control_signal(struct tree_hunt *hunt, int sig)
{
	int found = -1, n;

	for (int i = 0; i < STOP_PASSES; i++) {
		n = tree_hunt(hunt, sig);
		if (n < 0)
			return n;
		if (sig == SIGCONT || n == found)
			break;
		found = n;
	}
	return 0;
}

/* Leaders are reaped by this thread alone: they are ours until we return. */
static int
control_switch(struct prun_pool *pool, uint64_t id, bool suspended)
{
	struct tree_target *targets = NULL;
	struct tree_hunt hunt = { 0 };
	int error = 0;

	if (pool->nactive > 0) {
		targets = calloc(pool->nactive, sizeof(*targets));
		if (targets == NULL)
			return -ENOMEM;
		hunt.count = control_targets(pool, id, suspended, targets);
	}
	hunt.targets = targets;
	if (hunt.count > 0)
		error = control_signal(&hunt, suspended ? SIGCONT : SIGSTOP);
	else if (id != 0)
		error = -ESRCH;
	tree_hunt_fini(&hunt);
	free(targets);
	return error;
}

int
prun_pool_suspend(struct prun_pool *pool, uint64_t id)
{
	if (id == 0) {
		pool->suspended = true;
		/* What is just being started is to be stopped as well. */
		spawner_drain(pool->host.spawner);
		schedule_started(pool);
	}
	return control_switch(pool, id, false);
}

int
prun_pool_resume(struct prun_pool *pool, uint64_t id)
{
	if (id == 0) {
		pool->suspended = false;
		pool_nudge(pool);
	}
	return control_switch(pool, id, true);
}
