/* SPDX-License-Identifier: ISC */

/*
 * Owns the state machine of one job.  Two things must happen in any order, the
 * child's death and the end of its pipes; timeouts and kills only hasten them.
 * Knows no other job and no policy.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/status.h"
#include "exec/guard.h"
#include "exec/proc.h"
#include "exec/sudo_talk.h"
#include "output/intake.h"
#include "pool/job.h"

#define MAIL_LEAK 0x1u /* the grace of its pipes is over */
#define MAIL_KILLED 0x2u /* its tree is gone, or all was tried */
#define MAIL_DEATH 0x4u /* look again whether it can be reaped */
#define MAIL_AGAIN 0x8u /* time for its next try */

/* Reads after the death before others get their turn. */
#define DRAIN_READS 16
#define REAP_AGAIN INT64_C(10000000)
/* Jobs whose pipes are watched at once, after one that has filled its own. */
#define LOUD 64
/* Of the one that the others wait for: what they write in the meantime spills. */
#define FIRST_READS 16

static void job_death_ready(struct watch *w, uint32_t events);
static void job_talk_end(struct job *job);

void
job_init(struct job *job, struct job_host *host)
{
	job->host = host;
	child_init(&job->child);
	stdio_init(&job->stdio);
	job->death.fd = -1;
	for (int i = 0; i < 2; i++) {
		job->pipe[i].watch.fd = -1;
		job->pipe[i].job = job;
		job->pipe[i].stream = i + 1;
	}
	job->mail.owner = job;
}

void
job_fini(struct job *job)
{
	stdio_close(&job->stdio);
	job_talk_end(job);
	child_fini(&job->child);
	order_close(&job->host->order, &job->outlet);
	plan_fini(&job->plan);
}

void
job_reset(struct job *job)
{
	job->result = (struct prun_result){ .id = job->id };
	job->running = job->reaped = job->ended = false;
	job->due = job->checked = job->suspended = false;
	job->suspended_for = 0;
	job->delivered = job->told = false;
	job->leak_pending = job->no_grace = false;
	atomic_store(&job->timed_out, false);
	job->termination.active = job->termination.dead = false;
}

static bool
job_captures(const struct job *job, int stream)
{
	return job->host->capture &&
	    job->plan.stdio[stream].kind == PRUN_STDIO_INHERIT;
}

/* In a spawner's thread: of the job, what only its start is about. */
static int
job_open(struct spawn_task *task)
{
	struct job *job = task->owner;
	struct prun_stdio kinds[3];
	int error;

	/* Without a thread to keep the time it would have to be killed at once. */
	if (job->timed && (error = timer_provide(job->host->timer)) != 0) {
		job->result.step = PRUN_STEP_FORK;
		return error;
	}
	for (int i = 0; i < 3; i++)
		kinds[i] = job->plan.stdio[i];
	for (int i = 1; i < 3; i++) {
		if (job_captures(job, i))
			kinds[i].kind = PRUN_STDIO_PIPE;
	}
	error = stdio_open(&job->stdio, kinds, job->host->null, true);
	if (error == 0 && job->plan.sudo.asks)
		error = sudo_talk_new(&job->plan.sudo, kinds, &job->stdio,
		    &job->talk);
	if (error != 0)
		stdio_close(&job->stdio);
	return error;
}

void
job_submit(struct job *job)
{
	job->result.slot = job->slot;
	job->timed = job->plan.timeout > 0 || job->host->timeout > 0;
	job->termination.started = proc_now();
	job->task = (struct spawn_task){
		.child = &job->child,
		.plan = &job->plan,
		.open = job_open,
		.stdio = &job->stdio,
		.result = &job->result,
		.owner = job,
	};
	spawner_submit(job->host->spawner, &job->task);
}

static void
job_talk_end(struct job *job)
{
	if (job->talk == NULL)
		return;
	if (job->running || job->reaped)
		job->result.flags |= sudo_talk_verdict(job->talk);
	sudo_talk_free(job->talk);
	job->talk = NULL;
}

