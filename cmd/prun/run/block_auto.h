/* SPDX-License-Identifier: ISC */

/*
 * --block auto: how long blocks are to be, judged by how long jobs take.  Twice the
 * block means half the starts: as long as that still saves much of the time that a
 * byte takes, the block grows.  Knows neither jobs nor blocks.
 */
#ifndef RUN_BLOCK_AUTO_H
#define RUN_BLOCK_AUTO_H

#include <stddef.h>
#include <stdint.h>

#define BLOCK_AUTO_MOST ((size_t)64 * 1024 * 1024)

/* All zero: nothing is known yet. */
struct block_auto {
	unsigned told; /* jobs with a block of the size that is tried now */
	double best; /* the least seconds that a byte has taken in these */
	double before; /* the same of half the size; 0: there was none */
	int settled; /* it grows no more */
};

/*
 * A job has read so many bytes and took so many seconds; blocks were so long.  How long
 * they are to be from now on.
 */
size_t block_auto_next(struct block_auto *a, size_t size, uint64_t bytes,
    double seconds);

#endif
