/* SPDX-License-Identifier: ISC */

/*
 * The scheduler: which task runs now.  What its files own, from the bottom: a file calls
 * only those that stand above it in this list.
 *
 *	task.c		states and lists of tasks
 *	slots.c		numbers of slots
 *	pool_log.c	lines of the pool's log
 *	watch.c		what the host program has in the loop
 *	delivery.c	ends a task: calls done, writes the output, calls delivered
 *	retry.c		tasks that are tried again
 *	orphans.c	what jobs leave behind
 *	crew.c		the workers that stay
 *	throttle.c	how many of them work at a time
 *	ahead.c		tasks that were sent to hosts before they have a slot
 *	submit.c	jobs that wait to be tasks
 *	schedule.c	starts, and what workers tell of themselves
 *	pool.c		steps
 *	control.c	changes of a pool that runs
 *	pool_life.c	its making and its end
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/worker.h"
#include "output/writer.h"
#include "pool/task.h"
#include "prun.h"

/*
 * Slots are numbered from 1; the lowest free one is given out.  A job has one number,
 * and may take the place of several jobs: its weight.
 */

struct slots {
	unsigned long *taken; /* a bit for each slot */
	unsigned n;
	unsigned most; /* n never grows beyond it */
	unsigned
	    used; /* weight that is taken: more than n after n was lowered */
};

/* most is at least n.  0 or -errno. */
int slots_init(struct slots *s, unsigned n, unsigned most);
void slots_fini(struct slots *s);

/* How much weight is free. */
unsigned slots_room(const struct slots *s);

/* How much of its weight a job takes here: 1 to n. */
unsigned slots_weight(const struct slots *s, unsigned weight);

/* The lowest free slot, 0 when there is no room.  It stays free. */
unsigned slots_peek(const struct slots *s);
bool slots_is_free(const struct slots *s, unsigned slot);
void slots_take(struct slots *s, unsigned slot, unsigned weight);
void slots_give(struct slots *s, unsigned slot, unsigned weight);

struct crew;

/*
 * throttle.c: how many tasks of workers that stay are in flight at a time.  If tasks
 * are short and keep the CPUs busy, they are done sooner when there is only one for
 * each CPU, and one more: each further worker only drives the others out of the caches.
 * Tasks that wait for something need all slots.  Nobody says which kind they are, so
 * both ways take turns and are measured.
 */
struct throttle {
	/* How many tasks at a time; 0: no task is ever kept back. */
	unsigned few;
	unsigned old; /* tasks that take long: they are not counted */
	bool open; /* no task is kept back now */
	bool asked; /* since the last look more than few tasks could have run */
	unsigned served; /* how many tasks ended since the last look */
	/* Looks since it was open last; below 0 while the first workers start. */
	int looks;
	int64_t since; /* clock_now() time of the last look */
	/* Nanoseconds of CPU time that the workers had used at the last look. */
	int64_t used;
	double rate; /* tasks in a nanosecond, when it was open last */
	int64_t stay; /* nanoseconds that it is to stay open the next time */
	struct loop_timer look;
};

struct prun_pool {
	pid_t owner; /* the process that has started the jobs */
	unsigned
	    inside; /* calls from which the host's functions may be called */
	struct engine engine;
	struct writer writer;
	struct slots slots;
	struct plan_base base;
	pid_t batch; /* the thread that has got SCHED_BATCH; 0: none */
	enum prun_output_mode mode;
	bool keep;
	bool subreaper;

	struct tasks tasks;
	/* submit.c: jobs that wait behind the queued tasks */
	TAILQ_HEAD(waiting_list, waiting) waiting;
	uint64_t nwaiting;
	SLIST_HEAD(, worker) idle_workers;
	unsigned nidle_workers;
	struct crew *crew; /* NULL: no workers stay */
	struct throttle throttle;
	uint64_t last_id;

	/* The input of tasks, copied for all their tries. */
	struct capture_store inputs;

	/* delivery.c */
	prun_delivered_fn *delivered; /* NULL: nobody is told */
	void *delivered_arg;
	size_t backlog; /* bytes of memory that the tasks in DELIVERING take */
	uint64_t nwritten; /* how many tasks' output was written so far */
	uint64_t ntold; /* how many tasks' ends were told so far */
	/* retry.c */
	prun_may_try_fn *may_try; /* NULL: a further try may always start */
	void *may_try_arg;
	int lost; /* -errno: captured output could not be read back */