static void
job_end(struct job *job)
{
	if (job->ended || !job->reaped || job->pipe[0].watch.fd != -1 ||
	    job->pipe[1].watch.fd != -1)
		return;
	job->ended = true;
	job_talk_end(job);
	(void)timer_cancel(job->host->timer, &job->leak);
	mailbox_withdraw(&job->host->mailbox, &job->mail);
	if (atomic_load(&job->timed_out))
		job->result.flags |= PRUN_TIMED_OUT;
	job->result.out_bytes = job->outlet.stream[0].total;
	job->result.err_bytes = job->outlet.stream[1].total;
	job->result.tail = outlet_tail(&job->outlet, job->host->order.opts.tail,
	    &job->result.tail_len);
	job->host->ended(job);
}

static void
job_pipe_close(struct job *job, struct job_pipe *p)
{
	if (p->paused)
		job->host->paused--;
	p->paused = false;
	loop_remove(&job->host->loop, &p->watch);
	fd_close(&job->stdio.parent[p->stream]);
}

/* One read.  False when there is nothing to read now, or ever. */
static bool
job_pipe_read(struct job *job, struct job_pipe *p)
{
	ssize_t n = intake_read(&job->host->order, &job->outlet, p->stream,
	    p->watch.fd);

	if (n >= INTAKE_BUSY_READ)
		job->host->loud = LOUD;
	if (n > 0)
		return true;
	if (n == -EAGAIN)
		return false;
	if (n < 0) {
		job->result.flags |= PRUN_OUTPUT_LOST;
		job->result.error = (int)-n;
	}
	job_pipe_close(job, p);
	return false;
}

static bool
job_pipe_pause(struct job *job, struct job_pipe *p)
{
	if (order_wants(&job->host->order, &job->outlet))
		return false;
	if (!p->paused)
		job->host->paused++;
	p->paused = true;
	loop_pause(&job->host->loop, &p->watch);
	return true;
}

static void
job_pipe_ready(struct watch *w, uint32_t events)
{
	struct job_pipe *p = w->owner;

	struct order *order = &p->job->host->order;
	int n = 1;

	(void)events;
	if (order_is_first(order, &p->job->outlet))
		n = FIRST_READS;
	while (n-- > 0) {
		if (job_pipe_pause(p->job, p) || !job_pipe_read(p->job, p))
			break;
	}
	if (order_can_wait(order, &p->job->outlet, p->stream))
		loop_snooze(&p->job->host->loop, w, clock_now());
	job_end(p->job);
}

static void
job_leak_due(void *arg)
{
	struct job *job = arg;

	mailbox_post(&job->host->mailbox, &job->mail, MAIL_LEAK);
}

static void
job_leak_start(struct job *job)
{
	int64_t grace = job->no_grace ? 0 : job->host->leak_timeout;

	if (job->leak_pending || grace < 0)
		return;
	job->leak_pending = true;
	if (timer_start(job->host->timer, &job->leak, clock_now() + grace,
		job_leak_due, job) != 0)
		job_leak_due(job);
}

void
job_resume(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		struct job_pipe *p = &job->pipe[i];

		if (!p->paused || !order_wants(&job->host->order, &job->outlet))
			continue;
		p->paused = false;
		job->host->paused--;
		if (loop_resume(&job->host->loop, &p->watch) == 0) {
			if (job->reaped)
				job_leak_start(job);
			continue;
		}
		job->result.flags |= PRUN_OUTPUT_LOST;
		job->result.error = ENOMEM;
		job_pipe_close(job, p);
	}
	job_end(job);
}

/* Read what is in the pipes of a dead child, as far as is fair. */
static void
job_drain(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		struct job_pipe *p = &job->pipe[i];

		for (int n = 0; p->watch.fd != -1 && n < DRAIN_READS; n++) {
			if (job_pipe_pause(job, p) || !job_pipe_read(job, p))
				break;
		}
	}
}

static void
job_leak(struct job *job)
{
	bool drained;

	job->leak_pending = false;
	if (job->ended || !job->reaped)
		return;
	drained = job->talk == NULL || sudo_talk_drained(job->talk);
	job_drain(job);
	/* What may not be taken yet is not lost: job_resume() starts this again. */
	if (job->pipe[0].paused || job->pipe[1].paused)
		return;
	/* What the job itself wrote may still be on its way through sudo's talk. */
	if (!drained) {
		job_leak_start(job);
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (job->pipe[i].watch.fd == -1)
			continue;
		job->result.flags |= PRUN_LEAKY;
		job_pipe_close(job, &job->pipe[i]);
	}
	job_end(job);
}

