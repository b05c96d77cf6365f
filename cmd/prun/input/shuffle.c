/* SPDX-License-Identifier: ISC */

/*
 * Does the shuffle of Fisher and Yates with the numbers of the tuples.  With a seed the
 * order must be the same on every machine and in every release: so prun has its own
 * generator (SplitMix64).
 */
#include <errno.h>
#include <stdlib.h>

#include "input/replay.h"
#include "text/text.h"

struct shuffle {
	struct replay tuples;
	size_t *order;
	size_t count, next;
	bool seeded;
	uint64_t state;
	/* the values of the tuple that was handed out last */
	struct texts values;
};

int
shuffle_new(struct shuffle **sp)
{
	return (*sp = calloc(1, sizeof **sp)) == NULL ? -ENOMEM : 0;
}

void
shuffle_free(struct shuffle *s)
{
	if (s == NULL)
		return;
	replay_fini(&s->tuples);
	free(s->order);
	texts_fini(&s->values);
	free(s);
}

int
shuffle_add(struct shuffle *s, const struct tuple *tuple)
{
	return replay_add(&s->tuples, tuple->values, tuple->nvalues);
}

static uint64_t
random_bits(struct shuffle *s)
{
	uint64_t bits;

	if (!s->seeded) {
		arc4random_buf(&bits, sizeof bits);
		return bits;
	}
	bits = s->state += 0x9e3779b97f4a7c15u;
	bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
	bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
	return bits ^ (bits >> 31);
}

/*
 * Returns a random number below n; all are equally likely.  The highest values of
 * random_bits(), which would make small numbers more likely, are not used: another number
 * is drawn.
 */
static size_t
random_below(struct shuffle *s, size_t n)
{
	uint64_t bits, limit = UINT64_MAX - UINT64_MAX % n;

	do
		bits = random_bits(s);
	while (bits >= limit);
	return (size_t)(bits % n);
}

int
shuffle_deal(struct shuffle *s, bool seeded, uint64_t seed)
{
	size_t i, other, swap;

	s->seeded = seeded;
	s->state = seed;
	s->count = replay_count(&s->tuples);
	if (s->count == 0)
		return 0;
	if ((s->order = reallocarray(NULL, s->count, sizeof *s->order)) == NULL)
		return -ENOMEM;
	for (i = 0; i < s->count; i++)
		s->order[i] = i;
	for (i = s->count - 1; i > 0; i--) {
		other = random_below(s, i + 1);
		swap = s->order[i];
		s->order[i] = s->order[other];
		s->order[other] = swap;
	}
	return 0;
}

int
shuffle_next(struct shuffle *s, struct tuple *tuple)
{
	size_t i, n, first;

	if (s->next == s->count)
		return 0;
	n = replay_list(&s->tuples, s->order[s->next++], &first);
	if (texts_reserve(&s->values, n) < 0)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		s->values.list[i] = replay_value(&s->tuples, first + i);
	*tuple = (struct tuple){ s->values.list, n };
	return 1;
}
