/* SPDX-License-Identifier: ISC */

/*
 * Owns the tasks that are tried again.  A task keeps its place in the output.  It also
 * keeps its slot's number, which is in its environment and perhaps in its arguments: so
 * it waits until that very slot is free.  A task that gets its input from a function keeps
 * the slot itself.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pool/pool.h"

/* When so many tasks wait for their next try, no new ones are taken. */
#define WAITING_MOST 4096
/* A task for which no host had room is asked about again after so many nanoseconds. */
#define HOST_AGAIN INT64_C(20000000)

int
retry_provide(struct prun_pool *pool)
{
	if (pool->due != NULL)
		return 0;
	pool->due = calloc(pool->slots.most, sizeof(*pool->due));
	if (pool->due == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < pool->slots.most; i++)
		TAILQ_INIT(&pool->due[i]);
	return 0;
}

void
retry_slot_is_free(struct prun_pool *pool, unsigned slot)
{
	struct task *task;

	if (pool->due == NULL)
		return;
	task = TAILQ_FIRST(&pool->due[slot - 1]);
	if (task == NULL || task->ready)
		return;
	task->ready = true;
	pool->nready++;
	/* Tasks that may be started stand at the head of the waiting list. */
	TAILQ_REMOVE(&pool->tasks.list[TASK_WAITING], task, entry);
	TAILQ_INSERT_HEAD(&pool->tasks.list[TASK_WAITING], task, entry);
}

/*
 * The jobs that share one stream may all wait for each other: none of them can end before
 * this one has had its next try.
 */
bool
retry_keeps_slot(const struct task *task)
{
	return task->retry != NULL && task->plan.input_fn != NULL;
}

/* Another task is now the first that waits for that slot: it may be ready. */
static void
retry_look_at_slot(struct prun_pool *pool, unsigned slot)
{
	const struct task *first = TAILQ_FIRST(&pool->due[slot - 1]);

	if ((first != NULL && first->weight != 0) ||
	    slots_is_free(&pool->slots, slot))
		retry_slot_is_free(pool, slot);
}

static void
retry_is_due(void *arg)
{
	struct task *task = arg;
	struct prun_pool *pool = task->pool;

	if (task->weight != 0)
		TAILQ_INSERT_HEAD(&pool->due[task->result.slot - 1], task, due);
	else
		TAILQ_INSERT_TAIL(&pool->due[task->result.slot - 1], task, due);
	pool->ndue++;
	retry_look_at_slot(pool, task->result.slot);
}

/*
 * If there is no memory for a timer, the task is due at once: too early is better than
 * never.
 */
static void
retry_wait(struct task *task, double seconds)
{
	struct prun_pool *pool = task->pool;
	int64_t delay = 0;

	pool_log_again(task, seconds);
	task_set_state(task, TASK_WAITING);
	if (clock_from_seconds(seconds, &delay) != 0)
		delay = INT64_MAX / 2;
	if (delay == 0 ||
	    loop_timer_start(&pool->engine.loop, &task->again,
		clock_now() + delay, retry_is_due, task) != 0)
		retry_is_due(task);
}

/*
 * If output of the try was written already, another try would write it once more, so
 * there is none.
 */
static double
retry_after_try(struct task *task)
{
	if (task->pool->dropped || task->output.escaped)
		return -1;
	return task->retry(&task->result, task->arg);
}

/* The task has had its last try. */
static void
retry_end(struct task *task)
{
	const unsigned slot = task->slot;

	if (task->weight != 0) {
		slots_give(&task->pool->slots, slot, task->weight);
		task->slot = task->weight = 0;
		retry_slot_is_free(task->pool, slot);
	}
	delivery_begin(task);
}

void
retry_decide(struct prun_pool *pool)
{
	struct task *task;
	double after;

	while ((task = task_first(&pool->tasks, TASK_TRIED)) != NULL) {
		after = retry_after_try(task);
		/* The retry function may have dropped all tasks. */
		if (task != task_first(&pool->tasks, TASK_TRIED))
			continue;
		if (after >= 0 && !pool->dropped)
			retry_wait(task, after);
		else
			retry_end(task);
	}
}

