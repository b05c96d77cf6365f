/* SPDX-License-Identifier: ISC */

/* The two clocks: one to measure with, one to tell people. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds on the monotonic clock. */
int64_t clock_now(void);

/* Seconds since the Epoch. */
double clock_wall(void);

/* -EINVAL for what is negative or not finite; too long a time is capped. */
int clock_from_seconds(double seconds, int64_t *ns);

/*
 * The moment that many seconds from now: INT64_MAX for a negative timeout
 * (for ever).
 */
int64_t clock_deadline(double timeout);

/* Milliseconds for poll(2) until the deadline, rounded up; -1: for ever. */
int clock_poll_timeout(int64_t deadline);

#endif
