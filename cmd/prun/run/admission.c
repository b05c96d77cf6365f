/* SPDX-License-Identifier: ISC */

/* Owns what is done to the pool for the machine's sake.  Knows no options. */
#include <limits.h>
#include <time.h>

#include "prun.h"
#include "report/report_task.h"
#include "run/admission.h"
#include "run/mainloop.h"
#include "run/signals.h"

#define SECOND INT64_C(1000000000)
#define NS_PER_MS 1000000

static int64_t
admission_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec;
}

/* It may run for long: signals are heeded meanwhile. */
static enum admit_verdict
admission_ask(struct admission *g)
{
	const char *argv[] = { g->shell, "-c", g->admit.rules.command, NULL };
	const struct prun_spec spec = {
		.argv = argv,
		.in = { .kind = PRUN_STDIO_NULL },
		.flags = PRUN_NEW_GROUP,
		.sigmask = &g->mainloop->signals->jobs_mask,
		.sigdefault = &g->mainloop->signals->jobs_default,
	};
	struct prun_result result = { 0 };
	struct prun_process *process;

	if (prun_process_start(&spec, &process) != 0)
		return ADMIT_NO;
	mainloop_wait_process(g->mainloop, process, &result);
	prun_process_free(process);
	return admit_command(result.status);
}

static enum admit_verdict
admission_verdict(struct admission *g)
{
	enum admit_verdict verdict = admit_machine(&g->admit, admission_now());

	if (verdict == ADMIT_YES && g->admit.rules.command != NULL)
		verdict = admission_ask(g);
	return verdict;
}

static void
admission_hold(struct admission *g, bool hold)
{
	if (g->held != hold)
		prun_pool_hold(g->mainloop->pool, hold);
	g->held = hold;
	g->next = admission_now() + SECOND;
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

/* Whether one may start. */
static bool
admission_look(struct admission *g)
{
	enum admit_verdict verdict = admission_verdict(g);

	if (g->mainloop->stop)
		return true;
	if (verdict == ADMIT_TOO_MUCH)
		admission_kill_youngest(g);
	admission_hold(g, verdict != ADMIT_YES);
	return verdict == ADMIT_YES;
}

bool
admission_open(struct admission *g)
{
	bool granted = g->granted;

	if (!admit_any(&g->admit.rules))
		return true;
	g->granted = false;
	return granted || admission_look(g);
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

/* However short memory is, one job runs. */
static void
admission_crowd(struct admission *g)
{
	enum admit_crowd crowd = admit_crowd(&g->admit);

	if (crowd == CROWD_GROW || !admission_any_runs(g))
		admission_resume_one(g);
	else if (crowd == CROWD_SHRINK)
		(void)admission_suspend_one(g);
	else
		while (admission_suspend_one(g))
			continue;
}

static void
admission_relieve(struct admission *g)
{
	if (g->admit.rules.suspend > 0)
		admission_crowd(g);
	if (g->admit.rules.free > 0 && !g->held &&
	    admit_machine(&g->admit, admission_now()) == ADMIT_TOO_MUCH) {
		admission_kill_youngest(g);
		admission_shut(g);
	}
}

int
admission_tick(struct admission *g)
{
	int64_t now;

	if (!admit_any(&g->admit.rules) || g->mainloop->pool == NULL)
		return -1;
	now = admission_now();
	if (now >= g->next && !g->mainloop->stop) {
		admission_relieve(g);
		if (g->held)
			g->granted = admission_look(g);
		g->next = admission_now() + SECOND;
	}
	now = g->next - admission_now();
	return now < 0 ? 0 : (int)(now / NS_PER_MS) + 1;
}