/* Whether it was reaped. */
static bool
job_reap(struct job *job)
{
	struct job_host *host = job->host;
	pid_t pid = job->child.pid;

	if (host->guard != NULL)
		guard_clear(host->guard, job->slot - 1);
	loop_pause(&host->loop,
	    &job->death); /* the reaping closes its descriptor */
	if (child_reap(&job->child, &job->result) == 0) {
		if (host->guard != NULL)
			guard_set(host->guard, job->slot - 1, pid);
		return false;
	}
	loop_remove(&host->loop, &job->death);
	job->running = false;
	job->reaped = true;
	(void)timer_cancel(host->timer, &job->timeout);
	host->died(job);
	return true;
}

/*
 * It has exited by itself: what is left is to be known, and perhaps killed, while its
 * number is still its own.
 */
static void
job_check_leak(struct job *job)
{
	struct job_host *host = job->host;

	if (host->leak == PRUN_LEAK_IGNORE || job->checked)
		return;
	job->checked = true;
	if (atomic_load(&job->timed_out) ||
	    job->result.flags & PRUN_TERMINATED || !host->leaks(job))
		return;
	job->result.flags |= PRUN_LEFT_BEHIND;
	if (host->leak == PRUN_LEAK_KILL)
		(void)terminator_start(&host->terminator, &job->termination);
}

static void
job_look_again(void *arg)
{
	struct job *job = arg;

	mailbox_post(&job->host->mailbox, &job->mail, MAIL_DEATH);
}

/*
 * Dead, but not to be reaped: it is held by a kill that wants to see the last
 * of its tree first, or somebody traces it and has not looked yet.
 */
static void
job_not_reaped(struct job *job)
{
	terminator_leader_died(&job->host->terminator, &job->termination);
	if (child_is_held(&job->child))
		return; /* MAIL_KILLED comes */
	if (timer_start(job->host->timer, &job->leak, clock_now() + REAP_AGAIN,
		job_look_again, job) != 0)
		(void)loop_resume(&job->host->loop, &job->death);
}

static void
job_death(struct job *job)
{
	job_check_leak(job);
	if (!job_reap(job)) {
		job_not_reaped(job);
		return;
	}
	/* Its event is for the pipes from now on. */
	(void)timer_cancel(job->host->timer, &job->leak);
	job_drain(job);
	job_end(job);
	if (job->ended)
		return;
	/* What closes them is to be seen at once, whether later or not. */
	for (int i = 0; i < 2; i++) {
		if (job->pipe[i].watch.later)
			(void)loop_resume(&job->host->loop,
			    &job->pipe[i].watch);
	}
	job_leak_start(job);
}

static void
job_death_ready(struct watch *w, uint32_t events)
{
	(void)events;
	job_death(w->owner);
}

void
job_killed(struct termination *x, void *arg)
{
	struct job *job = (struct job *)((char *)x -
	    offsetof(struct job, termination));

	(void)arg;
	mailbox_post(&job->host->mailbox, &job->mail, MAIL_KILLED);
}

void
job_mail(struct job *job, unsigned bits)
{
	if (bits & MAIL_KILLED) {
		child_release(&job->child);
		if (job->termination.survived)
			job->result.flags |= PRUN_NOT_KILLED;
		/* Dead or not: when it is not, its death will be told. */
		if (loop_resume(&job->host->loop, &job->death) != 0)
			(void)child_await(&job->child, INT64_MAX);
		if (child_await(&job->child, 0) == 1)
			job_death(job);
	}
	if (bits & MAIL_DEATH && job->running)
		job_death(job);
	if (bits & MAIL_LEAK)
		job_leak(job);
	if (bits & MAIL_AGAIN)
		job->due = true;
}

static void
job_again_due(void *arg)
{
	struct job *job = arg;

	mailbox_post(&job->host->mailbox, &job->mail, MAIL_AGAIN);
}

