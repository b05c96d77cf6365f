/* SPDX-License-Identifier: ISC */

/* clock: deadlines do not overflow and do not end too soon. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "t.h"

TEST(now)
{
	int64_t a = clock_now(), b = clock_now();

	CHECK(a > 0);
	CHECK(b >= a);
	CHECK(b - a < 10000000000);
	CHECK(fabs(clock_wall() - (double)time(NULL)) < 5);
}

TEST(of_process)
{
	const int64_t begin = clock_of_process(getpid());

	CHECK(begin > 0);
	while (clock_of_process(getpid()) == begin)
		continue;
	CHECK(clock_of_process(getpid()) > begin);
}

TEST(from_seconds)
{
	int64_t ns = -1;

	CHECK_INT(clock_from_seconds(0, &ns), 0);
	CHECK_INT(ns, 0);
	CHECK_INT(clock_from_seconds(1.5, &ns), 0);
	CHECK_INT(ns, 1500000000);
	CHECK_INT(clock_from_seconds(1e300, &ns), 0);
	CHECK(ns > 0 && clock_now() + ns > 0);
	CHECK_INT(clock_from_seconds(-0.001, &ns), -EINVAL);
	CHECK_INT(clock_from_seconds(NAN, &ns), -EINVAL);
	CHECK_INT(clock_from_seconds(INFINITY, &ns), -EINVAL);
}

TEST(deadline)
{
	int64_t now = clock_now(), d = clock_deadline(10);

	CHECK(d >= now + 10000000000);
	CHECK(d <= clock_now() + 10000000000);
	CHECK_INT(clock_deadline(-1), INT64_MAX);
	CHECK(clock_deadline(1e300) > now);
}

TEST(poll_timeout)
{
	int ms;

	CHECK_INT(clock_poll_timeout(INT64_MAX), -1);
	CHECK_INT(clock_poll_timeout(0), 0);
	CHECK_INT(clock_poll_timeout(clock_now()), 0);
	CHECK_INT(clock_poll_timeout(INT64_MAX - 1), INT_MAX);
	ms = clock_poll_timeout(clock_now() + 5000000000);
	CHECK(ms > 0 && ms <= 5000);
	/* It is rounded up, so that poll(2) returns after the deadline. */
	ms = clock_poll_timeout(clock_now() + 900000);
	CHECK(ms == 1 || ms == 0);
	for (int i = 0; i < 50; i++) {
		int64_t d = clock_now() + 1500000;

		while ((ms = clock_poll_timeout(d)) > 0)
			CHECK(ms <= 2);
		CHECK(clock_now() >= d);
	}
}
