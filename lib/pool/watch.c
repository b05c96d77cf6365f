/* SPDX-License-Identifier: ISC */

/*
 * Owns what the host program has in the pool's loop: its descriptors, its timers and
 * its wakes.  Knows no jobs.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/host.h"
#include "pool/pool.h"

struct prun_watch {
	struct watch watch;
	struct prun_pool *pool;
	prun_watch_fn *fn;
	void *arg;
	bool freed; /* it is forgotten when the step is over */
	LIST_ENTRY(prun_watch) entry;
};

struct host_timer {
	struct loop_timer timer;
	struct prun_pool *pool;
	uint64_t id;
	prun_timer_fn *fn;
	void *arg;
	RB_ENTRY(host_timer) entry;
};

static int
host_timer_compare(const struct host_timer *a, const struct host_timer *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

#define UNUSED __attribute__((unused)) static
RB_PROTOTYPE_INTERNAL(host_timers, host_timer, entry, host_timer_compare,
    UNUSED)
RB_GENERATE_INTERNAL(host_timers, host_timer, entry, host_timer_compare, UNUSED)

static void
watch_ready(struct watch *w, uint32_t events)
{
	struct prun_watch *watch = w->owner;

	watch->fn(w->fd, events, watch->arg);
}

int
prun_pool_watch(struct prun_pool *pool, int fd, unsigned events,
    prun_watch_fn *fn, void *arg, struct prun_watch **wp)
{
	struct prun_watch *watch;
	int error;

	if (!pool_is_ours(pool))
		return -EPERM;
	if (fd < 0 || fn == NULL)
		return -EINVAL;
	watch = calloc(1, sizeof(*watch));
	if (watch == NULL)
		return -ENOMEM;
	error = loop_add(&pool->engine.loop, &watch->watch, fd, events,
	    watch_ready, watch);
	if (error != 0) {
		free(watch);
		return error;
	}
	watch->pool = pool;
	watch->fn = fn;
	watch->arg = arg;
	LIST_INSERT_HEAD(&pool->watches, watch, entry);
	*wp = watch;
	return 0;
}

int
prun_watch_set(struct prun_watch *watch, unsigned events)
{
	struct loop *loop = &watch->pool->engine.loop;

	if (!pool_is_ours(watch->pool))
		return -EPERM;
	if (watch->watch.events == events && watch->watch.on == (events != 0))
		return 0;
	loop_pause(loop, &watch->watch);
	watch->watch.events = events;
	return events != 0 ? loop_resume(loop, &watch->watch) : 0;
}

/*
 * The turn that is going on may still have an event for the watch, so its memory is
 * freed after the step.
 */
void
prun_watch_free(struct prun_watch *watch)
{
	/*
	 * In a forked process nothing is removed: the kernel's list of watches is
	 * shared with the parent.
	 */
	if (watch == NULL || !pool_is_ours(watch->pool))
		return;
	loop_remove(&watch->pool->engine.loop, &watch->watch);
	watch->freed = true;
	watch->pool->watch_freed = true;
}

void
pool_watches_sweep(struct prun_pool *pool)
{
	struct prun_watch *watch, *next;

	if (!pool->watch_freed)
		return;
	pool->watch_freed = false;
	LIST_FOREACH_SAFE(watch, &pool->watches, entry, next) {
		if (!watch->freed)
			continue;
		LIST_REMOVE(watch, entry);
		free(watch);
	}
}

bool
pool_watches_anything(const struct prun_pool *pool)
{
	return !LIST_EMPTY(&pool->watches) || !RB_EMPTY(&pool->host_timers) ||
	    hosts_may_tell(&pool->engine);
}

static void
host_timer_due(void *arg)
{
	struct host_timer *t = arg;
	prun_timer_fn *fn = t->fn;
	void *fn_arg = t->arg;

	RB_REMOVE(host_timers, &t->pool->host_timers, t);
	free(t);
	fn(fn_arg);
}

int
prun_pool_after(struct prun_pool *pool, double seconds, prun_timer_fn *fn,
    void *arg, uint64_t *id)
{
	struct host_timer *t;
	int64_t delay;
	int error = pool_is_ours(pool) ? clock_from_seconds(seconds, &delay) :
					 -EPERM;

	if (error != 0)
		return error;
	if (fn == NULL)
		return -EINVAL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	*t = (struct host_timer){ .pool = pool,
		.id = ++pool->last_host_timer,
		.fn = fn,
		.arg = arg };
	error = loop_timer_start(&pool->engine.loop, &t->timer,
	    clock_now() + delay, host_timer_due, t);
	if (error != 0) {
		free(t);
		return error;
	}
	RB_INSERT(host_timers, &pool->host_timers, t);
	if (id != NULL)
		*id = t->id;
	return 0;
}

int
prun_pool_after_cancel(struct prun_pool *pool, uint64_t id)
{
	struct host_timer key = { .id = id }, *t;

	if (!pool_is_ours(pool))
		return -EPERM;
	t = RB_FIND(host_timers, &pool->host_timers, &key);
	if (t == NULL)
		return -ENOENT;
	loop_timer_stop(&pool->engine.loop, &t->timer);
	RB_REMOVE(host_timers, &pool->host_timers, t);
	free(t);
	return 0;
}

void
prun_pool_wake(struct prun_pool *pool)
{
	mailbox_wake(&pool->engine.loop.mailbox);
}

void
pool_watches_fini(struct prun_pool *pool)
{
	struct prun_watch *watch;
	struct host_timer *t;

	while ((watch = LIST_FIRST(&pool->watches)) != NULL) {
		LIST_REMOVE(watch, entry);
		free(watch);
	}
	while ((t = RB_ROOT(&pool->host_timers)) != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the root is removed. */
		RB_REMOVE(host_timers, &pool->host_timers, t);
		free(t);
	}
}
