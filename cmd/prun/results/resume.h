/* SPDX-License-Identifier: ISC */

/*
 * Knows which jobs an earlier run has done, so that this run leaves them out.  A job is
 * recognized by its sequence number, as in GNU parallel, or by its content.  resume reads no
 * file: its caller gives it the rows of the log.
 */
#ifndef RESULTS_RESUME_H
#define RESULTS_RESUME_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "report/report_options.h"
#include "results/joblog_line.h"
#include "text/text.h"

struct resume;

/* by_content: --resume-key.  by_host: jobs of different hosts are different jobs. */
int resume_new(enum resume_kind kind, bool by_content, bool by_host,
    struct resume **rp);
void resume_free(struct resume *r);

/* Adds a row of the log: a joblog_row_fn whose arg is the struct resume. */
int resume_add(const struct joblog_row *row, void *arg);

/*
 * Has the earlier run done this job?  By content, a job with the same key is looked for, or
 * with the same command if the log has no keys.  host is used only with by_host.
 */
bool resume_has(struct resume *r, struct text host, uint64_t seq,
    struct text command, struct text key);

/* How the job that resume_has() found last has ended: the last of its rows says that. */
void resume_past(const struct resume *r, struct prun_result *past);

/* For how many jobs the log had another command than the one that resume_has() got. */
uint64_t resume_differing(const struct resume *r);

/*
 * RESUME_RETRY: gives the next job that failed, in the order of their numbers; its command
 * is lent.  With by_host only jobs of that host, or of all hosts if host has no data.
 */
bool resume_next_failed(struct resume *r, struct text host, uint64_t *seq,
    struct text *command);
uint64_t resume_failed(const struct resume *r); /* how many jobs failed */

#endif
