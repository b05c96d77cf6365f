/* SPDX-License-Identifier: ISC */

/* Slot numbers from 1: the lowest free one is given out. */
#ifndef POOL_SLOTS_H
#define POOL_SLOTS_H

#include <stddef.h>

struct slots {
	unsigned long *taken; /* a bit for each */
	unsigned n;
	unsigned used;
};

int slots_init(struct slots *s, unsigned n);
void slots_fini(struct slots *s);

/* The lowest free one, 0 when there is none; it stays free. */
unsigned slots_peek(const struct slots *s);
void slots_take(struct slots *s, unsigned slot);
void slots_give(struct slots *s, unsigned slot);

#endif
