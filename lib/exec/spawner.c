/* SPDX-License-Identifier: ISC */

/*
 * Owns the starting of children in the scheduler's eyes: asynchronous, here
 * still in the calling thread.  Threads that start side by side change this
 * file and nothing else.
 */
#include <errno.h>
#include <stdlib.h>

#include "exec/child.h"
#include "exec/plan.h"
#include "exec/spawn.h"
#include "exec/spawner.h"

struct spawner {
	STAILQ_HEAD(, spawn_task) back;
	void *stack;
};

int
spawner_new(struct spawner **spp)
{
	struct spawner *sp = calloc(1, sizeof(*sp));

	if (sp == NULL)
		return -ENOMEM;
	STAILQ_INIT(&sp->back);
	sp->stack = spawn_stack_new();
	if (sp->stack == NULL) {
		free(sp);
		return -ENOMEM;
	}
	*spp = sp;
	return 0;
}

void
spawner_free(struct spawner *sp)
{
	if (sp == NULL)
		return;
	spawn_stack_free(sp->stack);
	free(sp);
}

void
spawner_submit(struct spawner *sp, struct spawn_task *task)
{
	task->error = child_start(task->child, task->plan, task->stdio->child,
	    sp->stack, task->result);
	stdio_close_child(task->stdio);
	STAILQ_INSERT_TAIL(&sp->back, task, entry);
}

struct spawn_task *
spawner_take(struct spawner *sp)
{
	struct spawn_task *task = STAILQ_FIRST(&sp->back);

	if (task != NULL)
		STAILQ_REMOVE_HEAD(&sp->back, entry);
	return task;
}
