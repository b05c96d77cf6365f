/* SPDX-License-Identifier: ISC */

/* Owns what is done to the pool for the machine's sake.  Knows no options. */
#include <limits.h>
#include <time.h>

#include "prun.h"
#include "report/books.h"
#include "run/drive.h"
#include "run/gate.h"
#include "run/signals.h"

#define SECOND INT64_C(1000000000)
#define NS_PER_MS 1000000

static int64_t
gate_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SECOND + ts.tv_nsec;
}

/* It may run for long: signals are heeded meanwhile. */
static enum admit_verdict
gate_ask(struct gate *g)
{
	const char *argv[] = { g->shell, "-c", g->admit.rules.command, NULL };
	const struct prun_spec spec = {
		.argv = argv,
		.in = { .kind = PRUN_STDIO_NULL },
		.flags = PRUN_NEW_GROUP,
		.sigmask = &g->drive->signals->jobs_mask,
		.sigdefault = &g->drive->signals->jobs_default,
	};
	struct prun_result result = { 0 };
	struct prun_process *process;

	if (prun_process_start(&spec, &process) != 0)
		return ADMIT_NO;
	drive_wait_process(g->drive, process, &result);
	prun_process_free(process);
	return admit_command(result.status);
}

static enum admit_verdict
gate_verdict(struct gate *g)
{
	enum admit_verdict verdict = admit_machine(&g->admit, gate_now());

	if (verdict == ADMIT_YES && g->admit.rules.command != NULL)
		verdict = gate_ask(g);
	return verdict;
}

static void
gate_hold(struct gate *g, bool hold)
{
	if (g->held != hold)
		prun_pool_hold(g->drive->pool, hold);
	g->held = hold;
	g->next = gate_now() + SECOND;
}

void
gate_shut(struct gate *g)
{
	g->granted = false;
	gate_hold(g, true);
}

static void
gate_kill_youngest(struct gate *g)
{
	struct books_job *job;

	TAILQ_FOREACH_REVERSE(job, g->live, live_list, live) {
		if (prun_pool_kill(g->drive->pool, job->id) == 0)
			return;
	}
}

/* Whether one may start. */
static bool
gate_look(struct gate *g)
{
	enum admit_verdict verdict = gate_verdict(g);

	if (g->drive->stop)
		return true;
	if (verdict == ADMIT_TOO_MUCH)
		gate_kill_youngest(g);
	gate_hold(g, verdict != ADMIT_YES);
	return verdict == ADMIT_YES;
}

bool
gate_open(struct gate *g)
{
	bool granted = g->granted;

	if (!admit_any(&g->admit.rules))
		return true;
	g->granted = false;
	return granted || gate_look(g);
}

/* The youngest that runs, but for the oldest of all. */
static bool
gate_suspend_one(struct gate *g)
{
	struct books_job *job, *oldest = NULL;

	TAILQ_FOREACH(job, g->live, live) {
		if (!job->still && oldest == NULL)
			oldest = job;
	}
	TAILQ_FOREACH_REVERSE(job, g->live, live_list, live) {
		if (job->still || job == oldest ||
		    prun_pool_suspend(g->drive->pool, job->id) != 0)
			continue;
		job->still = true;
		return true;
	}
	return false;
}

static void
gate_resume_one(struct gate *g)
{
	struct books_job *job;

	TAILQ_FOREACH(job, g->live, live) {
		if (!job->still)
			continue;
		job->still = false;
		if (prun_pool_resume(g->drive->pool, job->id) == 0)
			return;
	}
}

static bool
gate_any_runs(const struct gate *g)
{
	const struct books_job *job;

	TAILQ_FOREACH(job, g->live, live) {
		if (!job->still)
			return true;
	}
	return false;
}

/* However short memory is, one job runs. */
static void
gate_crowd(struct gate *g)
{
	enum admit_crowd crowd = admit_crowd(&g->admit);

	if (crowd == CROWD_GROW || !gate_any_runs(g))
		gate_resume_one(g);
	else if (crowd == CROWD_SHRINK)
		(void)gate_suspend_one(g);
	else
		while (gate_suspend_one(g))
			continue;
}

static void
gate_relieve(struct gate *g)
{
	if (g->admit.rules.suspend > 0)
		gate_crowd(g);
	if (g->admit.rules.free > 0 && !g->held &&
	    admit_machine(&g->admit, gate_now()) == ADMIT_TOO_MUCH) {
		gate_kill_youngest(g);
		gate_shut(g);
	}
}

int
gate_tick(struct gate *g)
{
	int64_t now;

	if (!admit_any(&g->admit.rules) || g->drive->pool == NULL)
		return -1;
	now = gate_now();
	if (now >= g->next && !g->drive->stop) {
		gate_relieve(g);
		if (g->held)
			g->granted = gate_look(g);
		g->next = gate_now() + SECOND;
	}
	now = g->next - gate_now();
	return now < 0 ? 0 : (int)(now / NS_PER_MS) + 1;
}