	/* retry.c */
	/* Index: slot - 1; NULL: no task may be retried. */
	struct task_list *due;
	unsigned ndue; /* tasks whose time has come */
	unsigned nready; /* those of them whose slot is free */

	/* schedule.c */
	bool held; /* prun_pool_pause(): nothing is started for now */
	bool suspended; /* all jobs stand still */
	bool closed; /* no more jobs are taken */
	bool dropped; /* nothing is started any more */
	bool unsettled; /* something has ended since the last flush */
	uint64_t nstarts; /* tries that were handed to the spawner so far */
	int64_t delay; /* nanoseconds from one start to the next */
	int64_t next_start; /* clock_now() time before which nothing starts */
	struct loop_timer next_start_due;
	/*
	 * A start failed because something was short: the next one comes at this
	 * clock_now() time, or when a job has ended.  0: nothing is short.
	 */
	int64_t short_until;
	struct loop_timer short_due;
	/* Nanoseconds for which starts are tried when no process can be started. */
	int64_t fork_wait;
	/* Since when no process could be started although no job ran; 0: one could. */
	int64_t alone_since;

	/* pool.c */
	bool terminating;
	bool hurried; /* it was terminated twice */
	/* The processes that survived the termination were killed. */
	bool swept;
	struct loop_timer flush_due; /* output waits for memory: tries again */
	struct watch stall_watch; /* on the descriptor whose reader is slow */
	struct loop_timer guard_due;
	bool guard_wanted;

	/* watch.c */
	LIST_HEAD(, prun_watch) watches;
	RB_HEAD(host_timers, host_timer) host_timers; /* by id */
	uint64_t last_host_timer;
	bool watch_freed; /* one of watches was freed */

	/* orphans.c */
	/* In the list of all pools of this process. */
	LIST_ENTRY(prun_pool) entry;
	bool listed;
	/* The mark of the run, with which the marks of all jobs begin. */
	char run[32];
	/* PRUN_JOB_ID=...  of the job that is being planned. */
	struct buf variable;
	/* This process's own PRUN_JOB_ID=...; NULL: it is nobody's job. */
	char *outer;
	unsigned long long since; /* a proc_now() from when the pool was made */
	/* clock_now() time at which orphans were reaped last. */
	int64_t orphans_reaped;
	unsigned deaths; /* deaths of jobs since then */
	/* A job's transport, which can signal what such jobs leave. */
	struct transport foreign;
	/*
	 * A task with a foreign transport, if every orphan that is another user's must
	 * be its own, since no other job ran; else NULL.  It is only compared.
	 */
	const struct task *sole;
};

/* False in a process that was forked from the owner: there the pool can only be freed. */
static inline bool
pool_is_ours(const struct prun_pool *pool)
{
	return pool->owner == getpid();
}

/*
 * 0; -EPERM: the pool belongs to another process; -EDEADLK: a function of the host
 * program, which the pool has called, is the caller.
 */
int pool_enter(struct prun_pool *pool);
void pool_leave(struct prun_pool *pool);

/*
 * Does what prun_pool_apply_async() does.  owner is passed as the job's argument to all
 * functions but done.  id may be NULL.
 */
int pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, void *owner, uint64_t *id);

/* What prun_host_ahead() returns. */
int pool_room_ahead(const struct prun_pool *pool, const struct prun_host *host);

/* control.c, for the agent, which moves the output of jobs without reading all of it. */
void pool_set_mover(struct prun_pool *pool, writer_move_fn *move);

/* control.c, for the agent.  Both return 0 or -ESRCH. */

/* Leave the output of that job in its pipes (hold), or read it again. */
int pool_hold_output(struct prun_pool *pool, uint64_t id, bool hold);
/* Limit the time of that job to so many seconds from its start on; 0: no limit. */
int pool_set_job_timeout(struct prun_pool *pool, uint64_t id, double seconds);

/* delivery.c */

