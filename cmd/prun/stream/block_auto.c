/* SPDX-License-Identifier: ISC */

/* Owns the decision whether longer blocks save time. */
#include "stream/lane.h"

/*
 * Jobs that are measured at each size.  The fastest of them counts: other work of the
 * machine may have slowed the others down.
 */
#define ENOUGH 4
/*
 * The block stops growing when the last doubling has saved less than this part of the
 * time.  To start a job costs the same for a block of any size.  If the starts took a
 * part s of the time, a block of twice the size halves that, and saves s / 2.  So when
 * the saving is below 5 %, the starts took less than 10 % before, and take about 5 % or
 * less now.
 */
#define WORTH 0.05

size_t
block_auto_next(struct block_auto *a, size_t size, uint64_t bytes,
    double seconds)
{
	double each = bytes > 0 ? seconds / (double)bytes : 0;

	/*
	 * This job tells nothing about the size: its block was made before the size has
	 * changed, or was the last of the stream, or the job has not read all of it.
	 */
	if (a->settled || bytes < size - size / 4 || bytes > size + size / 4)
		return size;
	if (a->told++ == 0 || each < a->best)
		a->best = each;
	if (a->told < ENOUGH)
		return size;
	if (size >= BLOCK_AUTO_MOST ||
	    (a->before > 0 && a->best > a->before * (1 - WORTH))) {
		a->settled = true;
		return size;
	}
	a->before = a->best;
	a->told = 0;
	return size * 2;
}
