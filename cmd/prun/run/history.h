/* SPDX-License-Identifier: ISC */

/*
 * The jobs of a run that have ended, for those who ask about them or want one run again.
 * The oldest are forgotten: it keeps a bounded number of bytes of those that failed, and as
 * many of the others.
 */
#ifndef RUN_HISTORY_H
#define RUN_HISTORY_H

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
	struct prun_result result; /* its tail is the member below */
	uint64_t seq;
	bool once; /* its input is gone: it cannot be run again */
	struct bytes line, tail;
	struct texts values;
	struct bytes bytes; /* of the values */
	size_t *ends;
	size_t ntuples;
	size_t size; /* bytes that it takes */
};

TAILQ_HEAD(ended_list, ended_job);

struct history {
	struct ended_list ended[2]; /* succeeded, failed; the oldest first */
	size_t size[2];
	struct ended_list again; /* those that are to be run again */
};

void history_init(struct history *h);
void history_fini(struct history *h);

/* Without memory it is not remembered. */
void history_add(struct history *h, const struct report_task *task,
    const struct prun_result *r, struct text tail);

/* The last one with that number; NULL: none is remembered. */
struct ended_job *history_find(const struct history *h, uint64_t seq);

/* It is to be run again. */
void history_again(struct history *h, struct ended_job *job);

/* Is it to be run again, and has not begun? */
bool history_is_again(const struct history *h, uint64_t seq);

/* The next to be run again, which the caller frees; NULL: none. */
struct ended_job *history_next(struct history *h);
void ended_job_free(struct ended_job *job);

/* Its values, but no slot. */
struct command_job ended_job_values(const struct ended_job *job);

#endif
