/* SPDX-License-Identifier: ISC */

/*
 * How many jobs there will be, found out beside the run: a thread reads the
 * input a second time.  Only where that takes nothing away from the run: words
 * of the command line and regular files, never a pipe.
 */
#ifndef COUNT_H
#define COUNT_H

#include <stdint.h>

struct counter;
struct options;

/* Before the run reads any input.  NULL: it cannot be counted. */
struct counter *count_start(const struct options *options);

/* Stops counting and frees the counter; NULL is fine. */
void count_stop(struct counter *c);

/* Readable once all has been counted; it stays the counter's. */
int count_fd(const struct counter *c);

/* How many there are, once count_fd() is readable.  Any thread. */
uint64_t count_result(const struct counter *c);

#endif
