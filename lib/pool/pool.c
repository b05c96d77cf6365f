/* SPDX-License-Identifier: ISC */

/*
 * Owns the steps of a pool: what is watched, and in which order a turn does things.  A
 * turn collects events, then delivers output, then calls done functions, then starts
 * jobs; memory is recycled last.  Does not know how a pool is made.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/host.h"
#include "engine/spawner.h"
#include "kill/guard.h"
#include "pool/pool.h"

/*
 * Nanoseconds that a job runs before the guard is started.  Until then there is only the
 * stand-in, so that a run of one short job does not pay for more.  On a busy machine a job
 * of 1 ms may take 20 ms.
 */
#define GUARD_AFTER_NS INT64_C(50000000)
/*
 * If output cannot be written for want of memory or descriptors, prun tries it again after
 * so many nanoseconds, since nobody tells when there are enough.
 */
#define FLUSH_AGAIN_NS INT64_C(10000000)

int
pool_enter(struct prun_pool *pool)
{
	if (!pool_is_ours(pool))
		return -EPERM;
	if (pool->inside > 0)
		return -EDEADLK;
	pool->inside++;
	return 0;
}

void
pool_leave(struct prun_pool *pool)
{
	pool->inside--;
}

int
pool_submit(struct prun_pool *pool, const struct prun_spec *spec,
    prun_done_fn *done, void *arg, void *owner, uint64_t *id)
{
	int error = submit_job(pool, spec, done, arg, owner, id);

	if (error != 0)
		return error;
	/* Starting a job may write output and so call the host program. */
	pool->inside++;
	schedule_start(pool);
	pool->inside--;
	return 0;
}

static void
pool_stall_ready(struct watch *w, uint32_t events)
{
	(void)events;
	loop_remove(&((struct prun_pool *)w->owner)->engine.loop, w);
}

static void
pool_guard_due(void *arg)
{
	struct prun_pool *pool = arg;

	const int error = guard_start(pool->engine.guard);

	/* Even without a guard the leaders of the jobs die with this process. */
	if (error != 0)
		log_line(&pool->engine.log, LOG_WARNING, "no guard: %s",
		    strerrordesc_np(-error));
	else
		log_line(&pool->engine.log, LOG_DEBUG, "guard: pid %ld",
		    (long)guard_pid(pool->engine.guard));
}

/* Starts the time after which the guard comes, once a job runs. */
static void
pool_guard_arm(struct prun_pool *pool)
{
	if (!pool->guard_wanted || pool->tasks.count[TASK_RUNNING] == 0)
		return;
	pool->guard_wanted = false;
	if (loop_timer_start(&pool->engine.loop, &pool->guard_due,
		clock_now() + GUARD_AFTER_NS, pool_guard_due, pool) != 0)
		pool_guard_due(pool);
}

int
prun_pool_fd(const struct prun_pool *pool)
{
	return pool->engine.loop.fd;
}

/* Output waits for memory.  Nobody tells when there is some, so it is tried again soon. */
static void
pool_flush_again(struct prun_pool *pool)
{
	if (loop_timer_start(&pool->engine.loop, &pool->flush_due,
		clock_now() + FLUSH_AGAIN_NS, schedule_is_due, pool) != 0)
		prun_pool_wake(pool);
}

static void
pool_resume_pipes(struct task *task, void *arg)
{
	(void)arg;
	if (task->state != TASK_STARTING)
		task->worker->kind->resume(task->worker);
}

/*
 * Writes what can be written, watches the descriptor whose reader is slow, and reads
 * paused pipes again.
 */
static void
pool_flush(struct prun_pool *pool)
{
	struct loop *loop = &pool->engine.loop;
	int error, fd;

	pool->unsettled = false;
	if (pool->mode == PRUN_OUTPUT_NONE)
		return;
	error = mux_flush(&pool->engine.mux);
	fd = error == -EAGAIN ? writer_waits_for(&pool->writer) : -1;
	if (pool->stall_watch.fd != fd) {
		loop_remove(loop, &pool->stall_watch);
		if (fd != -1 &&
		    loop_add(loop, &pool->stall_watch, fd, EPOLLOUT,
			pool_stall_ready, pool) != 0)
			fd = -1;
	}
	if (error != 0 && fd == -1)
		pool_flush_again(pool);
	if (pool->engine.paused > 0 && !pool->engine.mux.stalled)
		tasks_each_active(&pool->tasks, pool_resume_pipes, NULL);
}

/*
 * All jobs that were to be killed are dead: now kill the processes that escaped from
 * them.
 */
static void
pool_sweep(struct prun_pool *pool)
{
	if (!pool->terminating || pool->swept ||
	    tasks_active(&pool->tasks) > 0 || crew_is_alive(pool->crew))
		return;
	pool->swept = true;
	orphans_signal(pool, SIGKILL);
}

/* If no more tasks will come, lets the workers end. */
static void
pool_let_workers_go(struct prun_pool *pool)
{
	if (pool->closed && crew_is_alive(pool->crew) && pool->nwaiting == 0 &&
	    pool->tasks.count[TASK_QUEUED] + pool->tasks.count[TASK_WAITING] ==
		0)
		crew_let_go(pool->crew, 0);
}

