/* SPDX-License-Identifier: ISC */

/*
 * The digest is printed at the end of a run, where people look first: how many jobs
 * failed, and of each of them the number, the command, how it ended, and its last lines.
 */
#ifndef LIVE_DIGEST_H
#define LIVE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "report/outcome.h"
#include "text/text.h"

/* How many last bytes of each job's output the digest needs: prun_pool_opts.tail. */
#define DIGEST_TAIL ((size_t)2048)

struct digest;

struct digest_options {
	bool all; /* it lists all failed jobs; else the first ten */
	bool slow; /* it lists the slowest jobs as well */
	/*
	 * How many rows the terminal has, if it shows the output of jobs too: the digest
	 * does not repeat the last lines of a job that are still to be seen.  0: the
	 * digest repeats them always.
	 */
	size_t rows;
	const char *joblog; /* the job log, which has all jobs; NULL: none */
	bool colors; /* the outcomes of jobs are coloured */
};

/* How the run has ended, as far as the digest tells it. */
struct digest_end {
	const struct tally *tally;
	double elapsed; /* seconds */
	uint64_t unstarted; /* jobs that were never started */
	bool more; /* there are others, and nobody knows how many */
	bool interrupted; /* a signal ended the run */
	bool brief; /* if a signal ended the run, the digest is one line */
};

int digest_new(const struct digest_options *options, struct digest **dp);
void digest_free(struct digest *d);

/*
 * Remember a job that failed; r has the last bytes of its output.  host is the name of the
 * host that ran it, or NULL.  0 or -ENOMEM.
 */
int digest_add(struct digest *d, uint64_t seq, const char *host,
    struct text command, const struct prun_result *r);

/* Remember a job that succeeded in a later try; failure tells how the try before ended. */
int digest_add_flaky(struct digest *d, uint64_t seq, const char *host,
    struct text command, const char *failure, const struct prun_result *r);

/* Forget a job that digest_add() or digest_add_flaky() got: it is run once more. */
void digest_take_back(struct digest *d, uint64_t seq);

/*
 * Tell the digest of every job that has ended, failed or not: it notes the slowest jobs and
 * how much output there was.  0 or -ENOMEM.
 */
int digest_count(struct digest *d, uint64_t seq, struct text command,
    const struct prun_result *r);

/* Add the lines of the digest to out; it may have none.  0 or -ENOMEM. */
int digest_write(const struct digest *d, const struct digest_end *end,
    struct bytes *out);

#endif
