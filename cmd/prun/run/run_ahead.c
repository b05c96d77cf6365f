/* SPDX-License-Identifier: ISC */

/*
 * Owns whether a run sends jobs to hosts ahead, before they have a slot.  It does so only
 * if nothing depends on when a job starts, or on the number of its slot: see
 * prun-remote(7).
 */
#include "run/run_internal.h"

/* Is there no option that reports when jobs start, or that delays their start? */
static bool
options_allow(const struct options *o)
{
	const struct report_options *r = &o->report;
	const struct policy_options *p = &o->policy;

	return !r->control && r->events == NULL && r->trace == NULL &&
	    r->html == NULL && !r->latest_line && r->slow_after <= 0 &&
	    r->results == NULL && !r->files && p->delay <= 0 &&
	    !p->delay_auto && p->delays == NULL && p->weight == NULL &&
	    p->workdir == NULL && p->ntemplates == 0 && !p->interactive &&
	    !p->open_tty && !o->sudo.enabled && !o->hosts.each &&
	    !o->hosts.by_shell && !o->hosts.groups && !o->run.single;
}

void
run_ahead_init(struct run *run)
{
	run->sends_ahead = run->hosts != NULL && options_allow(run->options) &&
	    !hosts_have_limits(run->hosts) && run->blocks == NULL &&
	    !run->worker.on && !command_needs_slot(run->command) &&
	    run->admission.limits.n == 0 &&
	    !transfers_are_any(&run->transfers) &&
	    !control_may_resize(&run->control) &&
	    !report_wants_unstarted(run->report);
}

bool
run_ahead_chooses(struct run *run)
{
	struct host *host = run->sends_ahead ? hosts_ahead(run->hosts) : NULL;

	run->goes_ahead = host != NULL;
	if (host != NULL)
		run->host = host;
	return run->goes_ahead;
}

unsigned
run_await_slot(struct run *run)
{
	struct mainloop *m = &run->mainloop;
	unsigned slot = 0;

	run->goes_ahead = false;
	while (!m->stop && (slot = prun_pool_slot(m->pool)) == 0 &&
	    !run_ahead_chooses(run))
		mainloop_wait(m);
	if (m->stop)
		return 0;
	/* A job that is sent ahead gets the number of its slot from the host. */
	return run->goes_ahead ? 1 : slot;
}
