/* SPDX-License-Identifier: ISC */

/* Owns what is done to the pool for the machine's sake.  Knows no options. */
#include <err.h>
#include <time.h>

#include "prun.h"
#include "report/report_task.h"
#include "run/admission.h"
#include "run/exit.h"
#include "run/mainloop.h"
#include "run/signals.h"

#define INTERVAL 1.0 /* seconds from one look at the limits to the next */
#define NS_PER_S INT64_C(1000000000)

static int64_t
admission_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void admission_timer(void *arg);

/* Without a timer a pool that is held would be so for ever. */
static void
admission_arm(struct admission *g)
{
	int error;

	(void)prun_pool_after_cancel(g->mainloop->pool, g->timer);
	error = prun_pool_after(g->mainloop->pool, INTERVAL, admission_timer, g,
	    &g->timer);
	if (error != 0)
		errc(EXIT_OWN, -error, "a timer for the limits");
}

static void
admission_hold(struct admission *g, bool hold)
{
	if (g->held != hold)
		prun_pool_hold(g->mainloop->pool, hold);
	g->held = hold;
	admission_arm(g);
}

void
admission_shut(struct admission *g)
{
	g->granted = false;
	admission_hold(g, true);
}

static void
admission_kill_youngest(struct admission *g)
{
	struct report_task *job;

	TAILQ_FOREACH_REVERSE(job, g->live, live_list, live) {
		if (prun_pool_kill(g->mainloop->pool, job->id) == 0)
			return;
	}
}

/* Asks the limits: may one start? */
static bool
admission_look(struct admission *g)
{
	enum limit_answer answer = limits_try(&g->limits, admission_now());

	if (answer == LIMIT_KILL)
		admission_kill_youngest(g);
	admission_hold(g, answer != LIMIT_YES);
	return answer == LIMIT_YES;
}

/* Of no use once the run is to stop: then nothing starts. */
static void
admission_look_again(void *arg)
{
	struct admission *g = arg;

	if (g->held && !g->mainloop->stop)
		g->granted = admission_look(g);
}

bool
admission_grants(struct admission *g)
{
	const bool granted = g->granted;

	if (!limits_any(&g->limits))
		return true;
	g->granted = false;
	return granted || admission_look(g);
}

void
admission_release(struct admission *g)
{
	limits_release(&g->limits);
}

/* The youngest that runs, but for the oldest of all. */
static bool
admission_suspend_one(struct admission *g)
{
	struct report_task *job, *oldest = NULL;

	TAILQ_FOREACH(job, g->live, live) {
		if (!job->still && oldest == NULL)
			oldest = job;
	}
	TAILQ_FOREACH_REVERSE(job, g->live, live_list, live) {
		if (job->still || job == oldest ||
		    prun_pool_suspend(g->mainloop->pool, job->id) != 0)
			continue;
		job->still = true;
		return true;
	}
	return false;
}

static void
admission_resume_one(struct admission *g)
{
	struct report_task *job;

	TAILQ_FOREACH(job, g->live, live) {
		if (!job->still)
			continue;
		job->still = false;
		if (prun_pool_resume(g->mainloop->pool, job->id) == 0)
			return;
	}
}

static bool
admission_any_runs(const struct admission *g)
{
	const struct report_task *job;

	TAILQ_FOREACH(job, g->live, live) {
		if (!job->still)
			return true;
	}
	return false;
}

/* However little memory there is, one job runs. */
static void
admission_relieve(struct admission *g, enum limit_relief relief)
{
	if (relief != RELIEF_NONE && relief != RELIEF_KILL &&
	    !admission_any_runs(g))
		relief = RELIEF_RESUME;
	switch (relief) {
	case RELIEF_RESUME:
		admission_resume_one(g);
		break;
	case RELIEF_SUSPEND:
		(void)admission_suspend_one(g);
		break;
	case RELIEF_SUSPEND_ALL:
		while (admission_suspend_one(g))
			continue;
		break;
	case RELIEF_KILL:
		/* While the pool is held, the limit's answer says whether to. */
		if (g->held || g->mainloop->stop)
			break;
		admission_kill_youngest(g);
		admission_shut(g);
		break;
	case RELIEF_NONE:
	default:
		break;
	}
}

static void
admission_timer(void *arg)
{
	struct admission *g = arg;

	/* What is being killed is let be. */
	for (size_t i = 0; i < g->limits.n && !g->mainloop->kill; i++)
		admission_relieve(g, limits_relieve(&g->limits, i));
	admission_look_again(g);
	admission_arm(g);
}

int
admission_open(struct admission *g, struct mainloop *mainloop,
    const struct limit_rules *rules, const char *shell,
    const struct live_list *live)
{
	int error;

	*g = (struct admission){
		.context = { .rules = rules,
		    .pool = mainloop->pool,
		    .shell = shell,
		    .sigmask = &mainloop->signals->jobs_mask,
		    .sigdefault = &mainloop->signals->jobs_default,
		    .wake = admission_look_again,
		    .arg = g },
		.mainloop = mainloop,
		.live = live
	};
	error = limits_open(&g->limits, limit_table, LIMIT_TABLE_SIZE,
	    &g->context);
	if (error == 0 && limits_any(&g->limits))
		admission_arm(g);
	return error;
}

void
admission_close(struct admission *g)
{
	limits_close(&g->limits);
}
