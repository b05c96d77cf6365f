/* SPDX-License-Identifier: ISC */

/* Owns what the books do for one job: at its start, and at its end. */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/books_room.h"

void
books_job_free(struct books_job *job)
{
	bytes_fini(&job->line);
	bytes_fini(&job->key);
	bytes_fini(&job->value_bytes);
	texts_fini(&job->values);
	folder_files_fini(&job->files);
	bytes_fini(&job->tag);
	bytes_fini(&job->failed_tag);
	bytes_fini(&job->heading);
	free(job);
}

static void
close_files(struct books_job *job)
{
	if (job->out != -1)
		(void)close(job->out);
	if (job->err != -1)
		(void)close(job->err);
	job->out = job->err = -1;
}

void
books_job_unhold(struct books *b, struct books_job *job)
{
	if (--job->holds == 0)
		SLIST_INSERT_HEAD(&b->idle, job, entry);
}

static struct books_job *
job_new(struct books *b)
{
	struct books_job *job = SLIST_FIRST(&b->idle);

	if (job != NULL)
		SLIST_REMOVE_HEAD(&b->idle, entry);
	else
		job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->out = job->err = -1;
	job->row = NULL;
	job->sent = 0;
	job->values.n = 0;
	*job->failure = '\0';
	job->holds = b->output == BOOKS_ROWS ? 2 : 1;
	return job;
}

/* A row tells them when the job has ended. */
static int
keep_values(struct books_job *job, const struct text *values, size_t n)
{
	size_t at = 0;
	int error = 0;

	job->value_bytes.len = 0;
	for (size_t i = 0; i < n && error == 0; i++)
		error = bytes_add_text(&job->value_bytes, values[i]);
	/* Only now do the bytes stay where they are. */
	for (size_t i = 0; i < n && error == 0; i++) {
		error = texts_add(&job->values,
		    (struct text){ job->value_bytes.data + at, values[i].len });
		at += values[i].len;
	}
	return error;
}

static int
keep_key(struct books *b, struct books_job *job,
    const struct command_job *values)
{
	struct text key;
	int error;

	job->key.len = 0;
	if (b->key == NULL)
		return 0;
	error = template_expand(b->key, values, &key);
	return error != 0 ? error : bytes_add_text(&job->key, key);
}

static int
keep(struct books *b, struct books_job *job, const struct command_job *values,
    struct text command)
{
	int error;

	job->seq = values->seq;
	job->line.len = 0;
	error = bytes_add_text(&job->line, command);
	if (error == 0)
		error = bytes_terminate(&job->line);
	if (error == 0)
		error = keep_key(b, job, values);
	if (error == 0 && b->output == BOOKS_ROWS)
		error = keep_values(job, values->values, values->nvalues);
	return error;
}

int
books_start(struct books *b, const struct command_job *values,
    struct text command, struct prun_spec *spec, struct books_job **jp,
    struct message *message)
{
	struct books_job *job = job_new(b);
	int error = -ENOMEM;

	if (job != NULL)
		error = keep(b, job, values, command);
	if (error != 0)
		error = message_errno(message, error, "job %llu",
		    (unsigned long long)values->seq);
	else
		error = books_output_start(b, job, values, spec, message);
	if (error != 0) {
		if (job != NULL)
			books_drop(b, job);
		return error;
	}
	progress_started(b->progress,
	    values->nvalues > 0 ? values->values[0] : command);
	*jp = job;
	return 0;
}

void
books_drop(struct books *b, struct books_job *job)
{
	close_files(job);
	if (job->row != NULL)
		latest_drop(b->latest, job->row);
	job->row = NULL;
	job->holds = 1;
	books_job_unhold(b, job);
}

void
books_again(struct books_job *job, const struct prun_result *r)
{
	/* Killed to make room for others is no failure. */
	if (!(r->flags & PRUN_TERMINATED))
		digest_outcome(r, job->failure, sizeof(job->failure));
	/* They are opened for appending; what cannot be cut stays. */
	if (job->out != -1)
		(void)ftruncate(job->out, 0);
	if (job->err != -1)
		(void)ftruncate(job->err, 0);
	if (job->row != NULL)
		latest_again(job->row);
}

bool
books_job_flaky(const struct books_job *job, const struct prun_result *r)
{
	return *job->failure != '\0' && r->status == 0 &&
	    !(r->flags & (PRUN_TIMED_OUT | PRUN_OUTPUT_LOST));
}

static int
log_job(struct books *b, struct books_job *job, const struct prun_result *r,
    uint64_t received)
{
	const struct joblog_entry entry = {
		.seq = job->seq,
		.result = r,
		.sent = job->sent,
		.received = received,
		.tries = r->tries,
		.flaky = books_job_flaky(job, r),
		.command = bytes_text(&job->line),
		.key = bytes_text(&job->key),
	};
	int error = joblog_write(b->log, &entry);

	if (error != 0)
		books_warn(b, error, "--joblog", b->log_path);
	return error;
}

/* A job that wrote to files has left no tail with the pool. */
static int
digest_job(struct books *b, struct books_job *job, const struct prun_result *r)
{
	struct prun_result own = *r;
	char tail[DIGEST_TAIL];

	if (books_job_flaky(job, r))
		return digest_add_flaky(b->digest, job->seq,
		    bytes_text(&job->line), job->failure, r);
	if (r->status == 0 && !(r->flags & (PRUN_TIMED_OUT | PRUN_OUTPUT_LOST)))
		return 0;
	if (own.tail_len == 0) {
		own.tail = tail;
		own.tail_len = books_output_tail(job, tail, sizeof(tail));
	}
	return digest_add(b->digest, job->seq, bytes_text(&job->line), &own);
}

static int
note_job(struct books *b, struct books_job *job, const struct prun_result *r)
{
	uint64_t received;
	int error = books_output_end(b, job, r, &received);

	/* The log comes last: what it says has been done has been done. */
	if (error == 0 && b->log != NULL)
		error = log_job(b, job, r, received);
	return error;
}

int
books_end(struct books *b, struct books_job *job, const struct prun_result *r,
    bool cut)
{
	int error = 0;

	progress_ended(b->progress, r);
	if (b->digest != NULL)
		(void)digest_job(b, job, r);
	if (!cut)
		error = note_job(b, job, r);
	close_files(job);
	books_job_unhold(b, job);
	return error;
}
