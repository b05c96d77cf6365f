/* SPDX-License-Identifier: ISC */

/*
 * sem, also known as prun --semaphore: one job that waits for its turn among
 * the jobs of all other processes that use the same name.
 */
#ifndef SEMAPHORE_H
#define SEMAPHORE_H

#include <stdbool.h>

struct options;

/* All zero: no semaphore. */
struct semaphore_options {
	bool
	    enabled; /* called as sem, --semaphore, or an option that implies it */
	bool foreground; /* --fg: wait for the job, and end as it does */
	bool wait; /* --wait: run nothing, wait until nobody is left */
	const char *name; /* --id; NULL: the terminal on stdin */
	/* --semaphore-timeout, seconds; 0: none; below 0: give up after that. */
	double timeout;
};

/*
 * Prints its own errors.  The exit status of prun; may end by a signal instead.
 * In the background it returns in two processes: the caller's is to exit with
 * the 0 that it gets, the other one runs the job.  No thread may exist yet.
 */
int semaphore_main(const struct options *options);

#endif
