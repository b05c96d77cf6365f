/* SPDX-License-Identifier: ISC */

/*
 * sem, also known as prun --semaphore: one job that waits for its turn among
 * the jobs of all other processes that use the same name.
 */
#ifndef SEMAPHORE_H
#define SEMAPHORE_H

struct options;

/*
 * Prints its own errors.  The exit status of prun; may end by a signal instead.
 * In the background it returns in two processes: the caller's is to exit with
 * the 0 that it gets, the other one runs the job.  No thread may exist yet.
 */
int semaphore_main(const struct options *options);

#endif
