/* SPDX-License-Identifier: ISC */

/*
 * Owns the end of tasks: done is called as soon as a task has ended, delivered when its
 * output has been written.  Knows neither starts nor slots.
 */
#include <stddef.h>
#include <stdlib.h>

#include "pool/pool.h"

/*
 * How many bytes the tasks may take that wait for their turn in the output.  What they
 * wrote is not counted, since it has limits of its own.
 */
#define BACKLOG_MOST ((size_t)256 * 1024 * 1024)

void
pool_free_task(struct task *task)
{
	mux_close(&task->pool->engine.mux, &task->output);
	capture_fini(&task->input, &task->pool->inputs);
	task_free(task);
}

static size_t
task_memory(const struct task *task)
{
	return sizeof(*task) + task->plan.text.size + task->output.tail.size;
}

void
delivery_begin(struct task *task)
{
	struct prun_pool *pool = task->pool;

	pool->unsettled = true;
	if (task->output.escaped) {
		task->result.flags |= PRUN_RESULT_NOT_HELD;
		task->result.error = -task->output.no_room;
	}
	task->written = pool->mode == PRUN_OUTPUT_NONE ? ++pool->nwritten : 0;
	task_set_state(task, TASK_ENDED);
	if (!task->written)
		mux_finish(&pool->engine.mux, &task->output);
}

/* Tasks are told of as delivered in the order in which their output was written. */
static void
delivery_set_delivered(struct task *task)
{
	struct task_list *list = &task->tasks->list[TASK_DELIVERED];
	struct task *before = TAILQ_LAST(list, task_list);

	task_set_state(task, TASK_DELIVERED);
	while (before != NULL && before->written > task->written)
		before = TAILQ_PREV(before, task_list, entry);
	TAILQ_REMOVE(list, task, entry);
	if (before == NULL)
		TAILQ_INSERT_HEAD(list, task, entry);
	else
		TAILQ_INSERT_AFTER(list, before, task, entry);
}

void
delivery_written(struct task_output *o, void *arg)
{
	struct task *task = (struct task *)((char *)o -
	    offsetof(struct task, output));
	struct prun_pool *pool = arg;

	task->written = ++pool->nwritten;
	/*
	 * The writer tells of output that could not be written.  Only an error of what
	 * was captured is noted here.
	 */
	if (o->error != 0)
		pool->lost = o->error;
	if (task->state != TASK_DELIVERING)
		return; /* done is told first */
	pool->backlog -= task_memory(task);
	delivery_set_delivered(task);
}

bool
delivery_is_full(const struct prun_pool *pool)
{
	return pool->backlog > BACKLOG_MOST &&
	    !mux_group_has_turn(&pool->engine.mux);
}

static void
delivery_tell_end(struct task *task)
{
	struct prun_pool *pool = task->pool;

	if (task->written != 0) {
		delivery_set_delivered(task);
	} else {
		plan_trim(&task->plan);
		task_set_state(task, TASK_DELIVERING);
		pool->backlog += task_memory(task);
		if (delivery_is_full(pool))
			mux_groups_let_out(&pool->engine.mux);
	}
	capture_fini(&task->input, &pool->inputs);
	pool->ntold++;
	if (task->done != NULL)
		task->done(&task->result, task->arg);
}

/*
 * Only delivered tells of output that was lost: done may be called before that is
 * known.
 */
static void
delivery_tell_delivered(struct task *task)
{
	const struct prun_pool *pool = task->pool;
	const struct task_output *o = &task->output;
	int error = o->error != 0 ? o->error : o->unwritten;

	if (error != 0)
		pool_log_lost(task, error);
	if (pool->delivered == NULL)
		return;
	if (error != 0) {
		task->result.flags |= PRUN_RESULT_OUTPUT_LOST;
		task->result.error = -error;
	}
	pool->delivered(&task->result, o->job.arg, pool->delivered_arg);
}

static void
delivery_recycle(struct task *task)
{
	struct prun_pool *pool = task->pool;

	task_set_state(task, TASK_IDLE);
	if (pool->tasks.count[TASK_IDLE] > pool->slots.n)
		pool_free_task(task);
}

void
delivery_tell(struct prun_pool *pool)
{
	struct task *task;

	while ((task = task_first(&pool->tasks, TASK_ENDED)) != NULL)
		delivery_tell_end(task);
	while ((task = task_first(&pool->tasks, TASK_DELIVERED)) != NULL) {
		delivery_tell_delivered(task);
		delivery_recycle(task);
	}
}
