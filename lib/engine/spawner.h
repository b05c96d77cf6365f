/* SPDX-License-Identifier: ISC */

/*
 * Who starts children: a task is handed over and comes back when its child runs
 * or could not be started, in no certain order.  Its descriptors are opened
 * last: a start copies all that are open, those of waiting tasks too.  The first
 * few are started by the caller; when more come, threads start them side by
 * side, since a parent waits in vfork for each, and the caller helps.  The
 * threads live as long as the spawner: a child that is to die with its parent
 * dies with the thread that started it.  Owner's thread.
 */
#ifndef ENGINE_SPAWNER_H
#define ENGINE_SPAWNER_H

#include <sys/queue.h>

#include <stdbool.h>

#include "base/sized.h"
#include "transport/start.h"

struct spawn_task;
struct spawner;

/*
 * What is to be done before the start, in the same thread.  0; or -errno, the result
 * tells the step (PRUN_RESULT_NOT_STARTED), and nothing is started.
 */
typedef int spawn_prepare_fn(struct spawn_task *task);

/* Embedded in a job; what start points to is lent until the task comes back. */
struct spawn_task {
	STAILQ_ENTRY(spawn_task) entry;
	struct start_request start;
	spawn_prepare_fn *prepare; /* NULL: nothing */
	bool background; /* the owner has others to serve: a thread starts it */
	int error; /* 0 or -errno: of prepare, or what start_child() returned */
	void *owner;
};

/*
 * A thread has a task back, or one waits that the owner may help with: he is to
 * call _take() and _help() soon.  In a thread or in _submit().
 */
typedef void spawner_due_fn(void *arg);

/*
 * threads: how many; 0: what the CPUs are good for, negative: none, the caller
 * starts everything.  Never more than most.
 */
int spawner_new(int threads, unsigned most, spawner_due_fn *due, void *arg,
    struct spawner **sp);

/* Whom to tell of threads; lent. */
void spawner_set_log(struct spawner *sp, const struct log *log);

/* Wait until all tasks are back. */
void spawner_drain(struct spawner *sp);

/* No task may be out.  In a forked process it frees memory, and waits for no thread. */
void spawner_free(struct spawner *sp);

void spawner_submit(struct spawner *sp, struct spawn_task *task);

/*
 * Start one of those that wait, in the owner's thread, while starts are quick;
 * he is told when more wait.  False: there is nothing to help with.
 */
bool spawner_help(struct spawner *sp);

/* A task that has come back, or NULL. */
struct spawn_task *spawner_take(struct spawner *sp);

#endif