void
job_try_after(struct job *job, double seconds)
{
	int64_t delay = 0;

	if (clock_from_seconds(seconds, &delay) != 0)
		delay = INT64_MAX / 2;
	job->due = seconds == 0;
	if (!job->due &&
	    timer_start(job->host->timer, &job->again, clock_now() + delay,
		job_again_due, job) != 0)
		job->due = true; /* better too early than never */
}

void
job_terminate(struct job *job)
{
	int error;

	job->no_grace = true;
	if (!job->running) {
		if (job->reaped && !job->ended)
			mailbox_post(&job->host->mailbox, &job->mail,
			    MAIL_LEAK);
		return;
	}
	error = terminator_start(&job->host->terminator, &job->termination);
	if (error == 0)
		job->result.flags |= PRUN_TERMINATED;
	else if (error != -EALREADY && error != -ESRCH)
		(void)child_signal(&job->child, SIGKILL);
}

void
job_fail(struct job *job, enum prun_step step, int error)
{
	stdio_close(&job->stdio);
	job->result.flags |= PRUN_NOT_STARTED;
	job->result.step = step;
	job->result.error = -error;
	job->result.status = status_of_exec_error(-error);
	if (job->result.started == 0)
		job->result.started = clock_wall();
	job->reaped = true;
	job->host->died(job);
	job_end(job);
}

static bool
is_shortage(int error)
{
	return error == -EAGAIN || error == -ENOMEM || error == -EMFILE ||
	    error == -ENFILE;
}

/* It runs, but cannot be watched: it must not run. */
static void
job_abandon(struct job *job, int error)
{
	for (int i = 0; i < 2; i++)
		job_pipe_close(job, &job->pipe[i]);
	loop_remove(&job->host->loop, &job->death);
	(void)child_signal(&job->child, SIGKILL);
	(void)child_await(&job->child, INT64_MAX);
	(void)child_reap(&job->child, &job->result);
	job_fail(job, PRUN_STEP_PIPE, error);
}

/*
 * Most jobs are over, and write little, before it would pay to watch their
 * pipes: these are read once, when the job is dead.  A job that fills its pipe
 * must not wait for that.
 */
static int
job_watch_pipe(struct job *job, struct job_pipe *p)
{
	struct loop *loop = &job->host->loop;
	int fd = job->stdio.parent[p->stream];

	if (job->host->loud > 0)
		return loop_add(loop, &p->watch, fd, EPOLLIN, job_pipe_ready,
		    p);
	return loop_add_later(loop, &p->watch, fd, EPOLLIN, job_pipe_ready, p,
	    job->child.started);
}

static int
job_watch(struct job *job)
{
	struct job_host *host = job->host;
	int error;

	error = loop_add(&host->loop, &job->death, job->child.pidfd, EPOLLIN,
	    job_death_ready, job);
	if (error == 0 && job->talk != NULL)
		error = sudo_talk_start(job->talk, job->child.pid,
		    job->child.pidfd);
	for (int i = 0; i < 2 && error == 0; i++) {
		if (job->stdio.parent[i + 1] != -1)
			error = job_watch_pipe(job, &job->pipe[i]);
	}
	if (host->loud > 0)
		host->loud--;
	return error;
}

int
job_spawned(struct job *job)
{
	struct job_host *host = job->host;
	int error = job->task.error;

	if (is_shortage(error) && job->result.step != PRUN_STEP_EXEC) {
		stdio_close(&job->stdio);
		job_talk_end(job);
		job->result.flags &= ~PRUN_NOT_STARTED;
		return -EAGAIN;
	}
	if (error != 0) {
		job_fail(job, job->result.step, error);
		return 0;
	}
	error = job_watch(job);
	if (error != 0) {
		job_abandon(job, error);
		return 0;
	}
	job->running = true;
	if (host->guard != NULL)
		guard_set(host->guard, job->slot - 1, job->child.pid);
	job->termination.child = &job->child;
	job->termination.token = job->token;
	job->termination.sudo = job->plan.sudo.on ? &job->plan.sudo : NULL;
	if (job->plan.heading != NULL && host->capture)
		(void)order_heading(&host->order, &job->outlet,
		    job->plan.heading, job->plan.heading_len);
	if (job->plan.timeout > 0 || host->timeout > 0)
		job_arm(job);
	return 0;
}
