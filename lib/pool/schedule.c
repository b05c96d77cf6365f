/* SPDX-License-Identifier: ISC */

/*
 * Owns the start of tasks, and what their workers tell: a task gets a slot and a
 * worker, and gives both back.  Knows no descriptors.  This is one file although it is
 * long: for each start there is the function that undoes it.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/host.h"
#include "kill/guard.h"
#include "pool/pool.h"
#include "transport/remote.h"

#define SHORT_AGAIN INT64_C(100000000)

void
schedule_is_due(void *arg)
{
	(void)arg;
}

bool
schedule_is_open(const struct prun_pool *pool)
{
	return (pool->short_until == 0 ||
		   (tasks_active(&pool->tasks) == 0 &&
		       pool->alone_since == 0) ||
		   clock_now() >= pool->short_until) &&
	    !pool->held && !pool->suspended && !pool->engine.mux.stalled &&
	    (pool->next_start == 0 || clock_now() >= pool->next_start) &&
	    !delivery_is_full(pool);
}

bool
schedule_may_start(struct prun_pool *pool)
{
	const struct task *task = task_first(&pool->tasks, TASK_QUEUED);
	unsigned weight = task != NULL ? task->plan.weight : 1;

	return schedule_is_open(pool) && !retry_is_next(pool) &&
	    !retry_is_full(pool) &&
	    ((task != NULL && (task->slot != 0 || ahead_may_go(task))) ||
		slots_room(&pool->slots) >=
		    slots_weight(&pool->slots, weight)) &&
	    throttle_allows(pool);
}

/*
 * The delay before the next start counts from now.  seconds is the task's own delay; 0:
 * the pool's delay.  If no timer can be had, there is no delay.
 */
static void
schedule_delay(struct prun_pool *pool, double seconds)
{
	int64_t delay = pool->delay;

	if (seconds > 0)
		(void)clock_from_seconds(seconds, &delay);
	pool->next_start = 0;
	if (delay == 0)
		return;
	pool->next_start = clock_now() + delay;
	if (loop_timer_start(&pool->engine.loop, &pool->next_start_due,
		pool->next_start, schedule_is_due, pool) != 0)
		pool->next_start = 0;
}

void
schedule_set_delay(struct prun_pool *pool, int64_t delay)
{
	if (pool->delay > 0 && pool->next_start != 0)
		pool->next_start += delay - pool->delay;
	pool->delay = delay;
	if (pool->next_start == 0 ||
	    loop_timer_start(&pool->engine.loop, &pool->next_start_due,
		pool->next_start, schedule_is_due, pool) != 0)
		pool->next_start = 0;
}

int
schedule_provide_worker(struct prun_pool *pool)
{
	struct worker *w;

	if (pool->nidle_workers > 0)
		return 0;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	worker_init(w, &pool->engine);
	w->pool = pool;
	SLIST_INSERT_HEAD(&pool->idle_workers, w, idle);
	pool->nidle_workers++;
	return 0;
}

/*
 * Takes the worker from the task.  The loop may be in the middle of a turn and still hold an
 * event of the worker's, so schedule_trim_workers() frees the worker later.
 */
static void
schedule_release_worker(struct task *task)
{
	struct prun_pool *pool = task->pool;

	if (task->worker->server != NULL) {
		crew_drop(pool, task->worker);
		task->worker = NULL;
		return;
	}
	SLIST_INSERT_HEAD(&pool->idle_workers, task->worker, idle);
	pool->nidle_workers++;
	task->worker = NULL;
}

void
schedule_trim_workers(struct prun_pool *pool, unsigned most)
{
	struct worker *w;

	while (pool->nidle_workers > most) {
		w = SLIST_FIRST(&pool->idle_workers);
		SLIST_REMOVE_HEAD(&pool->idle_workers, idle);
		pool->nidle_workers--;
		worker_fini(w);
		free(w);
	}
}

