/* SPDX-License-Identifier: ISC */

/* One run: from options to exit status. */
#ifndef RUN_H
#define RUN_H

struct options;
struct signals;

/* Prints its own errors.  The exit status of prun; may end by a signal instead. */
int run(const struct options *options, struct signals *signals);

#endif
