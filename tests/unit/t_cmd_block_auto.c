/* SPDX-License-Identifier: ISC */

/* --block auto: with jobs whose time is known, starts take 5 % of it in the end. */
#include "input/block.h"
#include "stream/lane.h"
#include "t.h"

/* So many jobs with a start that takes so long: what the size is then. */
static size_t
run_jobs(double start, double byte, unsigned jobs)
{
	struct block_auto a = { 0 };
	size_t size = BLOCK_AUTO_FIRST;

	for (unsigned i = 0; i < jobs; i++)
		size = block_auto_next(&a, size, size,
		    start + byte * (double)size);
	return size;
}

TEST(grows_until_starts_cost_little)
{
	static const double starts[] = { 0.0005, 0.002, 0.02 };
	static const double bytes[] = { 1e-9, 1e-8, 1e-7, 1e-6 };

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		for (size_t j = 0; j < sizeof(bytes) / sizeof(*bytes); j++) {
			size_t size = run_jobs(starts[i], bytes[j], 100);
			double work = bytes[j] * (double)size;
			double part = starts[i] / (starts[i] + work);

			CHECK(part < 0.055 || size == BLOCK_AUTO_MOST);
			/* And no more than was needed. */
			CHECK(size == BLOCK_AUTO_FIRST * 2 || part > 0.01);
		}
	}
}

TEST(jobs_that_tell_nothing)
{
	struct block_auto a = { 0 };
	const size_t size = BLOCK_AUTO_FIRST;

	for (unsigned i = 0; i < 100; i++) {
		CHECK_INT(block_auto_next(&a, size, 0, 0.1), size);
		CHECK_INT(block_auto_next(&a, size, size / 2, 0.1), size);
		CHECK_INT(block_auto_next(&a, size, size * 2, 0.1), size);
	}
	/* Some of a size are enough. */
	for (unsigned i = 0; i < 3; i++)
		CHECK_INT(block_auto_next(&a, size, size, 0.1), size);
	CHECK_INT(block_auto_next(&a, size, size, 0.1), 2 * size);
}
