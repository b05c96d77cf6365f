/* SPDX-License-Identifier: ISC */

/*
 * The scheduler: which task runs now.  What its files own, and who calls whom, from
 * the bottom:
 *
 *	task.c		states and lists of tasks
 *	pool_log.c	lines of the pool's log
 *	delivery.c	ends a task: calls done, writes the output, calls delivered
 *	retry.c		tasks that are tried again
 *	orphans.c	what jobs leave behind
 *	submit.c	jobs that wait to be tasks
 *	crew.c		the workers that stay
 *	throttle.c	how many of them work at a time
 *	schedule.c	starts, and what workers tell of themselves
 *	ahead.c		tasks that were sent to hosts before they have a slot
 *	watch.c		what the host program has in the loop
 *	pool.c		steps
 *	control.c	steering
 *	pool_life.c	its making and its end
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "output/writer.h"
#include "pool/task.h"
#include "prun.h"

/*
 * Slot numbers from 1: the lowest free one is given out.  A job has one number
 * and may count for several: its weight.
 */

struct slots {
	unsigned long *taken; /* a bit for each */
	unsigned n;
	unsigned most; /* that n may be */
	unsigned
	    used; /* weight that is taken: more than n after n was lowered */
};

/* most: at least n. */
int slots_init(struct slots *s, unsigned n, unsigned most);
void slots_fini(struct slots *s);

/* The weight that is free. */
unsigned slots_room(const struct slots *s);

/* What a job of that weight takes here: 1 to n. */
unsigned slots_weight(const struct slots *s, unsigned weight);

/* The lowest free one, 0 when there is no room; it stays free. */
unsigned slots_peek(const struct slots *s);
bool slots_is_free(const struct slots *s, unsigned slot);
void slots_take(struct slots *s, unsigned slot, unsigned weight);
void slots_give(struct slots *s, unsigned slot, unsigned weight);

struct crew;

/*
 * throttle.c: how many tasks of workers that stay are in flight at a time.  Short tasks that
 * keep the CPUs busy are done sooner when no more than one for each CPU, and one more, are:
 * each further worker only drives the others out of the caches.  Tasks that wait for
 * something need all slots.  Nobody says which they are, so both ways take turns, and are measured.
 */
struct throttle {
	unsigned few; /* tasks at a time; 0: no task is ever kept back */
	unsigned old; /* tasks that last: they count for nothing */
	bool open; /* no task is kept back now */
	bool asked; /* since the last look there was more to do than few */
	unsigned served; /* tasks since the last look */
	int looks; /* since it was open; below 0 while the first workers start */
	int64_t since; /* clock_now() time of the last look */
	int64_t used; /* CPU time of the workers until then: ns */
	double rate; /* tasks a nanosecond, when it was open last */
	int64_t stay; /* ns that it is to be open the next time */
	struct loop_timer look;
};

struct prun_pool {
	pid_t owner; /* the process whose jobs these are */
	unsigned
	    inside; /* calls from which the host's functions may be called */
	struct engine engine;
	struct writer writer;
	struct slots slots;
	struct plan_base base;
	enum prun_output_mode mode;
	bool keep;
	bool subreaper;

	struct tasks tasks;
	/* submit.c: behind the tasks that are queued */
	TAILQ_HEAD(waiting_list, waiting) waiting;
	uint64_t nwaiting;
	SLIST_HEAD(, worker) idle_workers;
	unsigned nidle_workers;
	struct crew *crew; /* NULL: no workers stay */
	struct throttle throttle;
	uint64_t last_id;

	/* Copied input of tasks, which their tries read. */
	struct capture_store inputs;

	/* delivery.c */
	prun_delivered_fn *delivered; /* NULL: nobody wants to know */
	void *delivered_arg;
	size_t backlog; /* bytes of memory of those that are DELIVERING */
	uint64_t nwritten; /* how many were written so far */
	uint64_t ntold; /* how many were ENDED so far */
	/* retry.c */
	prun_may_try_fn *may_try; /* NULL: a further try may always start */
	void *may_try_arg;
	int lost; /* -errno: captured output could not be read back */

	/* retry.c */
	struct task_list *due; /* by slot - 1; NULL: no task may be retried */
	unsigned ndue; /* whose time has come */
	unsigned nready; /* of these: whose slot is free */

	/* schedule.c */
	bool held; /* nothing is to be started */
	bool suspended; /* all of it */
	bool closed; /* nothing is taken any more */
	bool dropped; /* nothing is started any more */
	bool unsettled; /* something has ended since the last flush */
	uint64_t nstarts; /* tries handed to the spawner so far */
	int64_t delay; /* ns from start to start */
	int64_t next_start; /* clock_now() time: not before */
	struct loop_timer next_start_due;
	/*
	 * A start failed for want of something: the next is not before this
	 * clock_now() time, or a job's end.  0: nothing is wanting.
	 */
	int64_t short_until;
	struct loop_timer short_due;
	int64_t fork_wait; /* ns to try when no process can be started */
	/* Since when no process could be started, though no job ran; 0: it could. */
	int64_t alone_since;

