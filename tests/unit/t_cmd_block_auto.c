/* SPDX-License-Identifier: ISC */

/* --block auto: with jobs whose time is known, starts take 5 % of it in the end. */
#include "input/block.h"
#include "run/block_auto.h"
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
	for (double start = 0.0005; start < 0.02; start *= 3) {
		for (double byte = 1e-9; byte < 1e-6; byte *= 5) {
			size_t size = run_jobs(start, byte, 100);
			double part = start / (start + byte * (double)size);

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
