/* SPDX-License-Identifier: ISC */

/*
 * Slot numbers from 1: the lowest free one is given out.  A job has one number
 * and may count for several: its weight.
 */
#ifndef POOL_SLOTS_H
#define POOL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

struct slots {
	unsigned long *taken; /* a bit for each */
	unsigned n;
	unsigned most; /* that n may be */
	unsigned
	    used; /* weight that is taken: more than n after n was lowered */
};

/* most: at least n. */
int slots_init(struct slots *s, unsigned n, unsigned most);
void slots_fini(struct slots *s);

/* The weight that is free. */
unsigned slots_room(const struct slots *s);

/* What a job of that weight takes here: 1 to n. */
unsigned slots_weight(const struct slots *s, unsigned weight);

/* The lowest free one, 0 when there is no room; it stays free. */
unsigned slots_peek(const struct slots *s);
bool slots_is_free(const struct slots *s, unsigned slot);
void slots_take(struct slots *s, unsigned slot, unsigned weight);
void slots_give(struct slots *s, unsigned slot, unsigned weight);

#endif
