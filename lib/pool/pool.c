/* SPDX-License-Identifier: ISC */

/*
 * Owns the life of a pool and its steps: what is watched, and in which order a
 * turn does things.  A turn collects events, then delivers output, then calls
 * done functions, then starts jobs; memory is recycled last.
 */
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "exec/cpu.h"
#include "exec/guard.h"
#include "exec/sudo_run.h"
#include "exec/termseq.h"
#include "exec/tree.h"
#include "pool/pool.h"

#define LEAK_TIMEOUT INT64_C(100000000)
#define JOB_MEMORY ((size_t)256 * 1024)
#define ALL_MEMORY ((size_t)16 * 1024 * 1024)
#define SLOTS_MAX 1000000
/* A run that is shorter does not pay for a guard. */
#define GUARD_AFTER_NS 250000000L
/* Ns. When output cannot be written for a reason that passes unseen: try again. */
#define HOBBLED INT64_C(10000000)

static void
pool_mail_ready(struct watch *w, uint32_t events)
{
	struct prun_pool *pool = w->owner;
	struct mail *mail;
	unsigned bits;

	(void)events;
	while ((mail = mailbox_take(&pool->host.mailbox, &bits)) != NULL) {
		if (mail != &pool->nudge)
			job_mail(mail->owner, bits);
	}
	schedule_started(pool);
}

/* Any thread: from a spawner's, and the Timer's. */
static void
pool_nudge(void *arg)
{
	struct prun_pool *pool = arg;

	mailbox_post(&pool->host.mailbox, &pool->nudge, 0);
}

static void
pool_stall_ready(struct watch *w, uint32_t events)
{
	(void)events;
	loop_remove(&((struct prun_pool *)w->owner)->host.loop, w);
}

static void
pool_guard_ready(struct watch *w, uint32_t events)
{
	struct prun_pool *pool = w->owner;

	(void)events;
	loop_remove(&pool->host.loop, w);
	fd_close(&pool->guard_alarm);
	/* Without a guard the jobs' leaders still die with us. */
	(void)guard_start(pool->host.guard);
}

/* The guard comes when the first job has been running for a while. */
static void
pool_guard_arm(struct prun_pool *pool)
{
	const struct itimerspec after = { .it_value.tv_nsec = GUARD_AFTER_NS };

	if (!pool->guard_wanted || pool->nrunning == 0)
		return;
	pool->guard_wanted = false;
	pool->guard_alarm = fd_lift(timerfd_create(CLOCK_MONOTONIC,
	    TFD_CLOEXEC | TFD_NONBLOCK));
	if (pool->guard_alarm < 0 ||
	    timerfd_settime(pool->guard_alarm, 0, &after, NULL) == -1 ||
	    loop_add(&pool->host.loop, &pool->guard_watch, pool->guard_alarm,
		EPOLLIN, pool_guard_ready, pool) != 0) {
		if (pool->guard_alarm >= 0)
			fd_close(&pool->guard_alarm);
		pool->guard_alarm = -1;
		(void)guard_start(pool->host.guard);
	}
}

static int
pool_init_output(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	const struct order_opts order = {
		.mode = opts->output,
		.keep = pool->keep,
		.hold = (opts->flags & PRUN_POOL_HOLD) != 0,
		.tail = opts->tail,
		.each = opts->job_memory != 0 ? opts->job_memory : JOB_MEMORY,
		.all = opts->memory != 0 ? opts->memory : ALL_MEMORY,
		.tmpdir = opts->tmpdir,
		.compress = (opts->flags & PRUN_POOL_COMPRESS) != 0,
		.delivered = schedule_delivered,
		.arg = pool,
	};

	deliver_init(&pool->deliver, opts);
	return order_init(&pool->host.order, &order, &pool->deliver);
}

/* What the guard holds must not be let go with the runner: it starts at once. */
static int
pool_init_guard_fd(struct prun_pool *pool, int fd)
{
	if (pool->host.guard == NULL || fd <= STDERR_FILENO)
		return -EINVAL;
	pool->guard_wanted = false;
	guard_hold(pool->host.guard, fd);
	return guard_start(pool->host.guard);
}

