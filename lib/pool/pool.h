/* SPDX-License-Identifier: ISC */

/*
 * The scheduler: which job runs now.  The functions of prun.h's prun_pool_* are
 * in pool_life.c (its making and its end), pool.c (steps), schedule.c (starting
 * and ending jobs), retry.c (starting them again), control.c (steering),
 * watch.c (what the host program has in the loop) and
 * orphans.c (what jobs leave behind).
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "output/writer.h"
#include "pool/job.h"
#include "pool/slots.h"
#include "prun.h"

struct prun_pool {
	struct job_host host;
	struct writer writer;
	struct slots slots;
	struct plan_base base;
	enum prun_output_mode mode;
	prun_delivered_fn *delivered; /* NULL: nobody wants to know */
	void *delivered_arg;
	bool keep;
	bool subreaper;
	bool held; /* nothing is to be started */
	bool suspended; /* all of it */
	int64_t delay; /* ns from start to start */
	int64_t next_start; /* clock_now() time: not before */
	struct loop_timer next_start_due;

	struct job_list queued; /* not started */
	struct job_list active; /* started, not ended */
	struct job_list tried; /* ended; whether it was the last try is open */
	struct job_list again; /* they wait for their next try */
	struct job_list ended; /* done is to be called */
	struct job_list
	    waiting; /* output is to be delivered, then the rest done */
	struct job_list spent; /* all is done: to be recycled */
	struct job_list idle; /* memory for new jobs */
	unsigned nactive, nrunning, nidle;
	unsigned nstarting; /* with the spawner */
	unsigned nended; /* ended, waiting and spent */
	unsigned ntried; /* tried and again */
	uint64_t nqueued;
	uint64_t nsubmitted; /* tries handed to the spawner so far */
	uint64_t last_id;
	uint64_t ntold; /* how many done calls were due so far */
	/*
	 * A start failed for want of something: the next is not before this
	 * clock_now() time, or a job's end.  0: nothing is wanting.
	 */
	int64_t short_until;
	struct loop_timer short_due;
	bool unsettled; /* a job has ended since the last flush */
	struct loop_timer flush_due; /* output waits for memory: then again */
	int lost; /* -errno: captured output could not be read back */
	bool closed;
	bool dropped; /* nothing is started any more */
	bool terminating;
	bool hurried; /* terminated twice */
	bool swept; /* what survived termination was killed */
	struct transport foreign; /* a job's that is, to kill what jobs leave */
	/*
	 * A job with a foreign transport that runs alone: every orphan since its
	 * submission is its own.  NULL: there is none.  Only to be compared.
	 */
	const struct job *sole;

	char run[32]; /* token of all jobs */
	struct buf variable; /* PRUN_JOB_ID=... of the job that is being made */
	char *outer; /* our own PRUN_JOB_ID=..., NULL: we are nobody's job */
	unsigned long long since; /* proc_now() at the beginning */
	pid_t spared; /* a child of the owner's; 0: none */
	int64_t orphans_reaped; /* clock_now() time of the last round */
	unsigned deaths; /* since then */

	struct mail
	    nudge; /* something was done outside of a step: one is due */
	/* watch.c: what the host program has in the loop. */
	LIST_HEAD(, prun_watch) watches;
	LIST_HEAD(, host_timer) host_timers;
	uint64_t last_host_timer;
	bool watch_freed; /* one of watches is */
	struct watch stall_watch; /* the descriptor with the slow reader */
	struct loop_timer guard_due;
	bool guard_wanted;
};

/* pool.c */
mail_fn pool_nudged;
/* For a timer that only makes the loop turn: what waited is settled after that. */
void pool_settle_again(void *arg);
void pool_nudge(void *arg); /* a step is due; any thread; arg: the pool */

/* schedule.c */
bool schedule_may_start(const struct prun_pool *pool);
void schedule_start(struct prun_pool *pool); /* as many as may run */
void schedule_started(struct prun_pool
	*pool); /* take back what the spawner is done with */
void schedule_finish(struct prun_pool *pool); /* call done, recycle */
void schedule_died(struct job *job);
void schedule_ended(struct job *job);
void schedule_delivered(struct task_output *o, void *arg);
uint64_t schedule_drop(struct prun_pool *pool);
/* It has had its last try. */
void schedule_last(struct prun_pool *pool, struct job *job);
/* Is there nothing against starting a job, save for slots? */
bool schedule_is_open(const struct prun_pool *pool);
/* It counts from the last start, also for what waits already. */
void schedule_set_delay(struct prun_pool *pool, int64_t delay);
/* Start it in job->slot, which is free. */
void schedule_submit(struct prun_pool *pool, struct job *job);

/* retry.c */
void retry_decide(struct prun_pool *pool); /* ask about those in tried */
void retry_start(struct prun_pool *pool);
/* Does one wait for nothing but weight?  Then it goes before new jobs. */
bool retry_is_next(const struct prun_pool *pool);
void retry_drop(struct prun_pool *pool);

/* watch.c */
bool pool_watches_anything(const struct prun_pool *pool);
void pool_watches_sweep(struct prun_pool *pool); /* between two turns */
void pool_watches_fini(struct prun_pool *pool);

/* orphans.c */
int orphans_init(struct prun_pool *pool);
bool orphans_leaked(struct job *job); /* for job_host.leaks */
/* For job_host.outlived: what is this job's for certain is killed. */
bool orphans_outlive(struct job *job);
void orphans_submitting(struct prun_pool *pool, const struct job *job);
void orphans_reap(struct prun_pool
	*pool); /* now and then, when a job has died */
void orphans_reap_all(struct prun_pool *pool); /* at the end */
void orphans_signal(struct prun_pool *pool,
    int sig); /* all that any job left */

#endif
