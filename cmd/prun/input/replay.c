/* SPDX-License-Identifier: ISC */

/*
 * Owns lists of values, and their order with --shuf: see replay.h.  Besides the bytes, one
 * number is kept for each value and one for each list.
 *
 * The shuffle of Fisher and Yates is done with the numbers of the tuples.  With a seed the
 * order must be the same on every machine and in every release: so prun has its own
 * generator (SplitMix64).
 */
#include <errno.h>
#include <stdlib.h>

#include "input/replay.h"
#include "text/text.h"

void
replay_fini(struct replay *replay)
{
	bytes_fini(&replay->data);
	bytes_fini(&replay->ends);
	bytes_fini(&replay->lists);
}

void
replay_clear(struct replay *replay)
{
	replay->data.len = 0;
	replay->ends.len = 0;
	replay->lists.len = 0;
}

/* The numbers are aligned, as the memory comes from realloc(3) and holds only numbers. */
static size_t
number_at(const struct bytes *b, size_t i)
{
	return ((const size_t *)(const void *)b->data)[i];
}

static size_t
number_count(const struct bytes *b)
{
	return b->len / sizeof(size_t);
}

int
replay_add(struct replay *replay, const struct text *values, size_t n)
{
	size_t i, end;
	int r;

	for (i = 0; i < n; i++) {
		if ((r = bytes_add_text(&replay->data, values[i])) < 0)
			return r;
		end = replay->data.len;
		if ((r = bytes_add(&replay->ends, &end, sizeof end)) < 0)
			return r;
	}
	end = number_count(&replay->ends);
	return bytes_add(&replay->lists, &end, sizeof end);
}

size_t
replay_count(const struct replay *replay)
{
	return number_count(&replay->lists);
}

size_t
replay_values(const struct replay *replay)
{
	return number_count(&replay->ends);
}

size_t
replay_list(const struct replay *replay, size_t i, size_t *first)
{
	*first = i == 0 ? 0 : number_at(&replay->lists, i - 1);
	return number_at(&replay->lists, i) - *first;
}

struct text
replay_value(const struct replay *replay, size_t v)
{
	size_t begin = v == 0 ? 0 : number_at(&replay->ends, v - 1);

	return (struct text){ replay->data.data + begin,
		number_at(&replay->ends, v) - begin };
}

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
