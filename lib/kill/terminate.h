/* SPDX-License-Identifier: ISC */

/*
 * The killing of jobs: the steps of a kill sequence, one after the other, for a
 * job's whole tree, from the Timer thread, until nothing of it lives.
 */
#ifndef KILL_TERMINATE_H
#define KILL_TERMINATE_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "event/timer.h"
#include "kill/termseq.h"
#include "process/child.h"

struct terminate_batch;
struct tree_kill;

/* tree_kill() by rights that this process lacks. */
typedef int terminate_kill_fn(struct tree_kill *tree, int sig, void *arg);

/* One job's part; embedded in the job. */
struct termination {
	TAILQ_ENTRY(termination) entry;
	struct child *child; /* held from the start to the end of it */
	const char *job_mark; /* see tree.h; lent until the end */
	unsigned long long
	    started; /* proc_now() from before the child's start */
	struct terminate_batch
	    *batch; /* that it is killed with; NULL: waiting for one */
	terminate_kill_fn *kill; /* NULL: tree_kill() */
	void *kill_arg; /* lent until the end */
	bool survived; /* some of it lives on, for want of rights */
	bool active;
	bool dead; /* its leader was seen dead; false for a fresh child */
};

TAILQ_HEAD(termination_list, termination);

/*
 * The tree is gone, or all was tried.  In the Timer thread.  The child is still
 * held: child_release() it.
 */
typedef void terminate_ended_fn(struct termination *x, void *arg);

struct terminator {
	pthread_mutex_t lock;
	struct timer *timer; /* lent */
	struct timer_event event; /* gathers what starts at the same time */
	struct termination_list waiting;
	bool hurry; /* what waits is to be killed at once */
	LIST_HEAD(, terminate_batch) batches;
	/* For one job at a time, when there is no memory; NULL: one of these will be. */
	struct terminate_batch *spare;
	struct termseq seq;
	terminate_ended_fn *ended;
	void *arg;
};

void terminator_init(struct terminator *t, struct timer *timer,
    const struct termseq *seq, terminate_ended_fn *ended, void *arg);

/* The timer must have been freed, or nothing be active. */
void terminator_fini(struct terminator *t);

/*
 * Kill x->child's tree; x->child, mark and started are set.  0: ended() will be
 * called; -ESRCH: reaped already; -EALREADY: it is being killed; -errno.
 * Any thread.
 */
int terminator_start(struct terminator *t, struct termination *x);

/* The leader of x has died: look whether that was the last of the tree.  Any thread. */
void terminator_leader_died(struct terminator *t, struct termination *x);

/* Go on to SIGKILL in all that is active.  Any thread. */
void terminator_hurry(struct terminator *t);

#endif
