/* SPDX-License-Identifier: ISC */

/*
 * How a job has ended: in one word for programs, and in words for people; and how many
 * jobs ended how.
 */
#ifndef REPORT_OUTCOME_H
#define REPORT_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"

#define OUTCOME_SIZE 64

enum outcome {
	OUTCOME_PASSED = 0,
	OUTCOME_EXIT, /* an exit status that is not 0 */
	OUTCOME_SIGNAL,
	OUTCOME_TIMEOUT,
	OUTCOME_NOT_STARTED,
	OUTCOME_FILE_LOST, /* a file did not come to the job, or from it */
	OUTCOME_HOST_LOST, /* it was killed, and how far it had come is not known */
	/* Its status is 0, but not all bytes came through. */
	OUTCOME_INPUT_LOST,
	OUTCOME_OUTPUT_LOST,
};

enum outcome outcome_of(const struct prun_result *r);

/* "passed", "exit", "signal", "timeout", "not-started", ... */
const char *outcome_name(enum outcome o);

/* "exit status 3", "killed by SIGKILL", "timed out", ...; size bytes at text. */
void outcome_text(const struct prun_result *r, char *text, size_t size);

/* How many jobs ended how, and the exit status that follows from it. */

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
