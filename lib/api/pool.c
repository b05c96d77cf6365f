/* SPDX-License-Identifier: ISC */

/* Owns the handing over of jobs to a pool and the waiting for them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kill/rlimit_mark.h"
#include "pool/pool.h"
#include "prun.h"

static struct job *
pool_new_job(struct prun_pool *pool)
{
	struct job *job = TAILQ_FIRST(&pool->idle);

	if (job != NULL) {
		TAILQ_REMOVE(&pool->idle, job, entry);
		pool->nidle--;
		return job;
	}
	job = calloc(1, sizeof(*job));
	if (job != NULL)
		job_init(job, &pool->host);
	return job;
}

static bool
pool_spec_valid(const struct prun_pool *pool, const struct prun_spec *spec)
{
	if (spec->in.kind == PRUN_STDIO_PIPE ||
	    spec->out.kind == PRUN_STDIO_PIPE ||
	    spec->err.kind == PRUN_STDIO_PIPE)
		return false;
	return pool->mode != PRUN_OUTPUT_NONE ||
	    (spec->tag == NULL && spec->heading == NULL);
}

/* "PRUN_JOB_ID=outer/run.id", in pool->variable. */
static int
pool_token(struct prun_pool *pool, struct job *job)
{
	const char *before = pool->outer != NULL ? pool->outer :
						   PROC_TOKEN_NAME;
	int error;

	(void)snprintf(job->token, sizeof(job->token), "%s.%llu", pool->run,
	    (unsigned long long)job->id);
	pool->variable.len = 0;
	error = buf_add(&pool->variable, before, strlen(before));
	if (error == 0)
		error = buf_add(&pool->variable,
		    pool->outer != NULL ? "/" : "=", 1);
	if (error == 0)
		error = buf_add_string(&pool->variable, job->token);
	return error;
}

static int
pool_fill_job(struct prun_pool *pool, struct job *job,
    const struct prun_spec *spec)
{
	int error = pool_token(pool, job);

	if (error != 0)
		return error;
	error = transport_plan(&job->transport, &job->plan, spec, &pool->base,
	    pool->variable.data);
	if (error != 0)
		return error;
	job->plan.brand = proc_brand_of(job->token);
	if (!(spec->flags & PRUN_KEEP_GROUP))
		job->plan.flags |= PRUN_NEW_GROUP;
	if (pool->host.guard != NULL)
		job->plan.flags |= PRUN_DIE_WITH_PARENT;
	return 0;
}

static void
pool_open_output(struct prun_pool *pool, struct job *job, void *owner)
{
	struct task_output *o = &job->task_output;

	o->job = (struct writer_task){ &job->result, owner };
	o->tag = (struct tag){ job->plan.tag, job->plan.tag_end };
	o->failed_tag = (struct tag){ job->plan.failed_tag,
		job->plan.failed_tag_end };
	mux_open(&pool->host.mux, o);
}

/* owner: what others than done are told that the job is the caller's by. */
static int
pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, void *owner)
{
	struct job *job;
	int error;

	if (pool->closed)
		return -ESHUTDOWN;
	if (!pool_spec_valid(pool, spec))
		return -EINVAL;
	job = pool_new_job(pool);
	if (job == NULL)
		return -ENOMEM;
	job->id = pool->last_id + 1;
	error = pool_fill_job(pool, job, spec);
	if (error != 0) {
		job_fini(job);
		free(job);
		return error;
	}
	pool->last_id = job->id;
	job->retry = spec->retry;
	job->done = done;
	job->arg = arg;
	job_reset(job);
	job->result.tries = 1;
	job->task_output.job.arg = owner;
	if (pool->mode != PRUN_OUTPUT_NONE) {
		pool_open_output(pool, job, owner);
		job->task_output.whole = job->retry != NULL &&
		    pool->mode == PRUN_OUTPUT_GROUP;
	}
	TAILQ_INSERT_TAIL(&pool->queued, job, entry);
	pool->nqueued++;
	schedule_start(pool);
	return 0;
}

int
prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg)
{
	return pool_submit(pool, spec, done, arg, arg);
}

struct apply_wait {
	struct prun_result *result; /* NULL: not wanted */
	size_t *left;
};

static void
apply_done(const struct prun_result *r, void *arg)
{
	struct apply_wait *wait = arg;

	if (wait->result != NULL) {
		*wait->result = *r;
		wait->result->tail = NULL; /* lent */
		wait->result->tail_len = 0;
	}
	--*wait->left;
}

static int
apply_join(struct prun_pool *pool, const size_t *left)
{
	int error = 0, step;

	while (*left > 0) {
		step = prun_pool_step(pool, -1);
		/* Dropped or terminated from a callback. */
		if (*left > 0 && prun_pool_pending(pool) == 0)
			return -ECANCELED;
		if (step != 0 && error == 0)
			error = step;
	}
	return error;
}

int
prun_pool_apply(struct prun_pool *pool, const struct prun_spec *spec,
    struct prun_result *r)
{
	size_t left = 1;
	struct apply_wait wait = { .result = r, .left = &left };
	int error = pool_submit(pool, spec, apply_done, &wait, NULL);

	return error != 0 ? error : apply_join(pool, &left);
}

int
prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs, size_t n,
    struct prun_result *results)
{
	size_t left = 0;
	struct apply_wait *wait;
	int error = 0, join;

	if (n == 0)
		return 0;
	wait = calloc(n, sizeof(*wait));
	if (wait == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && error == 0; i++) {
		wait[i].result = results != NULL ? &results[i] : NULL;
		wait[i].left = &left;
		left++;
		error = pool_submit(pool, &specs[i], apply_done, &wait[i],
		    NULL);
		if (error != 0)
			left--;
	}
	/* What was handed over points to wait: see it end in any case. */
	join = apply_join(pool, &left);
	free(wait);
	return error != 0 ? error : join;
}

int
prun_pool_join(struct prun_pool *pool)
{
	int error = 0, step;

	if (!pool->closed)
		return -EINVAL;
	do {
		step = prun_pool_step(pool, -1);
		if (step != 0 && step != -EDEADLK && error == 0)
			error = step;
	} while (prun_pool_pending(pool) > 0);
	return error;
}
