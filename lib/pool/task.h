/* SPDX-License-Identifier: ISC */

/*
 * What the user asked to be run once: its plan, its result, its tries, and its place in
 * the output.  A worker runs each try.  A task is in the list of its state; the table
 * in task.c says which state may follow which.
 */
#ifndef POOL_TASK_H
#define POOL_TASK_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"
#include "output/task_output.h"
#include "process/plan.h"
#include "prun.h"
#include "transport/transport.h"

struct prun_pool;
struct worker;

enum task_state {
	TASK_IDLE = 0, /* memory for new tasks */
	TASK_QUEUED, /* not started */
	TASK_STARTING, /* the spawner, a worker or a host has it */
	TASK_RUNNING,
	TASK_DEAD, /* its process is gone */
	TASK_TRIED, /* its pipes are at their ends: was this the last try? */
	TASK_WAITING, /* it waits for its next try */
	TASK_ENDED, /* done is to be called */
	TASK_DELIVERING, /* done was called; its output has to be written */
	TASK_DELIVERED, /* the pool's delivered is to be called */
	TASK_STATES
};

struct tasks;

struct task {
	TAILQ_ENTRY(task) entry; /* in tasks->list[state] */
	enum task_state state;
	struct tasks *tasks; /* all of the pool's */
	struct prun_pool *pool;
	uint64_t id;
	unsigned slot; /* from 1; 0: none */
	unsigned weight; /* how much of the slots' weight it has taken */
	struct plan plan;
	struct transport transport;
	struct prun_result result;
	prun_retry_fn *retry; /* NULL: one try */
	prun_done_fn *done;
	void *arg;
	struct task_output output;
	struct capture input; /* a copy for all tries: see keep_input() */
	struct worker *worker; /* from STARTING to DEAD; else NULL */
	/* pool->nstarts at its start, if no other task was active then; else 0. */
	uint64_t alone;
	/* Its output was written as the so-many-th of all; 0: not yet. */
	uint64_t written;
	bool ahead; /* it may be sent to its host before it has a slot */
	bool no_host; /* no host may run its next try now */

	/* retry.c, while it is WAITING */
	struct loop_timer again;
	/* Its time has come: it is in the list of its slot. */
	TAILQ_ENTRY(task) due;
	bool ready; /* and its slot is free */
};

TAILQ_HEAD(task_list, task);

struct tasks {
	struct task_list list[TASK_STATES];
	uint64_t count[TASK_STATES];
};

void tasks_init(struct tasks *tasks);

/* A task from the idle ones, or a new one; NULL: there is no memory. */
struct task *task_new(struct tasks *tasks, struct prun_pool *pool);

/* Free the task, in whatever state; its output has been closed. */
void task_free(struct task *task);

/* Move the task to the end of another state's list, or to its head. */
void task_set_state(struct task *task, enum task_state state);
void task_set_state_first(struct task *task, enum task_state state);

/* The first task in that state, or NULL. */
struct task *task_first(const struct tasks *tasks, enum task_state state);

/* How many tasks are between their start and their end. */
unsigned tasks_active(const struct tasks *tasks);

/* The task with that id in that state, or NULL. */
struct task *task_find(const struct tasks *tasks, enum task_state state,
    uint64_t id);

/* The task with that id, if it is being started or runs; else NULL. */
struct task *task_find_running(const struct tasks *tasks, uint64_t id);

/*
 * As task_find_running(); also a task that waits for a slot, or is dead with open
 * pipes.
 */
struct task *task_find_active(const struct tasks *tasks, uint64_t id);

/* Call fn for each task that is between its start and its end; fn may end it. */
typedef void task_fn(struct task *task, void *arg);
void tasks_each_active(struct tasks *tasks, task_fn *fn, void *arg);

#endif