static void
retry_forget(struct task *task)
{
	struct prun_pool *pool = task->pool;

	if (loop_timer_is_pending(&task->again)) {
		loop_timer_stop(&pool->engine.loop, &task->again);
	} else {
		TAILQ_REMOVE(&pool->due[task->result.slot - 1], task, due);
		pool->ndue--;
	}
	pool->nready -= task->ready;
	task->ready = false;
}

static bool
retry_has_room(const struct task *task)
{
	const struct slots *slots = &task->pool->slots;

	return task->weight != 0 ||
	    slots_room(slots) >= slots_weight(slots, task->plan.weight);
}

static bool
retry_may_start(const struct task *task)
{
	const struct prun_pool *pool = task->pool;

	return retry_has_room(task) &&
	    (pool->may_try == NULL ||
		pool->may_try(task->arg, pool->may_try_arg));
}

/*
 * No host has room for the task now, so others go first.  False: there is no memory for
 * a timer.
 */
static bool
retry_put_off(struct task *task)
{
	struct prun_pool *pool = task->pool;

	task->no_host = false;
	if (loop_timer_start(&pool->engine.loop, &task->again,
		clock_now() + HOST_AGAIN, retry_is_due, task) != 0)
		return false;
	TAILQ_REMOVE(&pool->due[task->result.slot - 1], task, due);
	pool->ndue--;
	pool->nready--;
	task->ready = false;
	TAILQ_REMOVE(&pool->tasks.list[TASK_WAITING], task, entry);
	TAILQ_INSERT_TAIL(&pool->tasks.list[TASK_WAITING], task, entry);
	retry_look_at_slot(pool, task->result.slot);
	return true;
}

/* The next try begins with nothing but what the caller of apply gave the task. */
static void
retry_prepare(struct task *task)
{
	struct prun_pool *pool = task->pool;
	unsigned tries = task->result.tries;

	task->slot = task->result.slot;
	if (pool->mode != PRUN_OUTPUT_NONE)
		mux_reset(&pool->engine.mux, &task->output);
	task->result = (struct prun_result){ .size = sizeof(task->result),
		.id = task->id,
		.tries = tries + 1 };
}

struct task *
retry_take(struct prun_pool *pool)
{
	struct task *task = task_first(&pool->tasks, TASK_WAITING);

	while (task != NULL && task->ready) {
		if (retry_may_start(task)) {
			retry_forget(task);
			retry_prepare(task);
			return task;
		}
		/*
		 * After retry_put_off() another task may be the first that waits for
		 * that slot.
		 */
		task = task->no_host && retry_put_off(task) ?
		    task_first(&pool->tasks, TASK_WAITING) :
		    TAILQ_NEXT(task, entry);
	}
	return NULL;
}

bool
retry_is_next(const struct prun_pool *pool)
{
	return pool->nready > 0;
}

bool
retry_is_due_now(const struct prun_pool *pool)
{
	return pool->ndue > 0;
}

bool
retry_is_full(const struct prun_pool *pool)
{
	return pool->tasks.count[TASK_WAITING] +
	    pool->tasks.count[TASK_TRIED] >=
	    WAITING_MOST;
}

bool
retry_cancel(struct prun_pool *pool, uint64_t id)
{
	struct task *task = task_find(&pool->tasks, TASK_WAITING, id);

	if (task == NULL)
		return false;
	retry_forget(task);
	retry_end(task);
	return true;
}

void
retry_drop(struct prun_pool *pool)
{
	struct task *task;

	while ((task = task_first(&pool->tasks, TASK_TRIED)) != NULL)
		retry_end(task);
	while ((task = task_first(&pool->tasks, TASK_WAITING)) != NULL) {
		retry_forget(task);
		retry_end(task);
	}
}
