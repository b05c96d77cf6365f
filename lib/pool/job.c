/* SPDX-License-Identifier: ISC */

/*
 * Owns the state machine of one job.  Two things must happen in any order, the
 * child's death and the end of its pipes; timeouts and kills only hasten them.
 * Knows no other job, no policy, and not when a pipe is read.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/status.h"
#include "kill/guard.h"
#include "kill/proc.h"
#include "pool/job.h"
#include "pool/job_pipe.h"

#define REAP_AGAIN INT64_C(10000000)

static mail_fn job_mail;
static void job_death(struct job *job);

void
job_init(struct job *job, struct job_host *host)
{
	job->host = host;
	child_init(&job->child);
	stdio_init(&job->stdio);
	job->death.fd = -1;
	job_pipes_init(job);
	job->mail.fn = job_mail;
	job->mail.owner = job;
}

void
job_fini(struct job *job)
{
	stdio_close(&job->stdio);
	transport_detach(&job->transport);
	transport_fini(&job->transport);
	child_fini(&job->child);
	mux_close(&job->host->mux, &job->task_output);
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

/* Without a thread to keep the time it would have to be killed at once. */
static int
job_provide_timer(struct spawn_task *task)
{
	struct job *job = task->owner;
	int error = timer_provide(job->host->timer);

	if (error != 0) {
		job->result.step = PRUN_STEP_FORK;
		job->result.flags |= PRUN_NOT_STARTED;
	}
	return error;
}

void
job_submit(struct job *job)
{
	struct start_request *start = &job->task.start;

	job->result.slot = job->slot;
	job->timed = job->plan.timeout > 0 || job->host->timeout > 0;
	job->termination.started = proc_now();
	job->task = (struct spawn_task){
		.start = { .plan = &job->plan,
		    .transport = &job->transport,
		    .child = &job->child,
		    .stdio = &job->stdio,
		    .null = job->host->null,
		    .nonblock = true,
		    .result = &job->result },
		.prepare = job->timed ? job_provide_timer : NULL,
		.owner = job,
	};
	for (int i = 0; i < 3; i++) {
		start->kinds[i] = job->plan.stdio[i];
		if (i > 0 && job_captures(job, i))
			start->kinds[i].kind = PRUN_STDIO_PIPE;
	}
	spawner_submit(job->host->spawner, &job->task);
}

void
job_end(struct job *job)
{
	if (job->ended || !job->reaped || job_pipes_are_open(job))
		return;
	job->ended = true;
	job->result.flags |= transport_settle(&job->transport);
	transport_detach(&job->transport);
	loop_timer_stop(&job->host->loop, &job->leak);
	mailbox_withdraw(&job->host->loop.mailbox, &job->mail);
	if (atomic_load(&job->timed_out))
		job->result.flags |= PRUN_TIMED_OUT;
	job->result.out_bytes = job->task_output.stream[0].total;
	job->result.err_bytes = job->task_output.stream[1].total;
	job->result.tail = task_output_tail(&job->task_output,
	    job->host->mux.opts.tail, &job->result.tail_len);
	job->host->ended(job);
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

	if (job->running)
		job_death(job);
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
		return; /* JOB_MAIL_KILLED comes */
	if (loop_timer_start(&job->host->loop, &job->leak,
		clock_now() + REAP_AGAIN, job_look_again, job) != 0)
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
	loop_timer_stop(&job->host->loop, &job->leak);
	job_pipes_drain(job);
	job_end(job);
	if (!job->ended)
		job_pipes_linger(job);
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
	mailbox_post(&job->host->loop.mailbox, &job->mail, JOB_MAIL_KILLED);
}

static void
job_mail(struct mail *mail, unsigned bits)
{
	struct job *job = mail->owner;

	(void)bits;
	child_release(&job->child);
	if (job->termination.survived ||
	    (transport_is_foreign(&job->transport) && job->host->outlived(job)))
		job->result.flags |= PRUN_NOT_KILLED;
	/* Dead or not: when it is not, its death will be told. */
	if (loop_resume(&job->host->loop, &job->death) != 0)
		(void)child_await(&job->child, INT64_MAX);
	if (child_await(&job->child, 0) == 1)
		job_death(job);
}

void
job_terminate(struct job *job)
{
	int error;

	job->no_grace = true;
	if (!job->running) {
		if (job->reaped && !job->ended)
			job_pipes_hurry(job);
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
	job_pipes_close(job);
	loop_remove(&job->host->loop, &job->death);
	(void)child_signal(&job->child, SIGKILL);
	(void)child_await(&job->child, INT64_MAX);
	(void)child_reap(&job->child, &job->result);
	job_fail(job, PRUN_STEP_PIPE, error);
}

static int
job_watch(struct job *job)
{
	struct job_host *host = job->host;
	int error;

	error = loop_add(&host->loop, &job->death, job->child.pidfd, EPOLLIN,
	    job_death_ready, job);
	return error != 0 ? error : job_pipes_watch(job);
}

int
job_spawned(struct job *job)
{
	struct job_host *host = job->host;
	int error = job->task.error;

	if (is_shortage(error) && job->result.step != PRUN_STEP_EXEC) {
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
	job->termination.kill = transport_is_foreign(&job->transport) ?
	    transport_kill :
	    NULL;
	job->termination.kill_arg = &job->transport;
	if (job->plan.heading != NULL && host->capture)
		(void)mux_heading(&host->mux, &job->task_output,
		    job->plan.heading, job->plan.heading_len);
	if (job->plan.timeout > 0 || host->timeout > 0)
		job_arm(job);
	return 0;
}
