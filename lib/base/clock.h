/* SPDX-License-Identifier: ISC */

/* Two clocks: the monotonic one for measuring, the wall clock for people. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds on the monotonic clock. */
int64_t clock_now(void);

/* Seconds since the Epoch. */
double clock_wall(void);

/* -EINVAL: seconds is negative or not finite.  A very long time is shortened. */
int clock_from_seconds(double seconds, int64_t *ns);

/*
 * The time on clock_now()'s clock after timeout seconds.  INT64_MAX (for ever) for
 * a negative timeout.
 */
int64_t clock_deadline(double timeout);

/* Milliseconds for poll(2) until the deadline, rounded up; -1: for ever. */
int clock_poll_timeout(int64_t deadline);

#endif
