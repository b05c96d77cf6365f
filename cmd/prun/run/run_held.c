/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that wait for a host of their groups, so that later jobs may use the hosts
 * that are idle.  With -k no job is held, because the output of the later jobs would have
 * to wait for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"

/* The most jobs that are held; then no more input is read. */
#define HELD_MOST 256

struct held_job {
	STAILQ_ENTRY(held_job) entry;
	struct command_job job; /* its lists are in the same allocation */
	unsigned weight;
	char *groups;
};

void
run_held_init(struct run *run)
{
	STAILQ_INIT(&run->held.jobs);
	run->held.on = run->hosts != NULL && run->options->hosts.groups &&
	    !run->options->hosts.each && !run->options->output.keep_order;
}

void
run_held_free(struct run *run)
{
	struct held_job *held;

	while (run->held.n > 0) {
		held = STAILQ_FIRST(&run->held.jobs);
		STAILQ_REMOVE_HEAD(&run->held.jobs, entry);
		run->held.n--;
		free(held);
	}
}

bool
run_held_is_full(const struct run *run)
{
	return run->held.n >= HELD_MOST;
}

bool
run_held_takes(const struct run *run)
{
	return run->held.on && run->host_groups.len > 0 &&
	    !run_held_is_full(run) &&
	    hosts_choose(run->hosts, run->weight, run->host_groups.data) ==
	    NULL;
}

static void
copy_values(struct held_job *held, const struct command_job *job,
    struct text *values, char *bytes)
{
	for (size_t i = 0; i < job->nvalues; i++) {
		const struct text *v = &job->values[i];

		if (v->len > 0)
			memcpy(bytes, v->data, v->len);
		values[i] = (struct text){ bytes, v->len };
		bytes += v->len;
	}
	held->job.values = values;
	held->groups = bytes;
}

void
run_held_add(struct run *run, const struct command_job *job)
{
	const size_t nends = job->ends != NULL ? job->ntuples : 0;
	size_t size = sizeof(struct held_job) +
	    job->nvalues * sizeof(struct text) + nends * sizeof(size_t) +
	    run->host_groups.len + 1;
	struct held_job *held;
	struct text *values;
	size_t *ends;

	for (size_t i = 0; i < job->nvalues; i++)
		size += job->values[i].len;
	held = malloc(size);
	if (held == NULL) {
		run_check(-ENOMEM);
		return;
	}
	values = (struct text *)(held + 1);
	ends = (size_t *)(values + job->nvalues);
	held->job = *job;
	held->weight = run->weight;
	if (nends > 0)
		held->job.ends = memcpy(ends, job->ends,
		    nends * sizeof(size_t));
	copy_values(held, job, values, (char *)(ends + nends));
	memcpy(held->groups, run->host_groups.data, run->host_groups.len);
	held->groups[run->host_groups.len] = '\0';
	STAILQ_INSERT_TAIL(&run->held.jobs, held, entry);
	run->held.n++;
}

/* Takes out the first job that may start now. */
static struct held_job *
take_one(struct run *run)
{
	struct held_job *held;

	STAILQ_FOREACH(held, &run->held.jobs, entry) {
		if (hosts_choose(run->hosts, held->weight, held->groups) ==
		    NULL)
			continue;
		STAILQ_REMOVE(&run->held.jobs, held, held_job, entry);
		run->held.n--;
		return held;
	}
	return NULL;
}

int
run_held_start(struct run *run, struct message *message)
{
	struct held_job *held = run->held.n > 0 &&
		prun_pool_slot(run->mainloop.pool) > 0 ?
	    take_one(run) :
	    NULL;
	int error;

	if (held == NULL)
		return 0;
	run->host_groups.len = 0;
	error = bytes_add_string(&run->host_groups, held->groups);
	if (error == 0)
		error = bytes_terminate(&run->host_groups);
	run_check(error);
	run->weight = held->weight;
	error = run_batch_job(run, &held->job, message);
	free(held);
	return error == 0 ? 1 : error;
}

int
run_held_finish(struct run *run, struct message *message)
{
	int r = 0;

	while (run->held.n > 0 && r >= 0 && run_await_slot(run) > 0) {
		r = run_held_start(run, message);
		if (r == 0)
			mainloop_wait(&run->mainloop);
	}
	return r < 0 ? r : 0;
}

void
run_held_rest(struct run *run)
{
	struct held_job *held;

	STAILQ_FOREACH(held, &run->held.jobs, entry)
		run_rest_add(run, &held->job);
}
