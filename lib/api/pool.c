/* SPDX-License-Identifier: ISC */

/* Owns the handing over of jobs to a pool and the waiting for them. */
#include <errno.h>
#include <stdlib.h>

#include "pool/pool.h"
#include "prun.h"

int
prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg)
{
	return pool_submit(pool, spec, done, arg, arg, NULL);
}

int
prun_pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, uint64_t *id)
{
	return pool_submit(pool, spec, done, arg, arg, id);
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

/* Whoever steps must not be called by a step. */
static int
pool_may_wait(struct prun_pool *pool)
{
	int error = pool_enter(pool);

	if (error == 0)
		pool_leave(pool);
	return error;
}

int
prun_pool_apply(struct prun_pool *pool, const struct prun_spec *spec,
    struct prun_result *r)
{
	size_t left = 1;
	struct apply_wait wait = { .result = r, .left = &left };
	int error = pool_may_wait(pool);

	if (error == 0)
		error = pool_submit(pool, spec, apply_done, &wait, NULL, NULL);
	return error != 0 ? error : apply_join(pool, &left);
}

static struct prun_result
map_not_started(int error)
{
	return (struct prun_result){ .flags = PRUN_NOT_STARTED,
		.error = error,
		.status = 126 };
}

int
prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs, size_t n,
    struct prun_result *results)
{
	size_t left = 0;
	struct apply_wait *wait;
	int error = pool_may_wait(pool), join;

	if (n == 0 || error != 0)
		return error;
	wait = calloc(n, sizeof(*wait));
	if (wait == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && results != NULL; i++)
		results[i] = map_not_started(ECANCELED);
	for (size_t i = 0; i < n && error == 0; i++) {
		wait[i].result = results != NULL ? &results[i] : NULL;
		wait[i].left = &left;
		left++;
		error = pool_submit(pool, &specs[i], apply_done, &wait[i], NULL,
		    NULL);
		if (error != 0)
			left--;
		if (error != 0 && results != NULL)
			results[i] = map_not_started(-error);
	}
	/* What was handed over points to wait: see it end in any case. */
	join = apply_join(pool, &left);
	free(wait);
	return error != 0 ? error : join;
}

/* Step until a job could start.  0 or -errno of a step. */
static int
map_await_slot(struct prun_pool *pool)
{
	int error = 0, step;

	while (prun_pool_slot(pool) == 0 && prun_pool_pending(pool) > 0) {
		step = prun_pool_step(pool, -1);
		if (step != 0 && error == 0)
			error = step;
	}
	return error;
}

int
prun_pool_map_from(struct prun_pool *pool, prun_spec_fn *next,
    prun_done_fn *done, void *arg)
{
	struct prun_spec spec;
	int error = pool_may_wait(pool), rc = 1, step;

	while (error == 0 && rc > 0) {
		error = map_await_slot(pool);
		spec = (struct prun_spec){ 0 };
		rc = error == 0 ? next(&spec, arg) : 0;
		if (rc > 0)
			error = prun_pool_apply_async(pool, &spec, done, arg);
	}
	if (error == -EPERM || error == -EDEADLK)
		return error;
	while (prun_pool_pending(pool) > 0) {
		step = prun_pool_step(pool, -1);
		if (step != 0 && error == 0)
			error = step;
	}
	return error != 0 ? error : rc;
}

int
prun_pool_join(struct prun_pool *pool)
{
	int error = 0, step;

	error = pool_may_wait(pool);
	if (error == 0 && !pool->closed)
		error = -EINVAL;
	if (error != 0)
		return error;
	do {
		step = prun_pool_step(pool, -1);
		if (step != 0 && step != -EDEADLK && error == 0)
			error = step;
	} while (prun_pool_pending(pool) > 0);
	return error;
}
