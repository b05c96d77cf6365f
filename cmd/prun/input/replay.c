/* SPDX-License-Identifier: ISC */

/*
 * Values kept: see shelf.h.  Two numbers for a value and a list are all that
 * is held besides the bytes.
 */
#include "input/replay.h"

void
replay_fini(struct replay *s)
{
	bytes_fini(&s->data);
	bytes_fini(&s->ends);
	bytes_fini(&s->lists);
}

void
replay_clear(struct replay *s)
{
	s->data.len = 0;
	s->ends.len = 0;
	s->lists.len = 0;
}

/* bytes_reserve() leaves malloc(3)'s alignment, and only numbers go in. */
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
replay_add(struct replay *s, const struct text *values, size_t n)
{
	size_t i, end;
	int r;

	for (i = 0; i < n; i++) {
		if ((r = bytes_add_text(&s->data, values[i])) < 0)
			return r;
		end = s->data.len;
		if ((r = bytes_add(&s->ends, &end, sizeof end)) < 0)
			return r;
	}
	end = number_count(&s->ends);
	return bytes_add(&s->lists, &end, sizeof end);
}

size_t
replay_count(const struct replay *s)
{
	return number_count(&s->lists);
}

size_t
replay_values(const struct replay *s)
{
	return number_count(&s->ends);
}

size_t
replay_list(const struct replay *s, size_t i, size_t *first)
{
	*first = i == 0 ? 0 : number_at(&s->lists, i - 1);
	return number_at(&s->lists, i) - *first;
}

struct text
replay_value(const struct replay *s, size_t v)
{
	size_t begin = v == 0 ? 0 : number_at(&s->ends, v - 1);

	return (struct text){ s->data.data + begin,
		number_at(&s->ends, v) - begin };
}