static void
schedule_take_slot(struct task *task)
{
	struct prun_pool *pool = task->pool;

	if (task->slot == 0)
		task->slot = slots_peek(&pool->slots);
	/*
	 * No slot is free: the task is sent ahead, and gets the slot of another task
	 * that ends.
	 */
	if (task->slot == 0)
		return;
	task->result.slot = task->slot;
	if (task->weight != 0)
		return; /* a task that waited has kept its slot */
	task->weight = slots_weight(&pool->slots, task->plan.weight);
	slots_take(&pool->slots, task->slot, task->weight);
}

/* Starts the task with the first idle worker. */
static void
schedule_start_process(struct task *task)
{
	struct prun_pool *pool = task->pool;
	struct worker *w = SLIST_FIRST(&pool->idle_workers);
	char mark[WORKER_MARK_SIZE];

	SLIST_REMOVE_HEAD(&pool->idle_workers, idle);
	pool->nidle_workers--;
	w->owner = task;
	task->worker = w;
	orphans_starting(pool, task);
	orphans_write_mark(pool, task->id, mark);
	worker_start(w,
	    &(struct worker_job){ .plan = &task->plan,
		.task = &task->plan,
		.transport = &task->transport,
		.result = &task->result,
		.output = &task->output,
		.input = &task->input },
	    task->slot, mark);
}

/*
 * Starts wait until another job ends, or for a moment, since processes of others may
 * use up what is short.  False: there is no memory for a timer, so only the end of a
 * job helps.
 */
static bool
schedule_wait(struct prun_pool *pool)
{
	pool->short_until = clock_now() + SHORT_AGAIN;
	return loop_timer_start(&pool->engine.loop, &pool->short_due,
		   pool->short_until, schedule_is_due, pool) == 0;
}

/*
 * No job runs, but processes of others, which are too many, may end: starts are tried
 * again for fork_wait nanoseconds, counted from the first that failed.
 */
static bool
schedule_wait_alone(struct prun_pool *pool, const struct worker *w)
{
	const int64_t now = clock_now();

	/*
	 * -EAGAIN may also mean that the Timer thread could not be started, which
	 * counts as a process does.
	 */
	if (w->start.error != -EAGAIN)
		return false;
	if (pool->alone_since == 0)
		pool->alone_since = now;
	return now - pool->alone_since < pool->fork_wait && schedule_wait(pool);
}

static void
schedule_submit(struct task *task)
{
	struct prun_pool *pool = task->pool;

	/* Something must end the job if this process is killed. */
	if (pool->guard_wanted)
		(void)guard_start_stand_in(pool->engine.guard);
	schedule_take_slot(task);
	task_set_state(task, TASK_STARTING);
	schedule_delay(pool, task->plan.delay);
	pool->nstarts++;
	task->alone = tasks_active(&pool->tasks) == 1 ? pool->nstarts : 0;
	if (task->plan.task == NULL) {
		schedule_start_process(task);
	} else if (crew_start(pool, task) != 0) {
		task_set_state_first(task, TASK_QUEUED);
		(void)schedule_wait(pool);
		return;
	}
	engine_take_started(&pool->engine);
}

/* The next task that may be started now; NULL: there is none. */
static struct task *
schedule_next(struct prun_pool *pool)
{
	struct task *task = NULL;

	if (schedule_is_open(pool))
		task = retry_take(pool);
	if (task == NULL && schedule_may_start(pool))
		task = task_first(&pool->tasks, TASK_QUEUED);
	return task;
}

void
schedule_start(struct prun_pool *pool)
{
	struct task *task;

	for (;;) {
		submit_refill(pool);
		if (pool->tasks.count[TASK_QUEUED] + pool->nready == 0)
			return;
		/*
		 * Without memory for a worker, the end of a task that runs is the next
		 * chance.
		 */
		if (schedule_provide_worker(pool) != 0)
			return;
		task = schedule_next(pool);
		if (task == NULL)
			return;
		schedule_submit(task);
	}
}

