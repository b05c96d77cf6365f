/* SPDX-License-Identifier: ISC */

/*
 * Owns the time that a worker's process may take: it runs from the start on, and stands
 * still while the worker is suspended.  Knows no pipes.
 */
#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "engine/worker.h"
#include "kill/tree.h"

/*
 * A stop passes over all processes again until a pass finds no new one, but no more than so
 * many times.
 */
#define STOP_PASSES 5

/* Runs in the Timer thread. */
static void
worker_timeout_due(void *arg)
{
	struct worker *w = arg;
	int error;

	error = terminator_start(&w->engine->terminator, &w->termination);
	if (error == -EALREADY || error == -ESRCH)
		return;
	/*
	 * The kill itself runs in this same thread, after this function: so nobody sees
	 * the job killed while timed_out is not set.
	 */
	atomic_store(&w->timed_out, true);
	if (error != 0)
		(void)child_signal(&w->child, SIGKILL);
}

int64_t
worker_deadline(const struct worker *w)
{
	double seconds = w->job.task->timeout;
	int64_t timeout;

	if (seconds == 0)
		seconds = w->engine->timeout;
	if (seconds == 0 || clock_from_seconds(seconds, &timeout) != 0)
		return INT64_MAX;
	return (w->server != NULL ? w->server->given : w->child.started) +
	    w->suspended_for + timeout;
}

void
worker_arm(struct worker *w)
{
	w->kind->arm(w);
}

void
worker_arm_here(struct worker *w)
{
	struct timer *timer = w->engine->timer;
	int64_t deadline = INT64_MAX;

	if (w->state == WORKER_RUNNING && !w->suspended)
		deadline = worker_deadline(w);
	if (deadline == INT64_MAX) {
		(void)timer_cancel(timer, &w->timeout);
		return;
	}
	/*
	 * Without the Timer thread the job is killed now: too early is better than
	 * never.
	 */
	if (timer_start(timer, &w->timeout, deadline, worker_timeout_due, w) !=
	    0)
		worker_timeout_due(w);
}

void
worker_outlived(struct worker *w)
{
	const struct tree_target target = { .job_mark = w->mark,
		.started = w->termination.started };

	atomic_store(&w->timed_out, true);
	(void)tree_signal(&target, SIGKILL);
}

void
worker_suspend(struct worker *w)
{
	w->suspended = true;
	w->suspended_at = clock_now();
	worker_arm(w);
}

void
worker_continue(struct worker *w)
{
	w->suspended = false;
	w->suspended_for += clock_now() - w->suspended_at;
	worker_arm(w);
}

/* A process may have forked just before it was stopped: so one pass is not enough. */
int
workers_signal(struct tree_kill *tree, int sig)
{
	int found = -1, n;

	for (int i = 0; i < STOP_PASSES; i++) {
		n = tree_kill(tree, sig);
		if (n < 0)
			return n;
		if (sig == SIGCONT || n == found)
			break;
		found = n;
	}
	return 0;
}

void
worker_stop(struct worker *w)
{
	const struct tree_target target = worker_target(w);
	struct tree_kill tree = { .targets = &target, .count = 1 };

	if (w->kind->signal != NULL) {
		w->kind->signal(w, SIGSTOP);
		return;
	}
	(void)workers_signal(&tree, SIGSTOP);
	tree_kill_fini(&tree);
}
