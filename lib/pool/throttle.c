/* SPDX-License-Identifier: ISC */

/* Owns the comparison between running few tasks at a time and running one in each slot. */
#include "base/clock.h"
#include "base/tuning.h"
#include "pool/pool.h"
#include "process/cpu.h"

void
throttle_init(struct prun_pool *pool)
{
	pool->throttle = (struct throttle){ .few = (unsigned)cpu_count() + 1,
		.stay = THROTTLE_LOOK_NS };
}

/* A task whose worker is still starting tells nothing of how long tasks take. */
static bool
throttle_is_starting(const struct task *task, int64_t now)
{
	const struct worker *w = task->worker;

	return w->server->given >= now - THROTTLE_START_NS &&
	    server_is_starting(w);
}

static bool
throttle_awaits_start(const struct prun_pool *pool, int64_t now)
{
	const struct task *task;

	if (pool->throttle.served > 0 ||
	    pool->throttle.looks <= -THROTTLE_START_LOOKS_MOST)
		return false;
	if (pool->tasks.count[TASK_STARTING] > 0)
		return true;
	TAILQ_FOREACH(task, &pool->tasks.list[TASK_RUNNING], entry) {
		if (task->worker->server != NULL &&
		    throttle_is_starting(task, now))
			return true;
	}
	return false;
}

/* Tasks that already ran at the last look are not short. */
static unsigned
throttle_count_old(const struct prun_pool *pool, int64_t now)
{
	const struct task *task;
	unsigned n = 0;

	TAILQ_FOREACH(task, &pool->tasks.list[TASK_RUNNING], entry) {
		n += task->worker->server != NULL &&
		    task->worker->server->given < now - THROTTLE_LOOK_NS &&
		    !throttle_is_starting(task, now);
	}
	return n;
}

/* Do the workers wait for something other than CPUs? */
static bool
throttle_is_idle(const struct prun_pool *pool, int64_t now)
{
	const struct throttle *t = &pool->throttle;
	const int64_t used = crew_cpu_time(pool->crew) - t->used;

	/* used is negative when a worker has ended since the last look. */
	return pool->crew != NULL && used >= 0 &&
	    used < (now - t->since) * (t->few - 1) / THROTTLE_IDLE;
}

/* Decides between open and closed.  Returns for how many nanoseconds that holds. */
static int64_t
throttle_decide(struct throttle *t, double rate, bool idle)
{
	if (t->open) {
		t->rate = rate;
		t->open = false;
		return THROTTLE_LOOK_NS;
	}
	if (idle || rate <= t->rate * THROTTLE_WORSE) {
		t->stay *= t->stay < THROTTLE_OPEN_NS ? 2 : 1;
		t->open = true;
	} else if (++t->looks >= THROTTLE_LOOKS) {
		t->stay = THROTTLE_LOOK_NS;
		t->open = true;
	}
	if (!t->open)
		return THROTTLE_LOOK_NS;
	t->looks = 0;
	return t->stay;
}

static void throttle_look(void *arg);

static void
throttle_watch(struct prun_pool *pool, int64_t now, int64_t wait)
{
	struct throttle *t = &pool->throttle;

	t->since = now;
	t->served = 0;
	t->asked = false;
	t->used = crew_cpu_time(pool->crew);
	t->old = throttle_count_old(pool, now);
	/* Without a timer nobody would start the tasks that were kept back. */
	if (loop_timer_start(&pool->engine.loop, &t->look, now + wait,
		throttle_look, pool) != 0)
		t->few = 0;
}

static void
throttle_look(void *arg)
{
	struct prun_pool *pool = arg;
	struct throttle *t = &pool->throttle;
	const int64_t now = clock_now();

	/* There was not enough to do for a comparison. */
	if (!t->asked)
		return;
	if (throttle_awaits_start(pool, now)) {
		t->looks -= THROTTLE_START_LOOKS;
		throttle_watch(pool, now, THROTTLE_LOOK_NS);
		return;
	}
	throttle_watch(pool, now,
	    throttle_decide(t, (double)t->served / (double)(now - t->since),
		throttle_is_idle(pool, now)));
}

static bool
throttle_has_room(const struct prun_pool *pool)
{
	const struct throttle *t = &pool->throttle;

	return t->few == 0 || tasks_active(&pool->tasks) < t->few + t->old;
}

bool
throttle_allows(struct prun_pool *pool)
{
	struct throttle *t = &pool->throttle;

	if (throttle_has_room(pool))
		return true;
	if (!loop_timer_is_pending(&t->look))
		throttle_watch(pool, clock_now(),
		    t->rate == 0 ? THROTTLE_FIRST_NS : THROTTLE_LOOK_NS);
	t->asked = true;
	return t->open || throttle_has_room(pool);
}

void
throttle_served(struct prun_pool *pool)
{
	pool->throttle.served++;
}
