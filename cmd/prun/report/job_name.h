/* SPDX-License-Identifier: ISC */

/* The names of jobs in reports: a job is named by its values; no two names are equal. */
#ifndef REPORT_JOB_NAME_H
#define REPORT_JOB_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/*
 * Adds the values with blanks between them, cut where they are long, or "job 3" when
 * there are none.  0 or -ENOMEM.
 */
int job_name_add(struct bytes *out, const struct text *values, size_t n,
    uint64_t seq);

/* Adds the text, cut behind a character when it has more than most bytes. */
int job_name_add_cut(struct bytes *out, struct text t, size_t most);

/* The set of names that were used; all zero is the empty set.  A name takes 16 bytes. */
struct job_names {
	uint64_t *hash; /* 0: the place is free */
	size_t n, places; /* a power of two */
};

void job_names_fini(struct job_names *names);

/*
 * The name stands in out from that byte on.  If it was used before, the number of the job
 * is added to it, so that it is a new one.  0 or -ENOMEM.
 */
int job_names_add(struct job_names *names, struct bytes *out, size_t from,
    uint64_t seq);

#endif
