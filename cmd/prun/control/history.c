/* SPDX-License-Identifier: ISC */

/* Owns what prun remembers of jobs that have ended. */
#include <stdlib.h>
#include <string.h>

#include "control/history.h"
#include "report/report_task.h"

/* The most bytes that each of the two lists may take. */
#define MOST ((size_t)16 * 1024 * 1024)

void
history_init(struct history *h)
{
	*h = (struct history){ 0 };
	TAILQ_INIT(&h->ended[0]);
	TAILQ_INIT(&h->ended[1]);
	TAILQ_INIT(&h->again);
}

void
ended_job_free(struct ended_job *job)
{
	bytes_fini(&job->line);
	bytes_fini(&job->tail);
	texts_fini(&job->values);
	bytes_fini(&job->bytes);
	bytes_fini(&job->groups);
	free(job->ends);
	free(job);
}

static void
list_fini(struct ended_list *list)
{
	struct ended_job *job, *next;

	TAILQ_FOREACH_SAFE(job, list, entry, next)
		ended_job_free(job);
}

void
history_fini(struct history *h)
{
	list_fini(&h->ended[0]);
	list_fini(&h->ended[1]);
	list_fini(&h->again);
	history_init(h);
}

static int
copy_values(struct ended_job *job, const struct report_task *task)
{
	const struct texts *from = &task->values;
	size_t at = 0;
	int error = bytes_add_text(&job->bytes, bytes_text(&task->value_bytes));

	for (size_t i = 0; i < from->n && error == 0; i++) {
		error = texts_add(&job->values,
		    (struct text){ job->bytes.data + at, from->list[i].len });
		at += from->list[i].len;
	}
	job->ntuples = task->nends;
	job->ends = calloc(task->nends + 1, sizeof(*job->ends));
	if (error != 0 || job->ends == NULL)
		return -1;
	if (task->nends > 0)
		memcpy(job->ends, task->ends, task->nends * sizeof(*job->ends));
	return 0;
}

static int
copy_job(struct ended_job *job, const struct report_task *task,
    const struct prun_result *r, struct text tail)
{
	if (copy_values(job, task) != 0 ||
	    bytes_add_text(&job->line, bytes_text(&task->line)) != 0 ||
	    bytes_terminate(&job->line) != 0 ||
	    bytes_add_text(&job->tail, tail) != 0 ||
	    (task->host_groups != NULL &&
		bytes_add_string(&job->groups, task->host_groups) != 0) ||
	    bytes_terminate(&job->groups) != 0)
		return -1;
	job->result = *r;
	job->result.tail = NULL;
	job->result.tail_len = 0;
	job->seq = task->seq;
	/*
	 * task->once does not tell this: it is also set when a client kills a job, which
	 * can be run again.
	 */
	job->once = task->sent > 0 || task->lane != NULL ||
	    task->fifo != NULL || task->temporary != NULL;
	job->size = sizeof(*job) + job->line.size + job->tail.size +
	    job->bytes.size + job->groups.size +
	    job->values.size * sizeof(struct text) +
	    job->ntuples * sizeof(*job->ends);
	return 0;
}

static void
history_remove(struct history *h, struct ended_job *job)
{
	const bool failed = job->result.status != 0;

	TAILQ_REMOVE(&h->ended[failed], job, entry);
	h->size[failed] -= job->size;
}

void
history_add(struct history *h, const struct report_task *task,
    const struct prun_result *r, struct text tail)
{
	const bool failed = r->status != 0;
	struct ended_job *job = calloc(1, sizeof(*job)), *oldest, *next;

	if (job == NULL)
		return;
	if (copy_job(job, task, r, tail) != 0) {
		ended_job_free(job);
		return;
	}
	TAILQ_INSERT_TAIL(&h->ended[failed], job, entry);
	h->size[failed] += job->size;
	TAILQ_FOREACH_SAFE(oldest, &h->ended[failed], entry, next) {
		if (h->size[failed] <= MOST)
			break;
		history_remove(h, oldest);
		ended_job_free(oldest);
	}
}

struct ended_job *
history_find(const struct history *h, uint64_t seq)
{
	struct ended_job *job;

	for (int failed = 1; failed >= 0; failed--) {
		TAILQ_FOREACH_REVERSE(job, &h->ended[failed], ended_list, entry)
			if (job->seq == seq)
				return job;
	}
	return NULL;
}

void
history_again(struct history *h, struct ended_job *job)
{
	history_remove(h, job);
	TAILQ_INSERT_TAIL(&h->again, job, entry);
}

bool
history_is_again(const struct history *h, uint64_t seq)
{
	const struct ended_job *job;

	TAILQ_FOREACH(job, &h->again, entry)
		if (job->seq == seq)
			return true;
	return false;
}

struct ended_job *
history_next(struct history *h)
{
	struct ended_job *job = TAILQ_FIRST(&h->again);

	if (job != NULL)
		TAILQ_REMOVE(&h->again, job, entry);
	return job;
}

struct command_job
ended_job_values(const struct ended_job *job)
{
	return (struct command_job){
		.values = job->values.list,
		.nvalues = job->values.n,
		.ends = job->ends,
		.ntuples = job->ntuples,
		.seq = job->seq,
	};
}