/* Free a task, in whatever state, and what is left of its output. */
void pool_free_task(struct task *task);
/*
 * The task has had its last try: its end is told, and its output is written in its
 * turn.
 */
void delivery_begin(struct task *task);
/* The mux calls it: all output of the task has been written. */
void delivery_written(struct task_output *o, void *arg);
/* Call the done and delivered functions that are due, and recycle the tasks' memory. */
void delivery_tell(struct prun_pool *pool);
/* Do the tasks that wait for delivery take too much memory? */
bool delivery_is_full(const struct prun_pool *pool);

/* pool_log.c: tell the pool's log, if there is one. */
void pool_log_started(const struct task *task);
void pool_log_waits(const struct task *task,
    int error); /* something is short */
void pool_log_ended(const struct task *task); /* one try of it */
void pool_log_again(const struct task *task, double seconds);
void pool_log_lost(const struct task *task, int error);

/* retry.c */

/* Tasks may be retried from now on.  0 or -ENOMEM. */
int retry_provide(struct prun_pool *pool);
/*
 * Ask the retry functions of the tasks in TRIED: each task waits for another try, or
 * has ended.
 */
void retry_decide(struct prun_pool *pool);
/* A slot has become free: a task that waits for it may be ready. */
void retry_slot_is_free(struct prun_pool *pool, unsigned slot);
/*
 * The next task that may be started now, prepared for its next try; NULL: there is
 * none.
 */
struct task *retry_take(struct prun_pool *pool);
/* Does a task wait for nothing but weight?  Then it goes before new tasks. */
bool retry_is_next(const struct prun_pool *pool);
/* Does a task wait for nothing but its slot, or a host? */
bool retry_is_due_now(const struct prun_pool *pool);
/* Do so many tasks wait that no new ones should be taken? */
bool retry_is_full(const struct prun_pool *pool);
/* Does the task keep its slot until its last try has ended? */
bool retry_keeps_slot(const struct task *task);
/* End all tasks that wait: each has had its last try. */
void retry_drop(struct prun_pool *pool);
/* End that task.  Returns whether it was waiting. */
bool retry_cancel(struct prun_pool *pool, uint64_t id);

/* orphans.c */
int orphans_init(struct prun_pool *pool);
void orphans_fini(struct prun_pool *pool);
/*
 * Write the mark of that number into mark, of WORKER_MARK_SIZE bytes; and, with
 * orphans_mark(), as PRUN_JOB_ID=...  into pool->variable.  0 or -ENOMEM.
 */
void orphans_write_mark(const struct prun_pool *pool, uint64_t number,
    char *mark);
int orphans_mark(struct prun_pool *pool, uint64_t number, char *mark);
/* Add to the plan of a process what all processes of the pool have. */
void orphans_mark_plan(const struct prun_pool *pool, struct plan *plan,
    const struct prun_spec *spec, const char *mark);
bool orphans_left_by(struct worker *w); /* for worker_ops.leaves */
/* For worker_ops.is_outlived.  Processes that are certainly this job's are killed. */
bool orphans_outlive(struct worker *w);
void orphans_starting(struct prun_pool *pool, const struct task *task);
void orphans_reap(struct prun_pool
	*pool); /* called when jobs have died; reaps only now and then */
void orphans_reap_all(struct prun_pool *pool); /* at the pool's end */
/* Signal all orphans that jobs have left. */
void orphans_signal(struct prun_pool *pool, int sig);

/*
 * crew.c: the workers that stay.  Each slot has its own worker, and sometimes also that
 * worker's successor.  Workers are started when a task needs them, replaced when they
 * have served enough tasks, and let go at the end.
 */

/* For a pool without workers crew is NULL, and these functions do nothing. */

/* 0, -EINVAL or -ENOMEM. */
int crew_new(const struct prun_worker_opts *opts, unsigned slots,
    struct crew **cp);

/*
 * Give the task, which has its slot, to the worker of that slot.  0, or -errno and
 * nothing has happened.
 */
int crew_start(struct prun_pool *pool, struct task *task);

