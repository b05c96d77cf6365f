/* SPDX-License-Identifier: ISC */

/*
 * Owns lists of values: see replay.h.  Besides the bytes, one number is kept for each value
 * and one for each list.
 */
#include "input/replay.h"

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