static int
pool_init_kill(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct termseq seq;
	int error;

	error = termseq_parse(opts->termseq != NULL ? opts->termseq :
						      PRUN_TERMSEQ,
	    &seq);
	if (error == 0)
		error = timer_new(&pool->host.timer);
	if (error != 0)
		return error;
	terminator_init(&pool->host.terminator, pool->host.timer, &seq,
	    job_killed, NULL);
	error = orphans_init(pool);
	if (error == 0 && opts->flags & PRUN_POOL_GUARD) {
		pool->guard_wanted = true;
		error = guard_new(pool->slots.most, pool->run,
		    &pool->host.guard);
	}
	if (error == 0 && opts->guard_fd != 0)
		error = pool_init_guard_fd(pool, opts->guard_fd);
	return error;
}

static int
pool_init(struct prun_pool *pool, const struct prun_pool_opts *opts)
{
	struct job_host *host = &pool->host;
	int error;

	error = slots_init(&pool->slots,
	    opts->slots != 0 ? opts->slots : (unsigned)cpu_count(),
	    opts->slots_max);
	if (error == 0)
		error = loop_init(&host->loop);
	if (error == 0)
		error = mailbox_init(&host->mailbox);
	if (error == 0)
		error = loop_add(&host->loop, &pool->mail_watch,
		    host->mailbox.fd, EPOLLIN, pool_mail_ready, pool);
	if (error == 0)
		error = pool_init_kill(pool, opts);
	if (error == 0)
		error = pool_init_output(pool, opts);
	if (error == 0)
		error = spawner_new(opts->spawners, pool->slots.n, pool_nudge,
		    pool, &host->spawner);
	if (error != 0)
		return error;
	host->null = fd_open("/dev/null", O_RDWR, 0);
	return host->null < 0 ? host->null : 0;
}

static bool
pool_opts_valid(const struct prun_pool_opts *opts)
{
	return opts->slots <= SLOTS_MAX && opts->slots_max <= SLOTS_MAX &&
	    (unsigned)opts->leak <= PRUN_LEAK_KILL && opts->delay >= 0 &&
	    (unsigned)opts->output <= PRUN_OUTPUT_NONE && opts->timeout >= 0 &&
	    opts->leak_timeout == opts->leak_timeout;
}

int
prun_pool_new(const struct prun_pool_opts *opts, struct prun_pool **pp)
{
	static const struct prun_pool_opts defaults;
	struct prun_pool *pool;
	int64_t grace;
	int error;

	if (opts == NULL)
		opts = &defaults;
	if (!pool_opts_valid(opts))
		return -EINVAL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	TAILQ_INIT(&pool->queued);
	TAILQ_INIT(&pool->active);
	TAILQ_INIT(&pool->tried);
	TAILQ_INIT(&pool->again);
	TAILQ_INIT(&pool->ended);
	TAILQ_INIT(&pool->waiting);
	TAILQ_INIT(&pool->spent);
	TAILQ_INIT(&pool->idle);
	TAILQ_INIT(&pool->host.order.queue);
	pool->mail_watch.fd = pool->stall_watch.fd = pool->guard_watch.fd = -1;
	pool->guard_alarm = pool->host.null = -1;
	pool->host.loop.fd = pool->host.mailbox.fd = pool->host.order.spill
							 .fd = -1;
	pool->mode = opts->output;
	pool->keep = (opts->flags & PRUN_POOL_KEEP_ORDER) != 0 &&
	    opts->output != PRUN_OUTPUT_NONE;
	pool->subreaper = (opts->flags & PRUN_POOL_SUBREAPER) != 0;
	(void)clock_from_seconds(opts->delay, &pool->delay);
	pool->host.timeout = opts->timeout;
	pool->host.leak = opts->leak;
	pool->host.leaks = orphans_leaked;
	pool->host.capture = opts->output != PRUN_OUTPUT_NONE;
	pool->host.leak_timeout = LEAK_TIMEOUT;
	if (opts->leak_timeout < 0)
		pool->host.leak_timeout = -1;
	else if (opts->leak_timeout > 0)
		pool->host.leak_timeout = clock_from_seconds(opts->leak_timeout,
					      &grace) == 0 ?
		    grace :
		    -1; /* infinite */
	pool->host.died = schedule_died;
	pool->host.ended = schedule_ended;
	pool->host.pool = pool;
	plan_base_init(&pool->base);
	error = pool_init(pool, opts);
	if (error != 0) {
		prun_pool_free(pool);
		return error;
	}
	*pp = pool;
	return 0;
}

