/* SPDX-License-Identifier: ISC */

/* The resource limits of prun itself, and those that its jobs get. */
#ifndef LOOP_RESOURCES_H
#define LOOP_RESOURCES_H

#include <stddef.h>

#include "prun.h"

struct resources {
	/* gives the limits back to the jobs that prun has raised for itself */
	struct prun_rlimit jobs[1];
	size_t njobs;
};

/*
 * The most jobs that this process can run at a time, for -j 0.  The first call must come
 * before descriptors are opened and jobs are started.
 */
unsigned resources_max_jobs(void);

/* Says which limit sets that number, and how to raise it: a part of a message. */
const char *resources_cause(void);

/* Raises the limit of open descriptors so that so many jobs can run. */
void resources_raise(struct resources *l, unsigned slots);

/*
 * Exit if too few descriptors can be opened to run one job at a time.  The first is called
 * before anything is opened, the second after the pool and the reports have been opened.
 */
void resources_require_start(void);
void resources_require_job(void);

/*
 * If one of the descriptors 0, 1 and 2 is closed, opens another one in its place, so that
 * no other file gets that number.  Reading or writing it fails.  Exits on failure.
 */
void resources_hold_stdio(void);

#endif
