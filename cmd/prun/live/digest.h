/* SPDX-License-Identifier: ISC */

/*
 * What is told at the end of a run, where people look first: how many jobs failed,
 * and of each of them the number, the command, how it ended, and its last lines.
 */
#ifndef LIVE_DIGEST_H
#define LIVE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "report/outcome.h"
#include "text/text.h"

/* How much of a job's output is asked of the pool: prun_pool_opts.tail. */
#define DIGEST_TAIL ((size_t)2048)

struct digest;

struct digest_options {
	bool all; /* all failed jobs; else the first ten */
	bool slow; /* the slowest jobs as well */
	/*
	 * Rows of a terminal that shows the output of jobs too: the last lines of a job are
	 * told only when so many have been written since; 0: they are always told.
	 */
	size_t rows;
	const char *joblog; /* has all jobs; NULL: there is none */
	bool colors; /* the outcomes of jobs have them */
};

/* How the run has ended, as far as the digest tells it. */
struct digest_end {
	const struct tally *tally;
	double elapsed; /* seconds */
	uint64_t unstarted; /* jobs that were never started */
	bool more; /* and nobody knows how many besides */
	bool interrupted; /* by a signal */
	bool brief; /* a single line when it was interrupted */
};

int digest_new(const struct digest_options *options, struct digest **dp);
void digest_free(struct digest *d);

/* Remember a job that failed; its output's tail is in the result.  0 or -ENOMEM. */
int digest_add(struct digest *d, uint64_t seq, struct text command,
    const struct prun_result *r);

/* Remember a job that succeeded in a later try; failure tells how the try before ended. */
int digest_add_flaky(struct digest *d, uint64_t seq, struct text command,
    const char *failure, const struct prun_result *r);

/* That job, of which digest_add() or digest_add_flaky() was told, is run once more. */
void digest_take_back(struct digest *d, uint64_t seq);

/* Every job that has ended, failed or not, for what is told of all.  0 or -ENOMEM. */
int digest_count(struct digest *d, uint64_t seq, struct text command,
    const struct prun_result *r);

/* Add the lines to out; nothing when there is nothing to tell.  0 or -ENOMEM. */
int digest_write(const struct digest *d, const struct digest_end *end,
    struct bytes *out);

#endif
