/* SPDX-License-Identifier: ISC */

/*
 * Owns what is kept of a job for another machine until the job is sent.  Knows no
 * connection.
 */
#include <errno.h>
#include <stdlib.h>

#include "remote/job.h"
#include "transport/remote.h"
#include "transport/shell.h"

static void
remote_free(void *state)
{
	struct remote_job *job = state;

	if (--job->uses > 0)
		return;
	buf_fini(&job->spec);
	buf_fini(&job->files);
	buf_fini(&job->send_bytes);
	buf_fini(&job->fetch_bytes);
	free(job->send);
	free(job->fetch);
	shell_job_free(job->shell);
	free(job);
}

static void
remote_share(void *state)
{
	struct remote_job *job = state;

	job->uses++;
}

/* Makes a list of its own of the paths on this machine. */
static int
keep_paths(const struct prun_file *files, size_t n, struct buf *bytes,
    const char ***list)
{
	struct field_reader r = { 0 };
	int error = job_put_paths(bytes, files, n);

	if (error != 0)
		return error;
	r.data = bytes->data;
	r.len = bytes->len;
	*list = field_strings(&r);
	return fields_end(&r);
}

static int
keep_files(struct remote_job *job, const struct prun_spec *spec)
{
	int error = job_put_files(&job->files, spec);

	for (size_t i = 0; i < spec->nsend; i++) {
		if (spec->send[i].there == NULL)
			return -EINVAL;
	}
	for (size_t i = 0; i < spec->nfetch; i++) {
		if (spec->fetch[i].there == NULL)
			return -EINVAL;
	}
	job->nsend = spec->nsend;
	job->nfetch = spec->nfetch;
	job->clean_up = (spec->flags & PRUN_SPEC_CLEAN_UP) != 0;
	if (error == 0)
		error = keep_paths(spec->send, spec->nsend, &job->send_bytes,
		    &job->send);
	if (error == 0)
		error = keep_paths(spec->fetch, spec->nfetch, &job->fetch_bytes,
		    &job->fetch);
	return error == -EPROTO ? -EINVAL : error;
}

/*
 * The plan is for what is done on this machine: the job's output, its delay, its input.
 * A task of the spec is for a worker on the other machine only.
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
	if (error == 0 && spec->nsend + spec->nfetch > 0)
		error = keep_files(job, spec);
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

static int
remote_attach(void *state, const struct prun_stdio kinds[3],
    struct stdio *stdio)
{
	struct remote_job *job = state;

	return job->shell != NULL ? shell_job_attach(job->shell, kinds, stdio) :
				    0;
}

static void
remote_detach(void *state)
{
	struct remote_job *job = state;

	if (job->shell != NULL)
		shell_job_detach(job->shell);
}

const struct transport_ops transport_remote = {
	.name = "remote",
	.plan = remote_plan,
	.attach = remote_attach,
	.detach = remote_detach,
	.share = remote_share,
	.free = remote_free,
};

struct remote_job *
transport_remote_job(const struct transport *t)
{
	return t->ops == &transport_remote ? t->state : NULL;
}
