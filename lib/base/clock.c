/* SPDX-License-Identifier: ISC */

/* Owns the reading of clocks and the arithmetic of deadlines. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <time.h>

#include "base/clock.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define LONGEST (INT64_MAX / 4)

int64_t
clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

int64_t
clock_of_process(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 ||
	    clock_gettime(clock, &ts) == -1)
		return 0;
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

double
clock_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
clock_from_seconds(double seconds, int64_t *ns)
{
	if (!isfinite(seconds) || seconds < 0)
		return -EINVAL;
	if (seconds > (double)LONGEST / 1e9)
		*ns = LONGEST;
	else
		*ns = (int64_t)(seconds * 1e9);
	return 0;
}

int64_t
clock_deadline(double timeout)
{
	int64_t ns;

	if (clock_from_seconds(timeout, &ns) != 0)
		return INT64_MAX;
	return clock_now() + ns;
}

int
clock_poll_timeout(int64_t deadline)
{
	int64_t left;

	if (deadline == INT64_MAX)
		return -1;
	left = deadline - clock_now();
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}
