/* SPDX-License-Identifier: ISC */

/*
 * Owns how the limits of the machine hold jobs back, and when running jobs are to be
 * suspended or killed.  Knows no options.
 */
#include <err.h>

#include "loop/admission.h"
#include "loop/mainloop.h"
#include "loop/relief.h"
#include "loop/signals.h"
#include "prun.h"
#include "text/clock.h"

#define INTERVAL 1.0 /* seconds from one look at the limits to the next */
#define NS_PER_S 1e9

static int64_t
admission_now(void)
{
	return (int64_t)(clock_steady() * NS_PER_S);
}

static void admission_timer(void *arg);

/*
 * If the timer cannot be started, prun exits: nothing would ever release a pool that is
 * held.
 */
static void
admission_arm(struct admission *a)
{
	int error;

	(void)prun_pool_after_cancel(a->mainloop->pool, a->timer);
	error = prun_pool_after(a->mainloop->pool, INTERVAL, admission_timer, a,
	    &a->timer);
	if (error != 0)
		errc(EXIT_OWN, -error, "a timer for the limits");
}

static void
admission_hold(struct admission *a, bool hold, bool pause)
{
	if (a->paused != pause)
		prun_pool_pause(a->mainloop->pool, pause);
	a->held = hold;
	a->paused = pause;
	admission_arm(a);
}

void
admission_shut(struct admission *a)
{
	a->granted = false;
	admission_hold(a, true, true);
}

/* All jobs are those of this machine. */
static struct relief_jobs
admission_jobs(const struct admission *a)
{
	return (struct relief_jobs){ .pool = a->mainloop->pool,
		.live = a->live };
}

static void
admission_kill_youngest(struct admission *a)
{
	const struct relief_jobs jobs = admission_jobs(a);

	relief_kill_youngest(&jobs);
}

/* Asks the limits whether one job may start. */
static bool
admission_look(struct admission *a)
{
	enum limit_answer answer = limits_try(&a->limits, admission_now());

	if (answer == LIMIT_KILL)
		admission_kill_youngest(a);
	admission_hold(a, answer != LIMIT_YES,
	    answer != LIMIT_YES && answer != LIMIT_FULL);
	return answer == LIMIT_YES;
}

/*
 * A limit_context.wake; arg is the admission.  Once the run is to stop, no job starts, so
 * no limit is asked.
 */
static void
admission_look_again(void *arg)
{
	struct admission *a = arg;

	if (a->held && !a->mainloop->stop)
		a->granted = admission_look(a);
}

bool
admission_grants(struct admission *a, unsigned weight)
{
	const bool granted = a->granted, same = weight == a->context.weight;

	if (a->limits.n == 0)
		return true;
	a->granted = false;
	if (granted && same)
		return true;
	/* The start was granted to a job of another weight, and is given back. */
	if (granted)
		admission_release(a, a->context.weight);
	if (a->held && !a->paused && same)
		return false;
	a->context.weight = weight;
	return admission_look(a);
}

bool
admission_grants_again(struct admission *a, unsigned weight)
{
	enum limit_answer answer;

	/*
	 * No new job starts before this try, which may need what the new job was granted.
	 */
	if (a->granted)
		admission_release(a, a->context.weight);
	a->granted = false;
	a->context.weight = weight;
	answer = limits_try_again(&a->limits, admission_now());
	return answer == LIMIT_YES;
}

void
admission_release(struct admission *a, unsigned weight)
{
	a->context.ended = weight;
	limits_release(&a->limits);
}

static void
admission_relieve(struct admission *a, enum limit_relief relief)
{
	const struct relief_jobs jobs = admission_jobs(a);

	relief_give(&jobs, relief);
	/*
	 * While the pool is held, admission_look() asks the limit again and kills a job if
	 * the answer is LIMIT_KILL.
	 */
	if (relief != RELIEF_KILL || a->held || a->mainloop->stop)
		return;
	admission_kill_youngest(a);
	admission_shut(a);
}

static void
admission_timer(void *arg)
{
	struct admission *a = arg;

	/* Jobs that are being killed are not suspended or resumed. */
	for (size_t i = 0; i < a->limits.n && !a->mainloop->kill; i++)
		admission_relieve(a, limits_relieve(&a->limits, i));
	admission_look_again(a);
	admission_arm(a);
}

int
admission_open(struct admission *a, struct mainloop *mainloop,
    const struct limit_rules *rules, const char *shell,
    const struct live_list *live)
{
	int error;

	*a = (struct admission){
		.context = { .rules = rules,
		    .pool = mainloop->pool,
		    .shell = shell,
		    .sigmask = &mainloop->signals->jobs_mask,
		    .sigdefault = &mainloop->signals->jobs_default,
		    .wake = admission_look_again,
		    .arg = a },
		.mainloop = mainloop,
		.live = live
	};
	error = limits_open(&a->limits, limit_table, LIMIT_TABLE_SIZE,
	    &a->context);
	if (error == 0 && a->limits.n > 0)
		admission_arm(a);
	return error;
}

void
admission_close(struct admission *a)
{
	limits_close(&a->limits);
}
