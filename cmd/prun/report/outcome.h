/* SPDX-License-Identifier: ISC */

/*
 * How a job has ended, as one word for programs and as a phrase for people; and how many
 * jobs ended in which way.
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
	/* a file could not be copied to its host, or from there */
	OUTCOME_FILE_LOST,
	/* the connection to its host was lost while it ran */
	OUTCOME_HOST_LOST,
	/* Its exit status is 0, but some bytes of its input or its output were lost. */
	OUTCOME_INPUT_LOST,
	OUTCOME_OUTPUT_LOST,
};

enum outcome outcome_of(const struct prun_result *r);

/* "passed", "exit", "signal", "timeout", "not-started", ... */
const char *outcome_name(enum outcome o);

/* Was its host lost before it started, and was there no other to go to? */
bool outcome_is_hostless(const struct prun_result *r);

/* Writes "exit status 3", "killed by SIGKILL", "timed out", ... into text[size]. */
void outcome_text(const struct prun_result *r, char *text, size_t size);

/* How many jobs ended in which way, from which the exit status of prun follows. */
struct tally {
	uint64_t succeeded;
	/* of those that succeeded: they did after a try that failed */
	uint64_t flaky;
	/* includes those that timed out or could not be started */
	uint64_t failed;
	uint64_t timed_out;
	uint64_t not_started;
	/* cut short by the end of the run: neither succeeded nor failed */
	uint64_t stopped;
	double work; /* the sum of the seconds that each job ran */
	/* Jobs that their own template or the user left out: the exit status counts them. */
	uint64_t skipped;
};

/* Counts a job that has ended.  cut: the end of the run has cut the job short. */
void tally_add(struct tally *t, const struct prun_result *r, bool cut);

/* Undoes tally_add() of that result, because the job is run once more. */
void tally_take_back(struct tally *t, const struct prun_result *r);

/* The exit status of prun: how many jobs failed, and 101 for more than 100. */
int tally_status(const struct tally *t);
int tally_status_of(uint64_t failed);

#endif
