/* SPDX-License-Identifier: ISC */

/* The limits that prun lives under, and those that its jobs get. */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <stddef.h>

#include "prun.h"

struct resources {
	struct prun_rlimit jobs
	    [1]; /* sets back for the jobs what prun has changed for itself */
	size_t njobs;
};

/*
 * How many jobs at a time this process could have at most: for -j 0.  The first call
 * must come before descriptors are opened and jobs are started.
 */
unsigned resources_max_jobs(void);

/* Which limit makes that number, and what raises the limit: a part of a message. */
const char *resources_cause(void);

/* Raises the limit of descriptors so that so many jobs can run. */
void resources_raise(struct resources *l, unsigned slots);

/*
 * Exit where too few descriptors can be opened to run one job at a time: before anything
 * is opened, and after the pool and the reports have been opened.
 */
void resources_require_start(void);
void resources_require_job(void);

/*
 * Opens a descriptor in place of each of 0, 1 and 2 that is closed, so that no
 * other file gets that number.  Reading or writing it fails.  Exits on failure.
 */
void resources_hold_stdio(void);

#endif
