/* SPDX-License-Identifier: ISC */

/* Owns the public functions that give a pool jobs and wait for them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool/pool.h"
#include "process/spec_copy.h"
#include "prun.h"

int
prun_pool_apply_async(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg)
{
	return prun_pool_submit(pool, spec, done, arg, NULL);
}

int
prun_pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, uint64_t *id)
{
	struct spec_in own;
	int error = spec_in(&own, spec, spec->size);

	if (error != 0)
		return error;
	return pool_submit(pool, &own.spec, done, arg, arg, id);
}

struct apply_wait {
	struct prun_result *result; /* NULL: the caller wants no result */
	size_t size; /* size of *result */
	size_t *left;
};

static void
apply_done(const struct prun_result *r, void *arg)
{
	const struct apply_wait *wait = arg;
	struct prun_result own = *r;

	own.tail = NULL; /* they are lent only to done */
	own.tail_len = 0;
	if (wait->result != NULL)
		sized_out(wait->result, wait->size, &own, sizeof(own));
	--*wait->left;
}

static int
apply_join(struct prun_pool *pool, const size_t *left)
{
	int error = 0, step;

	while (*left > 0) {
		step = prun_pool_step(pool, -1);
		/* A callback has cancelled the jobs or terminated the pool. */
		if (*left > 0 && prun_pool_pending(pool) == 0)
			return -ECANCELED;
		if (step != 0 && error == 0)
			error = step;
	}
	return error;
}

/* A function that calls prun_pool_step() must not be called from within a step. */
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
	struct spec_in own;
	int error = pool_may_wait(pool);

	if (error == 0)
		error = result_check(r);
	if (error == 0)
		error = spec_in(&own, spec, spec->size);
	if (r != NULL)
		wait.size = r->size;
	if (error == 0)
		error = pool_submit(pool, &own.spec, apply_done, &wait, NULL,
		    NULL);
	return error != 0 ? error : apply_join(pool, &left);
}

static void
map_not_started(const struct apply_wait *wait, int error)
{
	const struct prun_result r = { .flags = PRUN_RESULT_NOT_STARTED,
		.error = error,
		.status = 126 };

	if (wait->result != NULL)
		sized_out(wait->result, wait->size, &r, sizeof(r));
}

/* For each of n jobs, where its result is to be stored. */
static struct apply_wait *
map_waits(struct prun_result *results, size_t n, size_t *left)
{
	struct apply_wait *wait = calloc(n, sizeof(*wait));
	const size_t size = results != NULL ? results->size : 0;

	for (size_t i = 0; i < n && wait != NULL; i++) {
		if (results != NULL)
			wait[i].result = (void *)((char *)results + i * size);
		wait[i].size = size;
		wait[i].left = left;
		map_not_started(&wait[i], ECANCELED);
	}
	return wait;
}

int
prun_pool_map(struct prun_pool *pool, const struct prun_spec *specs, size_t n,
    struct prun_result *results)
{
	size_t left = 0;
	struct spec_in own;
	struct apply_wait *wait;
	int error = pool_may_wait(pool), join;

	if (error == 0 && n > 0)
		error = result_check(results);
	if (n == 0 || error != 0)
		return error;
	wait = map_waits(results, n, &left);
	if (wait == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n && error == 0; i++) {
		error = spec_in(&own,
		    (const void *)((const char *)specs + i * specs->size),
		    specs->size);
		left++;
		if (error == 0)
			error = pool_submit(pool, &own.spec, apply_done,
			    &wait[i], NULL, NULL);
		if (error != 0) {
			left--;
			map_not_started(&wait[i], -error);
		}
	}
	/*
	 * The submitted jobs point to wait, so it must not be freed before they have
	 * ended.
	 */
	join = apply_join(pool, &left);
	free(wait);
	return error != 0 ? error : join;
}

/* Call prun_pool_step() until a job could start.  0, or -errno of a step. */
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
	union {
		struct prun_spec spec;
		/* The program's spec may be larger than ours. */
		char room[SIZED_MOST];
	} u;

	int error = pool_may_wait(pool), rc = 1, step;

	while (error == 0 && rc > 0) {
		error = map_await_slot(pool);
		memset(&u, 0, sizeof(u));
		u.spec.size = sizeof(u.spec);
		rc = error == 0 ? next(&u.spec, arg) : 0;
		if (rc > 0)
			error = prun_pool_apply_async(pool, &u.spec, done, arg);
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
		step = prun_pool_step(pool,
		    prun_pool_pending(pool) > 0 ? -1 : 0);
		if (step != 0 && step != -EDEADLK && error == 0)
			error = step;
	} while (prun_pool_pending(pool) > 0);
	return error;
}