/*
 * Gives up a descriptor that the pool can do without, because nothing runs.  Returns
 * whether there was one.
 */
static bool
schedule_give_up(struct prun_pool *pool)
{
	if (leftovers_drop(&pool->engine.leftovers))
		return true;
	pool->short_until = 0;
	loop_timer_stop(&pool->engine.loop, &pool->short_due);
	return loop_drop_alarm(&pool->engine.loop);
}

/*
 * The task could not be started because something was short.  If no other task was
 * active since its start, it has failed.  Else it waits, and keeps its slot, since its
 * command line may contain the slot's number.
 */
static void
schedule_shortage(struct task *task)
{
	struct prun_pool *pool = task->pool;
	struct worker *w = task->worker;
	const bool alone = task->alone == pool->nstarts;

	if (alone && !schedule_wait_alone(pool, w) && !schedule_give_up(pool)) {
		worker_fail(w, w->start.error);
		return;
	}
	pool_log_waits(task, w->start.error);
	task_set_state_first(task, TASK_QUEUED);
	schedule_release_worker(task);
	/*
	 * Until the wait is over at most one task is tried, while no other runs: so it
	 * is certain whether that one fails.
	 */
	if (!alone)
		(void)schedule_wait(pool);
}

/* The host that the program names instead of the task's own; NULL: it names none. */
static struct prun_host *
schedule_other_host(struct task *task)
{
	struct prun_host *host = transport_remote_job(&task->transport)->host;

	return host->move != NULL ? host->move(host, &task->result, task->arg) :
				    NULL;
}

/* Queues a task that no host has started, for that host; NULL: for the same one again. */
static void
schedule_queue_for(struct task *task, struct prun_host *to)
{
	if (to != NULL)
		transport_remote_job(&task->transport)->host = to;
	task->ahead = false;
	worker_reset(task->worker);
	task_set_state_first(task, TASK_QUEUED);
	schedule_release_worker(task);
}

/*
 * The host was lost before it had the job, so this was no try.  The job keeps its slot,
 * as after a shortage, and goes to the host that the program names.
 */
static void
schedule_move(struct task *task)
{
	struct prun_host *to = NULL;

	/* A job that is to be killed is started nowhere. */
	if (!task->pool->dropped && !task->worker->kill_wanted)
		to = schedule_other_host(task);
	if (to == NULL) {
		task->result.flags |= PRUN_RESULT_HOST_LOST;
		worker_fail(task->worker, -EHOSTDOWN);
		return;
	}
	schedule_queue_for(task, to);
}

/*
 * A host has given back a task that was sent ahead.  The task keeps its place in the order,
 * and waits for a slot as others do.
 */
static void
schedule_back(struct task *task)
{
	struct prun_pool *pool = task->pool;

	if (pool->dropped) {
		worker_reset(task->worker);
		schedule_release_worker(task);
		pool_free_task(task);
		prun_pool_wake(pool);
		return;
	}
	schedule_queue_for(task, schedule_other_host(task));
	pool->unsettled = true;
}

static void
schedule_started(struct worker *w, int error)
{
	struct task *task = w->owner;
	struct prun_pool *pool = w->pool;

	if (task == NULL) {
		crew_started(pool, w, error);
		return;
	}
	if (error == -EHOSTDOWN) {
		schedule_move(task);
		return;
	}
	if (error == -ECANCELED) {
		schedule_back(task);
		return;
	}
	if (error != 0) {
		schedule_shortage(task);
		return;
	}
	pool->alone_since = 0;
	task_set_state(task, TASK_RUNNING);
	pool_log_started(task);
	if (transport_is_foreign(&task->transport))
		transport_share(&pool->foreign, &task->transport);
	/* The guard is called for in a step, and this may be outside of one. */
	if (pool->guard_wanted)
		prun_pool_wake(pool);
	if (pool->terminating)
		worker_kill(w);
	if (pool->hurried)
		terminator_hurry(&pool->engine.terminator);
	if (w->suspended)
		worker_stop(w);
}

