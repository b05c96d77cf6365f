/* SPDX-License-Identifier: ISC */

/*
 * How many jobs there will be, found out beside the run: a thread reads the
 * input a second time.  Only where that takes nothing away from the run: words
 * of the command line and regular files, never a pipe.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stdbool.h>
#include <stdint.h>

struct counter;
struct options;

/* Before the run reads any input.  NULL: it cannot be counted. */
struct counter *count_start(const struct options *options);

/* Does not wait for the end. */
void count_stop(struct counter *c);

/* True once all has been counted.  Any thread. */
bool count_result(const struct counter *c, uint64_t *total);

#endif
