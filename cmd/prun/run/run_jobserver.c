/* SPDX-License-Identifier: ISC */

/* Owns the choice whether a run joins make's job server or makes one. */
#include <err.h>
#include <stdio.h>

#include "run/run_internal.h"

const char *
run_join_jobserver(struct run *run, char number[static 16])
{
	const struct run_options *o = &run->options->run;
	struct message message = { "" };
	int r;

	if (o->jobserver == JOBSERVER_OFF || run->options->output.dry_run ||
	    o->guard_fd != 0 || (o->jobs_given && o->jobserver != JOBSERVER_ON))
		return o->jobs;
	r = jobserver_join(&run->jobserver, &message);
	if (r < 0)
		warnx("Warning: %s", message.text);
	if (r <= 0)
		return o->jobs;
	run->limit_rules.jobserver = &run->jobserver;
	if (o->jobs != NULL || run->jobserver.jobs == 0)
		return o->jobs;
	(void)snprintf(number, 16, "%u", run->jobserver.jobs);
	return number;
}

int
run_serve_jobs(struct run *run, struct message *message)
{
	const struct run_options *o = &run->options->run;
	struct jobserver *j = &run->jobserver;
	int error;

	if (o->jobserver_serve == JOBSERVER_NONE || o->guard_fd != 0 ||
	    run->options->output.dry_run || run->limit_rules.jobserver != NULL)
		return 0;
	error = jobserver_serve(j, run->slots,
	    o->jobserver_serve == JOBSERVER_FIFO, message);
	if (error != 0)
		return error;
	run->limit_rules.jobserver = j;
	if (o->jobserver_serve == JOBSERVER_FIFO)
		return 0;
	run->passed[0] = j->in;
	run->passed[1] = j->out;
	run->npassed = 2;
	return 0;
}
