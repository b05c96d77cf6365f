/* SPDX-License-Identifier: ISC */

/*
 * Owns the time that a job may take: what it is measured from, and that it
 * stands still while the job is suspended; and when its next try is due.  Knows
 * no pipes.
 */
#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "pool/job.h"

static void
job_timeout_due(void *arg)
{
	struct job *job = arg;
	int error;

	error = terminator_start(&job->host->terminator, &job->termination);
	if (error == -EALREADY || error == -ESRCH)
		return;
	/* The batch runs in this same thread, after us: nobody sees it unset. */
	atomic_store(&job->timed_out, true);
	if (error != 0)
		(void)child_signal(&job->child, SIGKILL);
}

void
job_arm(struct job *job)
{
	struct timer *timer = job->host->timer;
	double seconds = job->plan.timeout;
	int64_t timeout = 0;

	if (seconds == 0)
		seconds = job->host->timeout;
	if (!job->running || job->suspended || seconds == 0 ||
	    clock_from_seconds(seconds, &timeout) != 0) {
		(void)timer_cancel(timer, &job->timeout);
		return;
	}
	if (timer_start(timer, &job->timeout,
		job->child.started + job->suspended_for + timeout,
		job_timeout_due, job) != 0)
		job_timeout_due(
		    job); /* no thread to keep the time: better now than never */
}

void
job_suspend(struct job *job)
{
	job->suspended = true;
	job->suspended_at = clock_now();
	job_arm(job);
}

void
job_continue(struct job *job)
{
	job->suspended = false;
	job->suspended_for += clock_now() - job->suspended_at;
	job_arm(job);
}

static void
job_again_due(void *arg)
{
	struct job *job = arg;

	job->due = true;
}

void
job_try_after(struct job *job, double seconds)
{
	int64_t delay = 0;

	if (clock_from_seconds(seconds, &delay) != 0)
		delay = INT64_MAX / 2;
	job->due = seconds == 0;
	if (!job->due &&
	    loop_timer_start(&job->host->loop, &job->again, clock_now() + delay,
		job_again_due, job) != 0)
		job->due = true; /* better too early than never */
}