/* News of a worker: its task, if it had one, has ended and is no longer the worker's. */
void crew_served(struct prun_pool *pool, struct worker *w);
void crew_died(struct prun_pool *pool, struct worker *w);
void crew_silent(struct worker *w); /* for worker_ops.silent */
/* Returns whether the worker's task has to be given to another worker. */
bool crew_ended(struct prun_pool *pool, struct worker *w, bool had_task);
/*
 * A worker that was started ahead runs; or it could not be started because something
 * was short.
 */
void crew_started(struct prun_pool *pool, struct worker *w, int error);
/* The worker's start failed, and another worker is tried later: forget this one. */
void crew_drop(struct prun_pool *pool, struct worker *w);

/* Nanoseconds of CPU time that the living workers have used, without their children. */
int64_t crew_cpu_time(const struct crew *crew);

bool crew_is_alive(const struct crew *crew);
/* No more tasks come: let the workers of all slots above n go. */
void crew_let_go(struct crew *crew, unsigned n);
void crew_kill(struct crew *crew);
/* Between turns of the loop: free the workers that have ended. */
void crew_trim(struct crew *crew);
/* The Timer thread has ended: send SIGKILL to all workers, and wait for them. */
void crew_destroy(struct crew *crew);
void crew_free(struct crew *crew);

/* throttle.c */

/* For a pool whose workers stay. */
void throttle_init(struct prun_pool *pool);
/* May one more task be in flight?  If not, the loop turns again when one may. */
bool throttle_allows(struct prun_pool *pool);
/* A task has ended. */
void throttle_served(struct prun_pool *pool);

/* submit.c */

/* Does what pool_submit() does, but starts nothing. */
int submit_job(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, void *owner, uint64_t *id);
/* Tasks have left the queue: make tasks of jobs that wait. */
void submit_refill(struct prun_pool *pool);
/* Forget that job, if it waits to be a task.  Returns whether it did. */
bool submit_cancel(struct prun_pool *pool, uint64_t id);
/* Forget all jobs that wait to be tasks.  Returns how many they were. */
uint64_t submit_drop(struct prun_pool *pool);

/*
 * ahead.c.  ahead_is_possible(): may tasks of that spec be sent ahead?  ahead_may_go():
 * may this task be sent ahead now?  ahead_inherits(): the task has ended, and gives its
 * slot to one that was sent ahead; false: there is none.  ahead_recall() asks for one
 * task back, ahead_recall_all() for all.
 */
bool ahead_is_possible(const struct prun_spec *spec);
bool ahead_may_go(const struct task *task);
bool ahead_inherits(const struct task *task);
bool ahead_recall(struct prun_pool *pool, uint64_t id);
void ahead_recall_all(struct prun_pool *pool);
/* How many more tasks the host wants ahead; negative: how many are too many. */
int ahead_wanted(const struct prun_pool *pool, const struct prun_host *host);
/* What prun_pool_ahead() returns. */
unsigned ahead_count(const struct prun_pool *pool);

/* schedule.c */
extern const struct worker_ops schedule_worker_ops;

/*
 * Make sure that there is an idle worker.  0 or -ENOMEM.  The pool has one from the
 * beginning, so a shortage of memory cannot last when nothing runs.
 */
int schedule_provide_worker(struct prun_pool *pool);
/* Start as many tasks as may run. */
void schedule_start(struct prun_pool *pool);
/* Between turns of the loop: keep no more than so many idle workers. */
void schedule_trim_workers(struct prun_pool *pool, unsigned most);
bool schedule_may_start(struct prun_pool *pool);
/* May a task be started, if a slot is free? */
bool schedule_is_open(const struct prun_pool *pool);
uint64_t schedule_drop(struct prun_pool *pool);
/* Drop that task, if it waits to be started.  Returns whether it did. */
bool schedule_cancel(struct prun_pool *pool, uint64_t id);
/* The new delay counts from the last start, also for a start that waits already. */
void schedule_set_delay(struct prun_pool *pool, int64_t delay);
/*
 * For a timer that only has to make the loop turn: after the turn, what waited is
 * settled.
 */
void schedule_is_due(void *arg);

/* watch.c */
bool pool_watches_anything(const struct prun_pool *pool);
void pool_watches_sweep(struct prun_pool *pool); /* called between two turns */
void pool_watches_fini(struct prun_pool *pool);

#endif