/*
 * Nothing of the task runs any more, so its slot is free, unless retry.c keeps it for the
 * next try.
 */
static void
schedule_free_slot(struct task *task)
{
	struct prun_pool *pool = task->pool;
	unsigned slot = task->slot;

	task_set_state(task, TASK_DEAD);
	/* The task was sent ahead, and was lost with its host. */
	if (slot == 0) {
		task->result.slot = 1;
		return;
	}
	if (retry_keeps_slot(task))
		return;
	if (!ahead_inherits(task)) {
		slots_give(&pool->slots, slot, task->weight);
		retry_slot_is_free(pool, slot);
	}
	throttle_served(pool);
	task->slot = task->weight = 0;
}

static void
schedule_died(struct worker *w)
{
	struct task *task = w->owner;
	struct prun_pool *pool = w->pool;

	if (!(w->job.result->flags & PRUN_RESULT_NOT_STARTED))
		pool->deaths++;
	if (w->server != NULL)
		crew_died(pool, w);
	if (task != NULL)
		schedule_free_slot(task);
}

/* A try has ended: it is decided later whether it was the last one. */
static void
schedule_end(struct task *task)
{
	struct prun_pool *pool = task->pool;

	pool_log_ended(task);
	pool->short_until = 0;
	pool->unsettled = true;
	/* A start that fails may be told outside of a step. */
	if (task->result.flags & PRUN_RESULT_NOT_STARTED)
		prun_pool_wake(pool);
	if (task->retry != NULL)
		task_set_state(task, TASK_TRIED);
	else
		delivery_begin(task);
}

/*
 * The task was given to a worker that has not read it: it is queued again, and this was
 * no try.
 */
static void
schedule_again(struct task *task)
{
	const unsigned tries = task->result.tries;

	task->result = (struct prun_result){ .size = sizeof(task->result),
		.id = task->id,
		.tries = tries };
	task_set_state_first(task, TASK_QUEUED);
	task->pool->unsettled = true;
}

static void
schedule_ended(struct worker *w)
{
	struct task *task = w->owner;
	bool again = false;

	if (w->server != NULL) {
		again = crew_ended(w->pool, w, task != NULL);
		if (task == NULL)
			return;
		task->worker = NULL;
	} else {
		worker_reset(w);
		schedule_release_worker(task);
	}
	if (again)
		schedule_again(task);
	else
		schedule_end(task);
}

static void
schedule_served(struct worker *w)
{
	struct task *task = w->owner;

	task->worker = NULL;
	crew_served(task->pool, w);
	schedule_free_slot(task);
	schedule_end(task);
}

const struct worker_ops schedule_worker_ops = {
	.started = schedule_started,
	.died = schedule_died,
	.ended = schedule_ended,
	.served = schedule_served,
	.silent = crew_silent,
	.leaves = orphans_left_by,
	.is_outlived = orphans_outlive,
};

static void
schedule_forget(struct task *task)
{
	/* A task that waits because something was short has kept its slot. */
	if (task->weight != 0)
		slots_give(&task->pool->slots, task->slot, task->weight);
	pool_free_task(task);
}

bool
schedule_cancel(struct prun_pool *pool, uint64_t id)
{
	struct task *task = task_find(&pool->tasks, TASK_QUEUED, id);

	if (task == NULL)
		return submit_cancel(pool, id);
	schedule_forget(task);
	return true;
}

uint64_t
schedule_drop(struct prun_pool *pool)
{
	uint64_t n = pool->tasks.count[TASK_QUEUED] + submit_drop(pool);
	struct task *task;

	while ((task = task_first(&pool->tasks, TASK_QUEUED)) != NULL)
		schedule_forget(task);
	ahead_recall_all(pool);
	retry_drop(pool);
	return n;
}