	/* pool.c */
	bool terminating;
	bool hurried; /* terminated twice */
	bool swept; /* what survived termination was killed */
	struct loop_timer flush_due; /* output waits for memory: then again */
	struct watch stall_watch; /* the descriptor with the slow reader */
	struct loop_timer guard_due;
	bool guard_wanted;

	/* watch.c */
	LIST_HEAD(, prun_watch) watches;
	RB_HEAD(host_timers, host_timer) host_timers; /* by id */
	uint64_t last_host_timer;
	bool watch_freed; /* one of watches is */

	/* orphans.c */
	LIST_ENTRY(prun_pool) entry; /* among all pools of this process */
	bool listed;
	char run[32]; /* the mark of all jobs */
	struct buf variable; /* PRUN_JOB_ID=... of the job that is being made */
	char *outer; /* our own PRUN_JOB_ID=..., NULL: we are nobody's job */
	unsigned long long since; /* proc_now() at the beginning */
	int64_t orphans_reaped; /* clock_now() time of the last round */
	unsigned deaths; /* since then */
	struct transport foreign; /* of a job, for what jobs leave */
	/*
	 * Of a foreign transport; since it was started no orphan can be another's.
	 * NULL: no task is like that.  Only to be compared.
	 */
	const struct task *sole;
};

/* Not in a process that was forked from the owner: then it can only be freed. */
bool pool_is_ours(const struct prun_pool *pool);
/* 0; -EPERM: it is not ours; -EDEADLK: a function of the host's is the caller. */
int pool_enter(struct prun_pool *pool);
void pool_leave(struct prun_pool *pool);

/* A step is due: something was changed outside of one.  Any thread. */
void pool_nudge(void *pool);

/* Before each start of a job: something ends the jobs if this process is killed. */
void pool_guard_first(struct prun_pool *pool);
/* For a timer that only makes the loop turn: what waited is settled after that. */
void pool_settle_again(void *arg);

/* control.c, for the agent.  0, or -ESRCH. */

/* Leave what that job writes in its pipes, until told otherwise. */
int pool_hold_output(struct prun_pool *pool, uint64_t id, bool hold);
/* Let that job take so many seconds from its start on; 0: as long as it likes. */
int pool_set_job_timeout(struct prun_pool *pool, uint64_t id, double seconds);

/* delivery.c */

/* Free a task, in whatever state, and what is left of its output. */
void pool_free_task(struct task *task);
/* It has had its last try: it is told of, and its output is written in its turn. */
void delivery_begin(struct task *task);
/* For the mux: all that it wrote has been written. */
void delivery_written(struct task_output *o, void *arg);
/* Call done and delivered of those that are due, and recycle their memory. */
void delivery_tell(struct prun_pool *pool);
/* Do those that wait for delivery take too much memory? */
bool delivery_is_full(const struct prun_pool *pool);

/* pool_log.c: what the pool's log is told, if there is one. */
void pool_log_started(const struct task *task);
void pool_log_waits(const struct task *task,
    int error); /* for want of something */
void pool_log_ended(const struct task *task); /* a try of it */
void pool_log_again(const struct task *task, double seconds);
void pool_log_lost(const struct task *task, int error);

/* retry.c */

/* Tasks may be retried from now on.  0 or -ENOMEM. */
int retry_provide(struct prun_pool *pool);
/* Ask about those that were TRIED: they wait for another try, or have ended. */
void retry_decide(struct prun_pool *pool);
/* A slot has become free. */
void retry_slot_is_free(struct prun_pool *pool, unsigned slot);
/* The next that may be started now, prepared for its try; NULL: none. */
struct task *retry_take(struct prun_pool *pool);
/* Does one wait for nothing but weight?  Then it goes before new tasks. */
bool retry_is_next(const struct prun_pool *pool);
/* Does one wait for nothing but its slot, or a host? */
bool retry_is_due_now(const struct prun_pool *pool);
/* Do so many wait that no new tasks should be taken? */
bool retry_is_full(const struct prun_pool *pool);
/* What waits has had its last try. */
void retry_drop(struct prun_pool *pool);
/* The same of one.  Whether it was waiting. */
bool retry_cancel(struct prun_pool *pool, uint64_t id);

/* orphans.c */
int orphans_init(struct prun_pool *pool);
void orphans_fini(struct prun_pool *pool);
bool orphans_left_by(struct worker *w); /* for worker_ops.leaves */
/* For worker_ops.is_outlived: what is this job's for certain is killed. */
bool orphans_outlive(struct worker *w);
void orphans_starting(struct prun_pool *pool, const struct task *task);
void orphans_reap(struct prun_pool
	*pool); /* now and then, when a job has died */
void orphans_reap_all(struct prun_pool *pool); /* at the end */
/* To all that any job left. */
void orphans_signal(struct prun_pool *pool, int sig);

