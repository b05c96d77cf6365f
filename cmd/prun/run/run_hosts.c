/* SPDX-License-Identifier: ISC */

/* Owns what hosts mean for a run and its jobs.  hosts.c knows which hosts there are. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "hosts/login.h"
#include "run/run_internal.h"

/* A hosts_context.resized; arg is the run. */
static void
run_resize(unsigned slots, void *arg)
{
	struct run *run = arg;

	/* With --onall -j is the number of hosts that have a job at the same time. */
	if (run->options->hosts.each)
		return;
	if (slots > resources_max_jobs())
		slots = resources_max_jobs();
	run->control.slots = slots;
	run_check(prun_pool_resize(run->mainloop.pool, slots));
}

/* A hosts_context.lost; arg is the run.  Without a host no job can run. */
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
		.shell = command_shell(run->command),
		.sigmask = &run->signals->jobs_mask,
		.sigdefault = &run->signals->jobs_default,
		.secret = run->sudo.away,
		.workdir = &run->job_attributes.workdir,
		.worker = run->worker.on ? &run->worker.away : NULL,
		.killed = &run->mainloop.kill,
		.stopped = &run->mainloop.stop,
		.resized = run_resize,
		.lost = run_without_hosts,
		.ended = run_allocation_ended,
		.live = &run->live,
		.arg = run };

	return hosts_open(&context, &run->hosts, message);
}

double
run_host_move(struct run *run, struct report_task *job)
{
	hosts_try_again(run->hosts, job);
	return host_wait(job->host);
}

bool
run_host_may_try(struct run *run, struct report_task *job)
{
	const bool may = job->host == NULL || hosts_let_in(run->hosts, job);

	/*
	 * If the host was never connected, the library has no host to which the job could
	 * be moved.
	 */
	if (!may || (job->host != NULL && host_of_pool(job->host) != NULL))
		(void)prun_pool_move(run->mainloop.pool, job->id,
		    may ? host_of_pool(job->host) : NULL);
	return may;
}

bool
run_host_is_away(const struct run *run)
{
	return run->host != NULL && !host_is_here(run->host);
}

/*
 * Changes the spec of a job for another host: the program is looked up there, and the
 * limits and the niceness of prun's process have no meaning there.
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

int
run_host_address(struct run *run, const struct command_job *job,
    struct prun_spec *spec, struct message *message)
{
	int error = 0;

	if (run->host == NULL)
		return 0;
	spec->host = host_of_pool(run->host);
	if (run->goes_ahead)
		spec->flags |= PRUN_SPEC_AHEAD;
	spec->output_group = run->each.now != NULL ? run->each.now->group :
						     NULL;
	if (run_host_is_away(run)) {
		run_strip_own(run, spec);
		error = workdir_send(&run->job_attributes.workdir,
		    host_shares_files(run->host), job, spec, message);
	}
	return error != 0 ?
	    error :
	    transfers_apply(&run->transfers, job,
		&run->job_attributes.files.names, spec, message);
}

void
run_host_tell(const struct run *run, struct command_job *job)
{
	const struct login *login = run->each.now != NULL ?
	    run->each.now->login :
	    run->host != NULL ? host_login(run->host) :
				NULL;

	if (login != NULL) {
		job->host = login->host;
		job->login = login->name;
	}
	if (!run->options->hosts.groups || run->host == NULL)
		return;
	job->groups = run->host_groups.len > 0 ? run->host_groups.data :
						 hosts_groups(run->hosts);
	job->host_groups = host_groups(run->host);
}

/* Takes "@GROUP+GROUP" off the value, and adds the groups to those of the job. */
static int
take_groups(struct run *run, struct text *value)
{
	const char *at = value->len > 0 ? memchr(value->data, '@', value->len) :
					  NULL;
	struct text groups;
	int error = 0;

	if (at == NULL)
		return 0;
	groups = (struct text){ at + 1,
		value->len - (size_t)(at + 1 - value->data) };
	value->len = (size_t)(at - value->data);
	if (run->host_groups.len > 0)
		error = bytes_add_char(&run->host_groups, '+');
	if (error == 0)
		error = bytes_add_text(&run->host_groups, groups);
	return error;
}

int
run_host_groups(struct run *run, struct command_job *job)
{
	struct texts *values = &run->host_values;
	int error;

	run->host_groups.len = 0;
	if (!run->options->hosts.groups)
		return 0;
	values->n = 0;
	error = texts_reserve(values, job->nvalues);
	for (size_t i = 0; i < job->nvalues && error == 0; i++) {
		error = texts_add(values, job->values[i]);
		if (error == 0)
			error = take_groups(run, &values->list[i]);
	}
	if (error == 0)
		error = bytes_terminate(&run->host_groups);
	job->values = values->list;
	return error;
}

void
run_host_take(struct run *run, struct report_task *record)
{
	record->host = run->host;
	record->ahead = run->goes_ahead;
	record->recalled_for = NULL;
	record->host_kept = false;
	record->failed_on = (struct bytes){ 0 };
	record->host_groups = NULL;
	record->host_weight = run->weight > 0 ? run->weight : 1;
	if (run->host == NULL)
		return;
	if (run->host_groups.len > 0 &&
	    (record->host_groups = strdup(run->host_groups.data)) == NULL)
		run_check(-ENOMEM);
	host_take(run->host, record->host_weight);
}
