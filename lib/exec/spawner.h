/* SPDX-License-Identifier: ISC */

/*
 * Who starts children: a task is handed over and comes back when its child runs
 * or could not be started, in no certain order.  Owner's thread.
 */
#ifndef EXEC_SPAWNER_H
#define EXEC_SPAWNER_H

#include <sys/queue.h>

#include "exec/stdio.h"
#include "prun.h"

struct child;
struct plan;
struct spawner;

/* Embedded in a job; all lent until the task comes back. */
struct spawn_task {
	STAILQ_ENTRY(spawn_task) entry;
	struct child *child;
	struct plan *plan;
	struct stdio
	    *stdio; /* its child's ends are closed when the task comes back */
	struct prun_result *result;
	int error; /* 0 or -errno: what child_start() returned */
	void *owner;
};

int spawner_new(struct spawner **sp);
void spawner_free(struct spawner *sp);

void spawner_submit(struct spawner *sp, struct spawn_task *task);

/* A task that has come back, or NULL. */
struct spawn_task *spawner_take(struct spawner *sp);

#endif
