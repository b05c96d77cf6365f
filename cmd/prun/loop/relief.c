/* SPDX-License-Identifier: ISC */

/*
 * Owns which job of a machine is suspended, resumed or killed when the machine's limits want
 * that.  Does not know what a limit looks at.
 */
#include "loop/relief.h"
#include "report/report_task.h"

static bool
is_there(const struct relief_jobs *jobs, const struct report_task *job)
{
	return jobs->host == NULL || job->host == jobs->host;
}

static bool
runs(const struct relief_jobs *jobs, const struct report_task *job)
{
	return is_there(jobs, job) && !job->still && !job->paused;
}

void
relief_kill_youngest(const struct relief_jobs *jobs)
{
	struct report_task *job;

	TAILQ_FOREACH_REVERSE(job, jobs->live, live_list, live) {
		if (is_there(jobs, job) &&
		    prun_pool_kill(jobs->pool, job->id) == 0)
			return;
	}
}

static struct report_task *
oldest(const struct relief_jobs *jobs)
{
	struct report_task *job;

	TAILQ_FOREACH(job, jobs->live, live) {
		if (runs(jobs, job))
			return job;
	}
	return NULL;
}

/* Suspends the youngest of the running jobs; the oldest of them always goes on. */
static bool
suspend_one(const struct relief_jobs *jobs)
{
	const struct report_task *first = oldest(jobs);
	struct report_task *job;

	TAILQ_FOREACH_REVERSE(job, jobs->live, live_list, live) {
		if (!runs(jobs, job) || job == first ||
		    prun_pool_suspend(jobs->pool, job->id) != 0)
			continue;
		job->still = true;
		return true;
	}
	return false;
}

static void
resume_one(const struct relief_jobs *jobs)
{
	struct report_task *job;

	TAILQ_FOREACH(job, jobs->live, live) {
		if (!is_there(jobs, job) || !job->still)
			continue;
		job->still = false;
		if (job->paused)
			continue;
		if (prun_pool_resume(jobs->pool, job->id) == 0)
			return;
	}
}

void
relief_give(const struct relief_jobs *jobs, enum limit_relief relief)
{
	if (relief == RELIEF_NONE || relief == RELIEF_KILL)
		return;
	if (relief == RELIEF_RESUME || oldest(jobs) == NULL) {
		resume_one(jobs);
		return;
	}
	while (suspend_one(jobs) && relief == RELIEF_SUSPEND_ALL)
		continue;
}
