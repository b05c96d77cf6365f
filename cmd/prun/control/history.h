/* SPDX-License-Identifier: ISC */

/*
 * Keeps the jobs that have ended, for clients that ask about them or want one run again.
 * The failed jobs may take a limited number of bytes, and the others as many: the oldest
 * are forgotten.
 */
#ifndef CONTROL_HISTORY_H
#define CONTROL_HISTORY_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "template/command.h"
#include "text/text.h"

struct report_task;

struct ended_job {
	TAILQ_ENTRY(ended_job) entry;
	/* result.tail points to the member `tail` below */
	struct prun_result result;
	uint64_t seq;
	bool once; /* the job's input is gone: the job cannot be run again */
	struct bytes line, tail;
	struct texts values;
	struct bytes bytes; /* the bytes to which the values point */
	size_t *ends;
	size_t ntuples;
	/* the groups of hosts that may run it, separated by "+"; empty: all */
	struct bytes groups;
	size_t size; /* how many bytes of memory the job takes */
};

TAILQ_HEAD(ended_list, ended_job);

struct history {
	/* the jobs that succeeded, and those that failed; the oldest first */
	struct ended_list ended[2];
	size_t size[2];
	struct ended_list again; /* the jobs that are to be run again */
};

void history_init(struct history *h);
void history_fini(struct history *h);

/* Adds a job.  If there is no memory, the job is not remembered. */
void history_add(struct history *h, const struct report_task *task,
    const struct prun_result *r, struct text tail);

/* Finds the last job with that number.  Returns NULL if none is remembered. */
struct ended_job *history_find(const struct history *h, uint64_t seq);

/* Marks the job to be run again. */
void history_again(struct history *h, struct ended_job *job);

/* Is a job with that number waiting to be run again? */
bool history_is_again(const struct history *h, uint64_t seq);

/*
 * Takes the next job that is to be run again; the caller frees it.  Returns NULL if there
 * is none.
 */
struct ended_job *history_next(struct history *h);
void ended_job_free(struct ended_job *job);

/* The values of the job, as a command_job without a slot. */
struct command_job ended_job_values(const struct ended_job *job);

#endif
