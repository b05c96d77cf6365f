/* SPDX-License-Identifier: ISC */

/* How a job has ended, in words. */
#ifndef REPORT_OUTCOME_H
#define REPORT_OUTCOME_H

#include <stddef.h>

#include "prun.h"

#define OUTCOME_SIZE 64

/* "exit status 3", "killed by SIGKILL", "timed out", ...; size bytes at text. */
void outcome_text(const struct prun_result *r, char *text, size_t size);

#endif
