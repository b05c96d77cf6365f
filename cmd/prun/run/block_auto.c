/* SPDX-License-Identifier: ISC */

/* Owns the judgement whether longer blocks pay. */
#include "run/block_auto.h"

/* So many jobs tell what a size costs: the fastest counts, for others may disturb. */
#define ENOUGH 4
/*
 * Starts that take a part s of the time take half of that with twice the block, which
 * saves s / 2.  Below this saving, 5 % of the time before, the starts take 5 % of the
 * time after it, or less.
 */
#define WORTH 0.05

size_t
block_auto_next(struct block_auto *a, size_t size, uint64_t bytes,
    double seconds)
{
	double each = bytes > 0 ? seconds / (double)bytes : 0;

	/* Of an earlier size, a last block, or one that was not read. */
	if (a->settled || bytes < size - size / 4 || bytes > size + size / 4)
		return size;
	if (a->told++ == 0 || each < a->best)
		a->best = each;
	if (a->told < ENOUGH)
		return size;
	if (size >= BLOCK_AUTO_MOST ||
	    (a->before > 0 && a->best > a->before * (1 - WORTH))) {
		a->settled = 1;
		return size;
	}
	a->before = a->best;
	a->told = 0;
	return size * 2;
}
