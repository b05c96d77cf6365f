/* SPDX-License-Identifier: ISC */

/*
 * Which jobs an earlier run has done, so that this run leaves them out: known by
 * sequence number, as in GNU parallel, or by content.  Pure: it is told the rows of
 * the log.
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

/* by_content: --resume-key.  by_host: the jobs of each host are jobs of their own. */
int resume_new(enum resume_kind kind, bool by_content, bool by_host,
    struct resume **rp);
void resume_free(struct resume *r);

/* A joblog_row_fn; arg is the resume. */
int resume_add(const struct joblog_row *row, void *arg);

/*
 * Has this job been done?  By content, its key is looked for, or its command where the
 * log has no keys.  Host counts if by_host was given.
 */
bool resume_has(struct resume *r, struct text host, uint64_t seq,
    struct text command, struct text key);

/* How the job that resume_has() has found ended, by its last row. */
void resume_past(const struct resume *r, struct prun_result *past);

/* How many jobs had another command in the log than resume_has() was told. */
uint64_t resume_differing(const struct resume *r);

/*
 * RESUME_RETRY: the next failed job in order of seq; its command is lent.  By_host: of that
 * host, or of any if host has no data.
 */
bool resume_next_failed(struct resume *r, struct text host, uint64_t *seq,
    struct text *command);
uint64_t resume_failed(const struct resume *r); /* how many there are */

#endif
