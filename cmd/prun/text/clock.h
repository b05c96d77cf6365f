/* SPDX-License-Identifier: ISC */

/* The two clocks of the command, in seconds. */
#ifndef TEXT_CLOCK_H
#define TEXT_CLOCK_H

#include <time.h>

static inline double
clock_read(clockid_t id)
{
	struct timespec t = { 0 };

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/*
 * Seconds of a clock that nobody sets: only the difference of two readings means
 * something.
 */
static inline double
clock_steady(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/* Seconds since the Epoch. */
static inline double
clock_date(void)
{
	return clock_read(CLOCK_REALTIME);
}

#endif
