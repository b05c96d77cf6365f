/* SPDX-License-Identifier: ISC */

/* How a job has ended: in one word for programs, and in words for people. */
#ifndef REPORT_OUTCOME_H
#define REPORT_OUTCOME_H

#include <stddef.h>

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

#endif
