/* SPDX-License-Identifier: ISC */

/* How many jobs ended how, and the exit status that follows from it. */
#ifndef REPORT_TALLY_H
#define REPORT_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"

struct tally {
	uint64_t succeeded;
	uint64_t flaky; /* how many of these did so after a try that failed */
	uint64_t failed; /* those that timed out or were not started included */
	uint64_t timed_out;
	uint64_t not_started;
	uint64_t
	    stopped; /* cut short by the end of the run: neither of the first two */
	double work; /* seconds that all of them have run */
	/* Left out by their own template, or by the user: they count as failed. */
	uint64_t skipped;
};

/* cut: the end of the run has cut the job short. */
void tally_add(struct tally *t, const struct prun_result *r, bool cut);

/* What was added does not count any more, as the job is run once more. */
void tally_take_back(struct tally *t, const struct prun_result *r);

/* 0, 1-100 failed jobs, 101 for more. */
int tally_status(const struct tally *t);
int tally_status_of(uint64_t failed);

#endif