static void
pool_free_jobs(struct job_list *list)
{
	struct job *job;

	while ((job = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, job, entry);
		job_fini(job);
		free(job);
	}
}

/* The Timer thread has ended: children are ours alone. */
static void
pool_kill_active(struct prun_pool *pool)
{
	struct prun_result r;
	struct job *job;

	if (!TAILQ_EMPTY(&pool->active))
		orphans_signal(pool, SIGKILL);
	TAILQ_FOREACH(job, &pool->active, entry) {
		if (!job->running)
			continue;
		child_release(&job->child);
		if (job->plan.sudo.on)
			(void)sudo_kill_tree(&job->plan.sudo,
			    &(struct tree_target){ .leader = job->child.pid,
				.token = job->token,
				.started = job->termination.started });
		(void)child_signal(&job->child, SIGKILL);
		(void)child_await(&job->child, INT64_MAX);
		if (pool->host.guard != NULL)
			guard_clear(pool->host.guard, job->slot - 1);
		(void)child_reap(&job->child, &r);
		job->running = false;
	}
}

void
prun_pool_free(struct prun_pool *pool)
{
	if (pool == NULL)
		return;
	if (pool->host.spawner != NULL)
		spawner_drain(pool->host.spawner);
	schedule_started(pool);
	timer_free(pool->host.timer);
	pool_kill_active(pool);
	orphans_reap_all(pool);
	guard_free(pool->host.guard);
	pool_free_jobs(&pool->queued);
	pool_free_jobs(&pool->active);
	pool_free_jobs(&pool->tried);
	pool_free_jobs(&pool->again);
	pool_free_jobs(&pool->ended);
	pool_free_jobs(&pool->waiting);
	pool_free_jobs(&pool->spent);
	pool_free_jobs(&pool->idle);
	if (pool->host.timer != NULL)
		terminator_fini(&pool->host.terminator);
	spawner_free(pool->host.spawner);
	order_fini(&pool->host.order);
	deliver_fini(&pool->deliver);
	mailbox_fini(&pool->host.mailbox);
	loop_fini(&pool->host.loop);
	fd_close(&pool->guard_alarm);
	fd_close(&pool->host.null);
	slots_fini(&pool->slots);
	buf_fini(&pool->variable);
	free(pool->outer);
	free(pool);
}

int
prun_pool_fd(const struct prun_pool *pool)
{
	return pool->host.loop.fd;
}

/* Output waits for what nobody tells of, memory: the own descriptor is to tell. */
static void
pool_flush_again(struct prun_pool *pool)
{
	if (timer_start(pool->host.timer, &pool->flush_due,
		clock_now() + HOBBLED, pool_nudge, pool) != 0)
		pool_nudge(pool);
}

