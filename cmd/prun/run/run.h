/* SPDX-License-Identifier: ISC */

/* One run, from its options to its exit status. */
#ifndef RUN_H
#define RUN_H

struct options;
struct signals;

/*
 * Prints its own errors.  Returns the exit status of prun; may also end prun by a signal.
 */
int run(const struct options *options, struct signals *signals);

#endif
