/* SPDX-License-Identifier: ISC */

/* Owns what hosts mean for a run and its jobs.  hosts.c knows which are there. */
#include <err.h>
#include <signal.h>

#include "run/run_internal.h"

/* A hosts_context.resized; arg is the run. */
static void
run_resize(unsigned slots, void *arg)
{
	struct run *run = arg;

	if (slots > resources_max_jobs())
		slots = resources_max_jobs();
	run->control.slots = slots;
	run_check(prun_pool_resize(run->mainloop.pool, slots));
}

/* A hosts_context.lost; arg is the run.  Jobs that have no host cannot be run. */
static void
run_without_hosts(void *arg)
{
	struct run *run = arg;

	if (run->mainloop.stop)
		return;
	report_message(run->report, true);
	warnx("no host is left");
	report_message(run->report, false);
	run->failed = true;
	mainloop_stop(&run->mainloop);
}

/* A hosts_context.ended; arg is the run. */
static void
run_allocation_ended(void *arg)
{
	mainloop_foretell(&((struct run *)arg)->mainloop, SIGTERM);
}

int
run_hosts_open(struct run *run, struct message *message)
{
	const struct hosts_context context = { .options = run->options,
		.pool = run->mainloop.pool,
		.report = run->report,
		.secret = run->sudo.away,
		.worker = run->worker.on ? &run->worker.away : NULL,
		.killed = &run->mainloop.kill,
		.resized = run_resize,
		.lost = run_without_hosts,
		.ended = run_allocation_ended,
		.arg = run };

	return hosts_open(&context, &run->hosts, message);
}

double
run_host_move(struct run *run, struct report_task *job,
    const struct prun_result *r)
{
	struct host *other = hosts_other(run->hosts, job->host,
	    job->host_weight);

	host_give(job->host, job->host_weight);
	host_take(other, job->host_weight);
	job->host = other;
	job->host_name = host_name(other);
	(void)prun_pool_move(run->mainloop.pool, r->id, host_of_pool(other));
	return host_wait(other);
}

bool
run_host_is_away(const struct run *run)
{
	return run->host != NULL && !host_is_here(run->host);
}

/*
 * What is sent to another host, where the program is looked up there, and neither the
 * limits of this process nor its niceness count.
 */
void
run_strip_own(const struct run *run, struct prun_spec *spec)
{
	const struct policy_options *o = &run->options->policy;
	const size_t own = run->limits.njobs;

	spec->file = NULL;
	spec->rlimit += own;
	spec->nrlimit -= own;
	spec->nice = o->nice_set ? o->nice : 0;
}

void
run_host_address(const struct run *run, struct prun_spec *spec)
{
	if (run->host == NULL)
		return;
	spec->host = host_of_pool(run->host);
	if (run_host_is_away(run))
		run_strip_own(run, spec);
}

void
run_host_take(struct run *run, struct report_task *record)
{
	record->host = run->host;
	record->host_name = NULL;
	record->host_weight = run->weight > 0 ? run->weight : 1;
	if (run->host == NULL)
		return;
	record->host_name = host_name(run->host);
	host_take(run->host, record->host_weight);
}