/* Watch the descriptor with the slow reader; take paused pipes up again. */
static void
pool_flush(struct prun_pool *pool)
{
	struct loop *loop = &pool->host.loop;
	struct job *job;
	int error, fd;

	pool->unsettled = false;
	if (pool->mode == PRUN_OUTPUT_NONE)
		return;
	error = order_flush(&pool->host.order);
	fd = error == -EAGAIN ? deliver_waits_for(&pool->deliver) : -1;
	if (pool->stall_watch.fd != fd) {
		loop_remove(loop, &pool->stall_watch);
		if (fd != -1 &&
		    loop_add(loop, &pool->stall_watch, fd, EPOLLOUT,
			pool_stall_ready, pool) != 0)
			fd = -1;
	}
	if (error != 0 && fd == -1)
		pool_flush_again(pool);
	if (pool->host.paused == 0 || pool->host.order.stalled)
		return;
	for (job = TAILQ_FIRST(&pool->active); job != NULL;) {
		struct job *next = TAILQ_NEXT(job, entry);

		job_resume(job);
		job = next;
	}
}

/* All that was to be killed is dead: now what escaped from it. */
static void
pool_sweep(struct prun_pool *pool)
{
	if (!pool->terminating || pool->swept || pool->nactive > 0)
		return;
	pool->swept = true;
	orphans_signal(pool, SIGKILL);
}

static void
pool_settle(struct prun_pool *pool)
{
	do {
		/* What a try wrote is delivered before it is asked for the next. */
		if (!TAILQ_EMPTY(&pool->tried))
			pool_flush(pool);
		retry_decide(pool);
		pool_flush(pool);
		schedule_finish(pool);
		schedule_start(pool);
	} while ((!TAILQ_EMPTY(&pool->ended) && !pool->host.order.stalled) ||
	    pool->unsettled || !TAILQ_EMPTY(&pool->tried));
	orphans_reap(pool);
	pool_sweep(pool);
	pool_guard_arm(pool);
}

static int
pool_take_error(struct prun_pool *pool)
{
	int error = deliver_take_error(&pool->deliver);

	if (error == 0) {
		error = pool->lost;
		pool->lost = 0;
	}
	return error;
}

int
prun_pool_step(struct prun_pool *pool, double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	uint64_t told = pool->ntold;
	bool stalled = pool->host.order.stalled, happened;
	int n, error;

	/* What the caller waits for may happen here already: do not wait then. */
	pool_settle(pool);
	error = pool_take_error(pool);
	happened = error != 0 || pool->ntold != told ||
	    pool->host.order.stalled != stalled;
	if (prun_pool_pending(pool) == 0)
		return timeout < 0 && !happened ? -EDEADLK : error;
	n = loop_turn(&pool->host.loop,
	    happened ? 0 : clock_poll_timeout(deadline));
	if (n < 0 && n != -EINTR)
		return n;
	pool_settle(pool);
	return error != 0 ? error : pool_take_error(pool);
}

unsigned
prun_pool_slot(const struct prun_pool *pool)
{
	if (pool->nqueued > 0 || pool->closed || !schedule_may_start(pool))
		return 0;
	return slots_peek(&pool->slots);
}

unsigned
prun_pool_room(const struct prun_pool *pool)
{
	return slots_room(&pool->slots);
}

unsigned
prun_pool_running(const struct prun_pool *pool)
{
	return pool->nrunning;
}

bool
prun_pool_stalled(const struct prun_pool *pool)
{
	return pool->host.order.stalled;
}

uint64_t
prun_pool_pending(const struct prun_pool *pool)
{
	return pool->nqueued + pool->nactive + pool->ntried + pool->nended +
	    (deliver_waits_for(&pool->deliver) != -1);
}

void
prun_pool_close(struct prun_pool *pool)
{
	pool->closed = true;
}

uint64_t
prun_pool_drop(struct prun_pool *pool)
{
	pool->closed = pool->dropped = true;
	mailbox_post(&pool->host.mailbox, &pool->nudge, 0);
	return schedule_drop(pool);
}

void
prun_pool_terminate(struct prun_pool *pool)
{
	struct job *job;

	(void)prun_pool_drop(pool);
	if (pool->terminating) {
		pool->hurried = true;
		terminator_hurry(&pool->host.terminator);
		return;
	}
	pool->terminating = true;
	TAILQ_FOREACH(job, &pool->active, entry)
		job_terminate(job);
}
