/* SPDX-License-Identifier: ISC */

/* The limits that prun lives under, and those that its jobs get. */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <stddef.h>

#include "prun.h"

struct resources {
	struct prun_rlimit jobs[1]; /* what prun changed for itself, set back */
	size_t njobs;
};

/* How many jobs at a time this process could have at most: for -j 0. */
unsigned resources_max_jobs(void);

/* Make room for the descriptors of so many jobs. */
void resources_raise(struct resources *l, unsigned slots);

/*
 * A descriptor for each of 0, 1 and 2 that is closed: one that fails when it is
 * used, so that nothing else is opened in its place.  Exits on failure.
 */
void resources_hold_stdio(void);

#endif
