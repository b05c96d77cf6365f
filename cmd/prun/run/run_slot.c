/* SPDX-License-Identifier: ISC */

/*
 * Owns the wait for a slot: until the pool, the hosts and the limits have room for the next
 * job, which starts then, or will not start because the run ends.  Also decides whether jobs
 * are sent to hosts ahead, before they have a slot: only if nothing depends on when a job
 * starts, or on the number of its slot (see prun-remote(7)).
 */
#include <limits.h>
#include <sched.h>

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

/* Chooses a host for the next job that is sent ahead; false if there is none now. */
static bool
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

bool
run_choose_host(struct run *run, unsigned weight)
{
	if (run->hosts == NULL)
		return true;
	if (run->each.now != NULL) {
		run->host = run->each.now->host;
		return host_may_start(run->host);
	}
	run->host = hosts_choose(run->hosts, weight,
	    run->host_groups.len > 0 ? run->host_groups.data : NULL);
	return run->host != NULL;
}

/*
 * -p: may the next question be asked?  The user first sees the output of the job before.
 * Jobs that share one input run side by side, so they do not wait for each other.
 */
static bool
run_may_ask(const struct run *run)
{
	return !run->options->policy.interactive || run->lanes != NULL ||
	    prun_pool_pending(run->mainloop.pool) == 0;
}

unsigned
run_slot(struct run *run, unsigned weight)
{
	unsigned slot, need;

	if (run->mainloop.pool == NULL)
		return 1;
	for (;;) {
		slot = run_await_slot(run);
		if (slot == 0 || run->goes_ahead)
			return slot;
		need = weight < run->control.slots ? weight :
						     run->control.slots;
		if (run_may_ask(run) &&
		    prun_pool_room(run->mainloop.pool) >= need &&
		    run_choose_host(run, weight) &&
		    admission_grants(&run->admission, weight))
			return slot;
		mainloop_wait(&run->mainloop);
	}
}

/*
 * prun_cpu_count() reads files, so it is called only if there can be more CPUs than slots.
 */
unsigned
run_threads(struct run *run)
{
	const unsigned slots = run->control.slots;
	cpu_set_t mask;

	if (run->cpus_most == 0)
		run->cpus_most = sched_getaffinity(0, sizeof(mask), &mask) ==
			0 ?
		    (unsigned)CPU_COUNT(&mask) :
		    UINT_MAX;
	if (run->cpus == 0 && run->cpus_most <= slots)
		return 1;
	if (run->cpus == 0)
		run->cpus = (unsigned)prun_cpu_count();
	return run->cpus > slots ? run->cpus / slots : 1;
}

/* Tells the report about the job.  Returns false if an earlier run has done the job. */
static bool
rest_tell(struct run *run, const struct command_job *job)
{
	struct message message = { "" };
	struct command_line line;
	struct text text;

	if (command_expand(run->command, job, true, &line, &message) != 0)
		return true;
	text = text_of(line.line != NULL ? line.line : "");
	if (report_skip(run->report, job, text, &message) > 0)
		return false;
	report_unstarted(run->report, job, text);
	return true;
}

void
run_rest_add(struct run *run, const struct command_job *job)
{
	if (!report_wants_unstarted(run->report) || rest_tell(run, job))
		run->rest.n++;
}

int
run_batch_job(struct run *run, struct command_job *job, struct message *message)
{
	const uint64_t started = run->started;
	int error;

	job->slot = run_slot(run, run->weight);
	if (job->slot == 0) {
		run_rest_add(run, job);
		return 1;
	}
	run_host_tell(run, job);
	if (run->looks_ahead && job->ntuples == 1) {
		error = gathered_add(&run->gathered, run->command, job,
		    message);
		return error > 0 ? run_gathered(run, message) : error;
	}
	error = run_job(run, job, message);
	/* The job was skipped, or the user has said no. */
	if (run->started == started)
		admission_release(&run->admission, run->weight);
	return error;
}
