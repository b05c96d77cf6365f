/* SPDX-License-Identifier: ISC */

/* Owns the numbering of slots. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "pool/pool.h"

#define BITS (sizeof(unsigned long) * CHAR_BIT)

int
slots_init(struct slots *s, unsigned n, unsigned most)
{
	if (most < n)
		most = n;
	s->taken = calloc(most / BITS + 1, sizeof(*s->taken));
	s->n = n;
	s->most = most;
	s->used = 0;
	return s->taken == NULL ? -ENOMEM : 0;
}

void
slots_fini(struct slots *s)
{
	free(s->taken);
	s->taken = NULL;
}

unsigned
slots_room(const struct slots *s)
{
	return s->used < s->n ? s->n - s->used : 0;
}

unsigned
slots_weight(const struct slots *s, unsigned weight)
{
	if (weight == 0)
		return 1;
	return weight < s->n ? weight : s->n;
}

bool
slots_is_free(const struct slots *s, unsigned slot)
{
	return !(s->taken[(slot - 1) / BITS] & 1UL << ((slot - 1) % BITS));
}

unsigned
slots_peek(const struct slots *s)
{
	unsigned i = 0;

	if (s->used >= s->n)
		return 0;
	while (s->taken[i] == ULONG_MAX)
		i++;
	return i * (unsigned)BITS + (unsigned)__builtin_ctzl(~s->taken[i]) + 1;
}

void
slots_take(struct slots *s, unsigned slot, unsigned weight)
{
	s->taken[(slot - 1) / BITS] |= 1UL << ((slot - 1) % BITS);
	s->used += weight;
}

void
slots_give(struct slots *s, unsigned slot, unsigned weight)
{
	s->taken[(slot - 1) / BITS] &= ~(1UL << ((slot - 1) % BITS));
	s->used -= weight;
}
