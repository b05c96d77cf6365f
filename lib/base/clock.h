/* SPDX-License-Identifier: ISC */

/* Clocks: the monotonic one for measuring, the wall clock for people, CPU time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <sys/types.h>

#include <stdint.h>

/* Nanoseconds on the monotonic clock. */
int64_t clock_now(void);

/* CPU time of all threads of a process, which is not reaped: ns.  0: it may not be seen. */
int64_t clock_of_process(pid_t pid);

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
