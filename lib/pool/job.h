/* SPDX-License-Identifier: ISC */

/*
 * One job from its start to its end: its child, its pipes (job_pipe.h), its
 * clocks.  A job has ended when its child is reaped and its pipes are closed;
 * either may come first.
 */
#ifndef POOL_JOB_H
#define POOL_JOB_H

#include <sys/queue.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/spawner.h"
#include "event/loop.h"
#include "event/mailbox.h"
#include "event/timer.h"
#include "kill/terminate.h"
#include "output/mux.h"
#include "pool/job_pipe.h"
#include "process/child.h"
#include "process/plan.h"
#include "process/stdio.h"
#include "prun.h"
#include "transport/transport.h"

struct guard;
struct job;

#define JOB_TOKEN_SIZE 64

/* What is posted to a job's mail. */
#define JOB_MAIL_KILLED 0x1u /* its tree is gone, or all was tried */

/* What jobs stand on; the pool's. */
struct job_host {
	struct loop loop;
	struct mux mux;
	struct timer *timer;
	struct terminator terminator;
	struct spawner *spawner;
	struct guard *guard; /* NULL: none */
	int null; /* /dev/null */
	bool capture; /* stdout and stderr that are not spoken for */
	int64_t leak_timeout; /* ns; negative: for ever */
	enum prun_leak leak;
	double timeout; /* of jobs that say none */
	unsigned paused; /* pipes that are left alone for a while */
	unsigned busy; /* so many of the next may fill their pipes at once */

	/* Has it left processes behind?  Asked between its death and its reaping. */
	bool (*leaks)(struct job *job);
	/*
	 * It was killed, as its transport kills: does another user's process live
	 * on that is, or may be, of it?
	 */
	bool (*outlived)(struct job *job);
	/* Told to the pool, which may not free the job in these. */
	void (*died)(struct job *job); /* its slot is free */
	void (*ended)(struct job *job);
	void *pool;
};

struct job {
	TAILQ_ENTRY(job) entry; /* in the pool's list of its state */
	struct job_host *host;
	uint64_t id;
	unsigned slot; /* from 1; 0: none */
	unsigned weight; /* that it has taken there */
	struct plan plan;
	struct transport transport;
	struct prun_result result;
	prun_retry_fn *retry;
	prun_done_fn *done;
	void *arg;

	struct child child;
	struct stdio stdio;
	struct spawn_task task;
	struct watch death;

	struct job_pipe pipe[2]; /* stdout, stderr */

	uint64_t alone; /* pool's nsubmitted, when no other was active; or 0 */
	bool running; /* started and not reaped */
	bool reaped;
	bool ended;
	bool due; /* for its next try */
	bool timed; /* there is a timeout to be kept */
	bool checked; /* for what it left behind */
	bool suspended;
	int64_t suspended_at; /* clock_now() time */
	int64_t suspended_for; /* before that, ns */
	bool delivered; /* its outlet is done with */
	bool told; /* done was called */

	struct task_output task_output;
	struct timer_event timeout;
	struct loop_timer leak; /* while it lives: the next look at its death */
	bool leak_pending;
	bool no_grace; /* its pipes are not waited for once it is dead */
	struct loop_timer again; /* the next try */
	struct termination termination;
	atomic_bool timed_out;
	struct mail mail;
	char token[JOB_TOKEN_SIZE]; /* what its processes carry, see tree.h */
};

TAILQ_HEAD(job_list, job);

/* A job in memory that is all zero. */
void job_init(struct job *job, struct job_host *host);
void job_fini(struct job *job);

/* For the next use of the same memory: everything but plan, done and arg. */
void job_reset(struct job *job);

/* Hand it to the spawner. */
void job_submit(struct job *job);

/*
 * The spawner is done with it: watch it.  0: it runs, or it has ended because
 * it could not be started (see result).  -EAGAIN: not started for want of processes, memory or
 * descriptors; it may be submitted again.
 */
int job_spawned(struct job *job);

/* Give up on a job that could not be started: -errno of that step. */
void job_fail(struct job *job, enum prun_step step, int error);

/* For the host's terminator. */
void job_killed(struct termination *x, void *arg);

/* Kill its tree; its end is told as always.  Nothing when it is dead. */
void job_terminate(struct job *job);

/* Its end is told, once, if it is reaped and its pipes are closed. */
void job_end(struct job *job);

/*
 * job_time.c: its time runs from the start on, but not while it is suspended.
 * _arm(): anew, after anything of that has changed.
 */
void job_arm(struct job *job);
void job_suspend(struct job *job);
void job_continue(struct job *job);

/* The same: job->due is set when it is time to try it again, in so many seconds. */
void job_try_after(struct job *job, double seconds);

#endif