static void
pool_settle(struct prun_pool *pool)
{
	engine_take_started(&pool->engine);
	do {
		/* The retry function of a task may look at what the try has written. */
		if (pool->tasks.count[TASK_TRIED] > 0)
			pool_flush(pool);
		retry_decide(pool);
		/*
		 * done functions are called before the output is written, since they
		 * may have to act before anybody sees it.
		 */
		delivery_tell(pool);
		pool_flush(pool);
		delivery_tell(pool);
		schedule_start(pool);
	} while (pool->unsettled ||
	    pool->tasks.count[TASK_ENDED] + pool->tasks.count[TASK_TRIED] > 0);
	pool_let_workers_go(pool);
	orphans_reap(pool);
	crew_trim(pool->crew);
	schedule_trim_workers(pool, pool->slots.n);
	pool_sweep(pool);
	pool_guard_arm(pool);
}

static int
pool_take_error(struct prun_pool *pool)
{
	int error = writer_take_error(&pool->writer);

	if (error == 0) {
		error = pool->lost;
		pool->lost = 0;
	}
	return error;
}

static int
pool_step(struct prun_pool *pool, double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	const uint64_t told = pool->ntold, starved = pool->engine.starved;
	bool stalled = pool->engine.mux.stalled, happened, helped;
	int n, error;

	/* This may already do what the caller waits for: then there is no waiting. */
	pool_settle(pool);
	error = pool_take_error(pool);
	happened = error != 0 || pool->ntold != told ||
	    pool->engine.starved != starved ||
	    pool->engine.mux.stalled != stalled;
	if (prun_pool_pending(pool) == 0 && !pool_watches_anything(pool))
		return timeout < 0 && !happened ? -EDEADLK : error;
	/*
	 * This thread starts children itself instead of sleeping.  That may do what the
	 * caller waits for.
	 */
	helped = spawner_help(pool->engine.spawner);
	if (helped)
		engine_take_started(&pool->engine);
	n = loop_turn(&pool->engine.loop,
	    happened || helped ? 0 : clock_poll_timeout(deadline));
	pool_watches_sweep(pool);
	if (n < 0 && n != -EINTR)
		return n;
	pool_settle(pool);
	return error != 0 ? error : pool_take_error(pool);
}

int
prun_pool_step(struct prun_pool *pool, double timeout)
{
	int error = pool_enter(pool);

	if (error != 0)
		return error;
	error = pool_step(pool, timeout);
	pool_leave(pool);
	return error;
}

unsigned
prun_pool_slot(const struct prun_pool *pool)
{
	if (pool->tasks.count[TASK_QUEUED] + pool->nwaiting > 0 ||
	    pool->closed ||
	    /* schedule_may_start() may note that it was asked. */
	    !schedule_may_start((struct prun_pool *)(uintptr_t)pool))
		return 0;
	return slots_peek(&pool->slots);
}

unsigned
prun_pool_room(const struct prun_pool *pool)
{
	return slots_room(&pool->slots);
}

int
pool_room_ahead(const struct prun_pool *pool, const struct prun_host *host)
{
	const int room = ahead_wanted(pool, host);
	const bool open = pool->tasks.count[TASK_QUEUED] + pool->nwaiting ==
		0 &&
	    !pool->closed && schedule_is_open(pool) &&
	    !retry_is_due_now(pool) && !retry_is_full(pool);

	return open || room < 0 ? room : 0;
}

unsigned
prun_pool_running(const struct prun_pool *pool)
{
	return (unsigned)pool->tasks.count[TASK_RUNNING];
}

bool
prun_pool_stalled(const struct prun_pool *pool)
{
	return pool->engine.mux.stalled;
}

uint64_t
prun_pool_pending(const struct prun_pool *pool)
{
	uint64_t n = pool->nwaiting + (writer_waits_for(&pool->writer) != -1) +
	    (pool->closed && crew_is_alive(pool->crew));

	for (int state = TASK_IDLE + 1; state < TASK_STATES; state++)
		n += pool->tasks.count[state];
	return n;
}

void
prun_pool_close(struct prun_pool *pool)
{
	pool->closed = true;
}

uint64_t
prun_pool_cancel_queued(struct prun_pool *pool)
{
	uint64_t n;

	if (!pool_is_ours(pool))
		return 0;
	pool->closed = pool->dropped = true;
	prun_pool_wake(pool);
	n = schedule_drop(pool);
	log_line(&pool->engine.log, LOG_NOTICE, "%llu queued jobs cancelled",
	    (unsigned long long)n);
	return n;
}

static void
pool_kill_task(struct task *task, void *arg)
{
	(void)arg;
	worker_kill(task->worker);
}

void
prun_pool_terminate(struct prun_pool *pool)
{
	if (!pool_is_ours(pool))
		return;
	(void)prun_pool_cancel_queued(pool);
	if (pool->terminating) {
		pool->hurried = true;
		terminator_hurry(&pool->engine.terminator);
		hosts_drop(&pool->engine);
		return;
	}
	pool->terminating = pool->engine.mux.terminating = true;
	log_line(&pool->engine.log, LOG_NOTICE, "%u running jobs are killed",
	    tasks_active(&pool->tasks));
	tasks_each_active(&pool->tasks, pool_kill_task, NULL);
	crew_kill(pool->crew);
}
