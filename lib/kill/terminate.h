/* SPDX-License-Identifier: ISC */

/*
 * The killing of jobs.  The Timer thread takes the steps of the kill sequence, one after
 * the other, against a job's whole tree, until no process of the tree lives.
 */
#ifndef KILL_TERMINATE_H
#define KILL_TERMINATE_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sized.h"
#include "event/timer.h"
#include "process/child.h"

/* A kill sequence, "TERM,200,KILL,25": signals and the waits behind them. */

#define TERMSEQ_STEPS 32

struct termseq {
	size_t n;

	struct termseq_step {
		int sig;
		int64_t wait; /* nanoseconds */
	} step[TERMSEQ_STEPS];
};

/*
 * 0 or -EINVAL.  If the last signal has no wait behind it, it is waited for as long as
 * for KILL.
 */
int termseq_parse(const char *text, struct termseq *seq);

struct terminate_batch;
struct tree_kill;

/* Does what tree_kill() does, with rights that this process lacks. */
typedef int terminate_kill_fn(struct tree_kill *tree, int sig, void *arg);

/* The kill of one job; embedded in the job. */
struct termination {
	TAILQ_ENTRY(termination) entry;
	/* Held from terminator_start() until ended() releases it. */
	struct child *child;
	const char *job_mark; /* see tree.h; lent until the end */
	unsigned long long
	    started; /* proc_now() from before the child's start */
	struct terminate_batch
	    *batch; /* it is killed in this batch; NULL: it waits for one */
	terminate_kill_fn *kill; /* NULL: tree_kill() */
	void *kill_arg; /* lent until the end */
	bool
	    survived; /* a member lives on, which this process may not signal */
	bool active;
	bool dead; /* its leader is known to be dead; false for a new child */
};

TAILQ_HEAD(termination_list, termination);

/*
 * The job's tree is gone, or the whole sequence has been tried.  Called in the Timer
 * thread.  The child is still held: the function calls child_release().
 */
typedef void terminate_ended_fn(struct termination *x, void *arg);

struct terminator {
	pthread_mutex_t lock;
	struct timer *timer; /* lent */
	/* Gathers the terminations that start at the same time into a batch. */
	struct timer_event event;
	struct termination_list waiting;
	bool hurry; /* those that wait get SIGKILL at once */
	LIST_HEAD(, terminate_batch) batches;
	/*
	 * A batch for one job, used when there is no memory for a new one; NULL while
	 * it is in use.
	 */
	struct terminate_batch *spare;
	struct termseq seq;
	terminate_ended_fn *ended;
	void *arg;
	const struct log *log; /* lent; NULL: nothing is logged */
};

void terminator_init(struct terminator *t, struct timer *timer,
    const struct termseq *seq, terminate_ended_fn *ended, void *arg);

/* Call it only when the timer has been freed, or no termination is active. */
void terminator_fini(struct terminator *t);

/*
 * Kill x->child's tree; x->child, mark and started are set.  0: ended() will be
 * called; -ESRCH: reaped already; -EALREADY: it is being killed; -errno.
 * Any thread.
 */
int terminator_start(struct terminator *t, struct termination *x);

/*
 * The leader of x has died: look soon whether other processes of the tree live.  Any
 * thread.
 */
void terminator_leader_died(struct terminator *t, struct termination *x);

/*
 * Send SIGKILL to all jobs that are being killed, without waiting for their next step.
 * Any thread.
 */
void terminator_hurry(struct terminator *t);

#endif
