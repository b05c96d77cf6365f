/* SPDX-License-Identifier: ISC */

/*
 * What is told at the end of a run, where people look first: how many jobs failed,
 * and of each of them the number, the command, how it ended, and its last lines.
 */
#ifndef REPORT_DIGEST_H
#define REPORT_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "report/tally.h"
#include "text/text.h"

/* How much of a job's output is asked of the pool: prun_pool_opts.tail. */
#define DIGEST_TAIL ((size_t)2048)

struct digest;

struct digest_rest {
	uint64_t unstarted; /* jobs that were never started */
	bool more; /* and nobody knows how many besides */
};

int digest_new(struct digest **dp);
void digest_free(struct digest *d);

/* Remember a job that failed; its output's tail is in the result.  0 or -ENOMEM. */
int digest_add(struct digest *d, uint64_t seq, struct text command,
    const struct prun_result *r);

/* Remember a job that succeeded in a later try; failure tells how the try before ended. */
int digest_add_flaky(struct digest *d, uint64_t seq, struct text command,
    const char *failure, const struct prun_result *r);

/* Add the lines to out; nothing when no job failed or was flaky.  0 or -ENOMEM. */
int digest_write(const struct digest *d, const struct tally *tally,
    const struct digest_rest *rest, struct bytes *out);

#endif
