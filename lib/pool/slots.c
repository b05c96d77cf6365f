/* SPDX-License-Identifier: ISC */

/* Owns the numbering of slots. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "pool/slots.h"

#define BITS (sizeof(unsigned long) * CHAR_BIT)

int
slots_init(struct slots *s, unsigned n)
{
	s->taken = calloc(n / BITS + 1, sizeof(*s->taken));
	s->n = n;
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
slots_peek(const struct slots *s)
{
	unsigned i = 0;

	if (s->used == s->n)
		return 0;
	while (s->taken[i] == ULONG_MAX)
		i++;
	return i * (unsigned)BITS + (unsigned)__builtin_ctzl(~s->taken[i]) + 1;
}

void
slots_take(struct slots *s, unsigned slot)
{
	s->taken[(slot - 1) / BITS] |= 1UL << ((slot - 1) % BITS);
	s->used++;
}

void
slots_give(struct slots *s, unsigned slot)
{
	s->taken[(slot - 1) / BITS] &= ~(1UL << ((slot - 1) % BITS));
	s->used--;
}
