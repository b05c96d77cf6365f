/* SPDX-License-Identifier: ISC */

/* Clocks: the monotonic one for measuring, the wall clock for people, CPU time. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <sys/types.h>

#include <stdint.h>

/* Nanoseconds on the monotonic clock. */
int64_t clock_now(void);

/*
 * CPU time that all threads of a process have used, in ns.  The process must not
 * have been reaped.  0: the caller may not see it.
 */
int64_t clock_of_process(pid_t pid);

/* Seconds since the Epoch. */
double clock_wall(void);

/*
 * Convert seconds to nanoseconds.  A very long time is shortened.  0; -EINVAL:
 * seconds is negative or not finite.
 */
int clock_from_seconds(double seconds, int64_t *ns);

/*
 * The time on the clock of clock_now() that is timeout seconds from now; INT64_MAX
 * (for ever) if timeout is negative.
 */
int64_t clock_deadline(double timeout);

/* Milliseconds for poll(2) until the deadline, rounded up; -1: for ever. */
int clock_poll_timeout(int64_t deadline);

#endif
