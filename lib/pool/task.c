/* SPDX-License-Identifier: ISC */

/*
 * Owns the states of tasks and the lists of them.  Knows neither processes nor slots.
 */
#include <stdlib.h>

#include "pool/task.h"

#ifdef PRUN_DEBUG
#include <assert.h>
#else
#define assert(condition) ((void)sizeof(condition))
#endif

#define TO(state) (1u << TASK_##state)

/* Which states may follow each state. */
static const unsigned task_next[TASK_STATES] = {
	[TASK_IDLE] = TO(QUEUED),
	[TASK_QUEUED] = TO(STARTING),
	/*
	 * The task runs; or it waits, since something was short; or its start has
	 * failed.
	 */
	[TASK_STARTING] = TO(RUNNING) | TO(QUEUED) | TO(DEAD),
	[TASK_RUNNING] = TO(DEAD),
	/* QUEUED: its worker had not read it, so another gets it. */
	[TASK_DEAD] = TO(TRIED) | TO(ENDED) | TO(QUEUED),
	[TASK_TRIED] = TO(WAITING) | TO(ENDED),
	[TASK_WAITING] = TO(STARTING) | TO(ENDED),
	[TASK_ENDED] = TO(DELIVERING) | TO(DELIVERED),
	[TASK_DELIVERING] = TO(DELIVERED),
	[TASK_DELIVERED] = TO(IDLE),
};

void
tasks_init(struct tasks *tasks)
{
	for (int state = 0; state < TASK_STATES; state++)
		TAILQ_INIT(&tasks->list[state]);
}

static void
task_leave(struct task *task)
{
	TAILQ_REMOVE(&task->tasks->list[task->state], task, entry);
	task->tasks->count[task->state]--;
}

static void
task_enter(struct task *task, enum task_state state)
{
	assert(task_next[task->state] & 1u << state);
	task_leave(task);
	task->state = state;
	task->tasks->count[state]++;
}

void
task_set_state(struct task *task, enum task_state state)
{
	task_enter(task, state);
	TAILQ_INSERT_TAIL(&task->tasks->list[state], task, entry);
}

void
task_set_state_first(struct task *task, enum task_state state)
{
	task_enter(task, state);
	TAILQ_INSERT_HEAD(&task->tasks->list[state], task, entry);
}

struct task *
task_first(const struct tasks *tasks, enum task_state state)
{
	return TAILQ_FIRST(&tasks->list[state]);
}

struct task *
task_new(struct tasks *tasks, struct prun_pool *pool)
{
	struct task *task = task_first(tasks, TASK_IDLE);

	if (task != NULL)
		return task;
	task = calloc(1, sizeof(*task));
	if (task == NULL)
		return NULL;
	task->tasks = tasks;
	task->pool = pool;
	TAILQ_INSERT_TAIL(&tasks->list[TASK_IDLE], task, entry);
	tasks->count[TASK_IDLE]++;
	return task;
}

void
task_free(struct task *task)
{
	task_leave(task);
	transport_fini(&task->transport);
	plan_fini(&task->plan);
	free(task);
}

unsigned
tasks_active(const struct tasks *tasks)
{
	return (unsigned)(tasks->count[TASK_STARTING] +
	    tasks->count[TASK_RUNNING] + tasks->count[TASK_DEAD]);
}

struct task *
task_find(const struct tasks *tasks, enum task_state state, uint64_t id)
{
	const struct task_list *list = &tasks->list[state];
	struct task *task;

	/*
	 * Whoever cancels all tasks begins with the first or with the last, so both are
	 * tried first.
	 */
	task = TAILQ_LAST(list, task_list);
	if (task != NULL && task->id == id)
		return task;
	TAILQ_FOREACH(task, list, entry) {
		if (task->id == id)
			return task;
	}
	return NULL;
}

struct task *
task_find_running(const struct tasks *tasks, uint64_t id)
{
	struct task *task = task_find(tasks, TASK_RUNNING, id);

	return task != NULL ? task : task_find(tasks, TASK_STARTING, id);
}

struct task *
task_find_active(const struct tasks *tasks, uint64_t id)
{
	struct task *task = task_find_running(tasks, id);

	if (task == NULL)
		task = task_find(tasks, TASK_QUEUED, id);
	return task != NULL ? task : task_find(tasks, TASK_DEAD, id);
}

void
tasks_each_active(struct tasks *tasks, task_fn *fn, void *arg)
{
	struct task *task, *next;

	for (int state = TASK_DEAD; state >= TASK_STARTING; state--) {
		TAILQ_FOREACH_SAFE(task, &tasks->list[state], entry, next)
			fn(task, arg);
	}
}
