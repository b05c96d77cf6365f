/* SPDX-License-Identifier: ISC */

/*
 * --block auto: how long blocks are to be, judged by the time that jobs take.  Blocks of
 * twice the size need half as many jobs, which have to be started.  The block grows as
 * long as that saves much of the time that a byte takes.  Knows neither jobs nor blocks.
 */
#ifndef RUN_BLOCK_AUTO_H
#define RUN_BLOCK_AUTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_AUTO_MOST ((size_t)64 * 1024 * 1024)

/* All zero: nothing is known yet. */
struct block_auto {
	unsigned told; /* jobs that were measured with the present size */
	double best; /* seconds that a byte took in the fastest of them */
	double before; /* best of half the size; 0: no size was tried before */
	bool settled; /* the block grows no more */
};

/*
 * Tell that a job has read so many bytes in so many seconds, while blocks had that size.
 * Returns the size that the next blocks are to have.
 */
size_t block_auto_next(struct block_auto *a, size_t size, uint64_t bytes,
    double seconds);

#endif
