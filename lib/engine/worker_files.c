/* SPDX-License-Identifier: ISC */

/*
 * Owns the files of a worker on another machine: they are sent before its job may run,
 * and the files that come back are written when the job has ended.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/host.h"
#include "engine/worker.h"
#include "remote/job.h"
#include "transport/remote.h"

/* The status of a job that would be 0 if its files had come. */
#define FILE_LOST_STATUS 255

static struct remote_job *
job_of(const struct worker *w)
{
	return transport_remote_job(w->job.transport);
}

/*
 * The job must not run: the agent drops the files that have come, and tells the job's
 * end.
 */
static void
give_up(struct worker *w, const char *fault)
{
	struct remote_job *job = job_of(w);

	w->remote.refused = true;
	(void)snprintf(job->fault, sizeof(job->fault), "%s", fault);
	host_send(job->host, FRAME_KILL, w->remote.client.id, NULL, 0);
}

static int
provide(struct worker *w, const struct remote_job *job)
{
	struct worker_remote *r = &w->remote;

	r->sender = job->nsend > 0 ? calloc(1, sizeof(*r->sender)) : NULL;
	r->taker = job->nfetch > 0 ? calloc(1, sizeof(*r->taker)) : NULL;
	if (r->sender != NULL) {
		r->sender->paths = job->send;
		r->sender->n = job->nsend;
	}
	if (r->taker != NULL) {
		r->taker->paths = job->fetch;
		r->taker->n = job->nfetch;
		r->taker->distrust = true;
	}
	return (job->nsend > 0 && r->sender == NULL) ||
		(job->nfetch > 0 && r->taker == NULL) ?
	    -ENOMEM :
	    0;
}

bool
worker_files_open(struct worker *w)
{
	struct remote_job *job = job_of(w);

	w->remote.refused = w->remote.fetched = false;
	*job->fault = '\0';
	if (job->files.len == 0)
		return true;
	host_send(job->host, FRAME_FILES, w->remote.client.id, job->files.data,
	    job->files.len);
	if (provide(w, job) != 0) {
		give_up(w, "no memory for its files");
		return false;
	}
	return worker_files_send(w);
}

bool
worker_files_send(struct worker *w)
{
	struct worker_remote *r = &w->remote;
	int n;

	if (r->refused)
		return false;
	if (r->sender == NULL)
		return true;
	if (w->kill_wanted) {
		give_up(w, "");
		return false;
	}
	n = host_send_files(job_of(w)->host, r->client.id, r->sender,
	    &r->credit);
	if (n < 0)
		give_up(w, r->sender->fault);
	if (n != 0)
		return false;
	file_sender_fini(r->sender);
	free(r->sender);
	r->sender = NULL;
	return true;
}

int
worker_files_take(struct worker *w, const struct frame *f)
{
	struct worker_remote *r = &w->remote;
	int error;

	if (w->state != WORKER_RUNNING || r->taker == NULL || r->fetched)
		return -EPROTO;
	error = file_take(r->taker, f);
	/*
	 * All output of the job has come by now, so r->taken counts bytes of files
	 * alone.
	 */
	r->taken += f->len;
	if (error == 0 && r->taken >= JOB_CREDIT / 4) {
		host_send_number(job_of(w)->host, FRAME_CREDIT, r->client.id,
		    r->taken);
		r->taken = 0;
	}
	return error;
}

int
worker_files_end(struct worker *w, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	struct remote_job *job = job_of(w);
	const char *why = field_string(&r);

	if (fields_end(&r) != 0 || job->files.len == 0 || w->remote.fetched)
		return -EPROTO;
	w->remote.fetched = true;
	if (why != NULL && *job->fault == '\0')
		file_said(job->fault, sizeof(job->fault), why);
	return 0;
}

/* Adds to the result what was wrong with the files that should have come back. */
static void
judge(struct worker *w, struct remote_job *job)
{
	const struct prun_result *result = w->job.result;
	const struct file_taker *t = w->remote.taker;

	if (t == NULL || *job->fault != '\0')
		return;
	if (t->error != 0)
		(void)snprintf(job->fault, sizeof(job->fault), "%s", t->fault);
	else if (result->status == 0 && !file_taker_is_complete(t) &&
	    !(result->flags & PRUN_RESULT_NOT_STARTED))
		(void)snprintf(job->fault, sizeof(job->fault),
		    "the host has not sent all its files");
}

void
worker_files_ended(struct worker *w)
{
	struct remote_job *job = job_of(w);
	struct prun_result *result = w->job.result;

	judge(w, job);
	if (*job->fault != '\0') {
		result->flags |= PRUN_RESULT_FILE_LOST;
		result->fault = job->fault;
		/*
		 * The job was not killed by anybody: prun had asked the agent not to
		 * run it.
		 */
		if (w->remote.refused) {
			result->flags &= ~(PRUN_RESULT_TERMINATED);
			result->status = result->signal = 0;
		}
		if (result->status == 0)
			result->status = FILE_LOST_STATUS;
	}
	if (w->remote.taker != NULL && job->clean_up)
		host_send_number(job->host, FRAME_FILES_DONE,
		    w->remote.client.id,
		    *job->fault == '\0' &&
			(w->remote.fetched ||
			    result->flags & PRUN_RESULT_NOT_STARTED));
}

void
worker_files_close(struct worker *w)
{
	struct worker_remote *r = &w->remote;

	if (r->sender != NULL)
		file_sender_fini(r->sender);
	if (r->taker != NULL)
		file_taker_fini(r->taker);
	free(r->sender);
	free(r->taker);
	r->sender = NULL;
	r->taker = NULL;
}
