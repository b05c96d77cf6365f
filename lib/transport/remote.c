/* SPDX-License-Identifier: ISC */

/* Owns what a job on another machine keeps until it is sent.  Knows no connection. */
#include <errno.h>
#include <stdlib.h>

#include "remote/job.h"
#include "transport/remote.h"

static void
remote_free(void *state)
{
	struct remote_job *job = state;

	if (--job->uses > 0)
		return;
	buf_fini(&job->spec);
	free(job);
}

static void
remote_share(void *state)
{
	struct remote_job *job = state;

	job->uses++;
}

/*
 * The plan is for all that is done here: its output, its delay, its input.  A task is one
 * for a worker there alone.
 */
static int
remote_plan(struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra, void **state)
{
	struct remote_job *job = calloc(1, sizeof(*job));
	struct prun_spec own = *spec;
	int error;

	if (job == NULL)
		return -ENOMEM;
	job->uses = 1;
	job->host = spec->host;
	error = job_put_spec(&job->spec, spec);
	if (own.task != NULL) {
		own.command = own.task;
		own.task = NULL;
	}
	if (error == 0)
		error = plan_set(plan, &own, base, extra);
	if (error != 0)
		remote_free(job);
	else
		*state = job;
	return error;
}

const struct transport_ops transport_remote = {
	.name = "remote",
	.plan = remote_plan,
	.share = remote_share,
	.free = remote_free,
};

struct remote_job *
transport_remote_job(const struct transport *t)
{
	return t->ops == &transport_remote ? t->state : NULL;
}
