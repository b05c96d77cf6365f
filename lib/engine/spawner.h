/* SPDX-License-Identifier: ISC */

/*
 * Starts children: a task is handed over and comes back when its child runs or could
 * not be started, in no certain order.  The task's descriptors are opened at the last
 * moment, since the kernel copies all open descriptors at each start, those of waiting
 * tasks too.  The caller starts the first few children itself.  When more come, threads
 * start them side by side, because a parent waits in vfork for each child, and the
 * caller helps.  The threads live as long as the spawner: a child that is to die with
 * its parent dies with the thread that started it.  Only the owner's thread calls these
 * functions.
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
 * What has to be done before the start, in the same thread.  Returns 0; or -errno, and
 * then the result tells the step (PRUN_RESULT_NOT_STARTED) and nothing is started.
 */
typedef int spawn_prepare_fn(struct spawn_task *task);

/* Embedded in a job.  What start points to is lent until the task comes back. */
struct spawn_task {
	STAILQ_ENTRY(spawn_task) entry;
	struct start_request start;
	spawn_prepare_fn *prepare; /* NULL: nothing */
	/* A thread starts it, never the owner, who has others to serve. */
	bool background;
	int error; /* 0 or -errno of prepare, or what start_child() returned */
	void *owner;
};

/*
 * Called in a thread or in spawner_submit(): a task has come back, or a task waits that
 * the owner may help with.  The owner should soon call spawner_take() and
 * spawner_help().
 */
typedef void spawner_due_fn(void *arg);

/*
 * threads: how many; 0: as many as are useful for the CPUs; negative: none, the caller
 * starts everything.  There are never more than most.
 */
int spawner_new(int threads, unsigned most, spawner_due_fn *due, void *arg,
    struct spawner **sp);

/* The log is told of threads; it is lent. */
void spawner_set_log(struct spawner *sp, const struct log *log);

/* Wait until all tasks are back. */
void spawner_drain(struct spawner *sp);

/*
 * No task may be out.  In a forked process this frees the memory and waits for no
 * thread.
 */
void spawner_free(struct spawner *sp);

void spawner_submit(struct spawner *sp, struct spawn_task *task);

/*
 * Start one of the waiting tasks in the owner's thread, as long as starts are quick.
 * If more wait, due is called again.  False: there is nothing to help with.
 */
bool spawner_help(struct spawner *sp);

/* A task that has come back, or NULL. */
struct spawn_task *spawner_take(struct spawner *sp);

#endif