/*
 * crew.c: the workers that stay.  Each slot has its own, and sometimes the one that is to
 * come after that.  They are started when a task needs them, replaced when they have
 * served enough, and let go at the end.
 */

/* For a pool without workers crew is NULL, and these do nothing. */

/* 0, -EINVAL or -ENOMEM. */
int crew_new(const struct prun_worker_opts *opts, unsigned slots,
    struct crew **cp);

/*
 * Give the task, which has its slot, to the worker of that slot.  0, or -errno: nothing
 * has happened.
 */
int crew_start(struct prun_pool *pool, struct task *task);

/*
 * What workers tell: its task, if it had one, has ended and is not the worker's any more.
 */
void crew_served(struct prun_pool *pool, struct worker *w);
void crew_died(struct prun_pool *pool, struct worker *w);
void crew_silent(struct worker *w); /* for worker_ops.silent */
/* Whether the task that it had is to be given to another. */
bool crew_ended(struct prun_pool *pool, struct worker *w, bool had_task);
/* One that was started ahead runs, or there was a shortage. */
void crew_started(struct prun_pool *pool, struct worker *w, int error);
/* Its start is to be tried again later, with another. */
void crew_drop(struct prun_pool *pool, struct worker *w);

/* CPU time of the workers that live, without that of their children: ns. */
int64_t crew_cpu_time(const struct crew *crew);

bool crew_is_alive(const struct crew *crew);
/* No more tasks come: let all go.  Only those of slots above n. */
void crew_let_go(struct crew *crew, unsigned n);
void crew_kill(struct crew *crew);
/* Between turns of the loop: free those that have ended. */
void crew_trim(struct crew *crew);
/* The Timer thread has ended: SIGKILL, and wait. */
void crew_destroy(struct crew *crew);
void crew_free(struct crew *crew);

/* throttle.c */

/* The pool's workers stay. */
void throttle_init(struct prun_pool *pool);
/* May one more be in flight?  If not, the loop will turn when it may. */
bool throttle_allows(struct prun_pool *pool);
/* One has ended. */
void throttle_served(struct prun_pool *pool);

/* submit.c */

/*
 * What prun_pool_apply_async() does.  owner: what others than done are told that the
 * job is the caller's by.  id: may be NULL.
 */
int pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, void *owner, uint64_t *id);
/* The mark of that number into mark, and as a variable into pool->variable.  0 or -ENOMEM. */
int submit_mark(struct prun_pool *pool, uint64_t number, char *mark);
/* Put into the plan of a process that the pool starts what all of these have. */
void submit_dress(const struct prun_pool *pool, struct plan *plan,
    const struct prun_spec *spec, const char *mark);
/* Tasks have left the queue: others come. */
void submit_refill(struct prun_pool *pool);
/* Whether the job was waiting to be a task; it is forgotten. */
bool submit_cancel(struct prun_pool *pool, uint64_t id);
/* Forget all of them.  How many there were. */
uint64_t submit_drop(struct prun_pool *pool);

/*
 * ahead.c: may a task of that spec be sent ahead, and may this one be now; the worker of
 * another that has ended leaves its slot to a task that was sent ahead, if there is one; a
 * host has given this one back; ask for one, or for all.
 */
bool ahead_is_possible(const struct prun_spec *spec);
bool ahead_may_go(const struct task *task);
bool ahead_inherits(const struct task *task);
void ahead_back(struct task *task);
bool ahead_recall(struct prun_pool *pool, uint64_t id);
void ahead_recall_all(struct prun_pool *pool);
/* What prun_host_ahead() and prun_pool_ahead() return. */
int ahead_room(const struct prun_pool *pool, const struct prun_host *host);
unsigned ahead_count(const struct prun_pool *pool);

/* schedule.c */
extern const struct worker_ops schedule_worker_ops;

/*
 * Have an idle worker.  0 or -ENOMEM.  The pool has one from the beginning: so no
 * shortage can last when nothing runs.
 */
int schedule_provide_worker(struct prun_pool *pool);
void schedule_start(struct prun_pool *pool); /* as many as may run */
/* Between turns of the loop: no more than one idle worker for each slot is kept. */
void schedule_trim_workers(struct prun_pool *pool);
bool schedule_may_start(struct prun_pool *pool);
/* Is there nothing against a start, save for slots? */
bool schedule_is_open(const struct prun_pool *pool);
/* Its worker has no task any more. */
void schedule_release_worker(struct task *task);
uint64_t schedule_drop(struct prun_pool *pool);
/* Whether the task was waiting to be started. */
bool schedule_cancel(struct prun_pool *pool, uint64_t id);
/* It counts from the last start, also for what waits already. */
void schedule_set_delay(struct prun_pool *pool, int64_t delay);

/* watch.c */
bool pool_watches_anything(const struct prun_pool *pool);
void pool_watches_sweep(struct prun_pool *pool); /* between two turns */
void pool_watches_fini(struct prun_pool *pool);

#endif
