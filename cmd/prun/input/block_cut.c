/* SPDX-License-Identifier: ISC */

/*
 * Owns how large the blocks of a stream are, where each block ends, and how much of a block
 * can be passed on before its end is known: whole records.  record.c knows what separates
 * two records.
 */
#include <errno.h>
#include <string.h>

#include "input/block_internal.h"

/* Ends of records are counted in so many bytes at a time. */
#define STRIDE 1024
/* Up to so many bytes are searched again after each read; for more see cut_later(). */
#define SCAN_OFTEN ((size_t)64 * 1024)

void
blocks_warn(struct blocks *b, const char *text)
{
	if (!b->warned && b->options->warn != NULL)
		b->options->warn(b->options->warn_arg, text);
	b->warned = true;
}

bool
blocks_have_size(const struct blocks *b)
{
	return b->options->size_given && b->options->per_slot == 0;
}

void
blocks_grow(struct blocks *b)
{
	struct message text;
	double size = (double)b->size * 1.3 + 1;
	size_t was = b->size;

	b->size = (size_t)size + (size > (double)(size_t)size);
	(void)message_set(&text, 0,
	    "Warning: A record was longer than %zu. Increasing to --blocksize %zu.",
	    was, b->size);
	if (!b->part || blocks_have_size(b))
		blocks_warn(b, text.text);
}

int
record_too_long(const struct blocks *b, struct message *m)
{
	return message_set(m, -EFBIG,
	    "--pipe: no end of a record in %zu MiB: is --recend right?",
	    b->record_most >> 20);
}

size_t
blocks_back(const struct blocks *b)
{
	size_t back = b->rule.joined.len;

	if (back > b->passed)
		back = b->passed;
	return back < b->at ? back : b->at;
}

/*
 * The bytes in which borders are searched.  Only those from `from` on can still be passed
 * on; those before it are part of the window because a border may begin in them.
 */
struct window {
	struct text data;
	size_t from;
};

static struct window
cut_window(const struct blocks *b, size_t most)
{
	size_t back = blocks_back(b);

	if (most > b->len - b->at)
		most = b->len - b->at;
	return (struct window){ { b->chunk->data + b->at - back, back + most },
		back };
}

static size_t
cut_next(struct blocks *b, struct text data, size_t from, bool last)
{
	return b->grouped ? group_next(b, data, from, last) :
			    record_next(&b->rule, data, from, last);
}

/*
 * Finds the last border after a multiple of `together` records.  Returns 0 if there is
 * none.
 */
static size_t
cut_last_of(struct blocks *b, struct window w, size_t together, bool last)
{
	size_t border = w.from, found = 0, next, n = 0;

	while ((next = cut_next(b, w.data, border, last)) > border) {
		border = next;
		if (++n % together == 0)
			found = border;
	}
	return found > w.from ? found - w.from : 0;
}

/*
 * Finds the last border, searching backwards, as the ends of records are no expression.
 * Returns 0 if there is none.
 */
static size_t
cut_last_literal(struct blocks *b, struct window w)
{
	size_t skip = b->scanned, border, back = b->rule.joined.len;

	/*
	 * A border may begin in the last bytes that the search before this one has looked
	 * at.
	 */
	skip = w.from + skip > back ? w.from + skip - back : 0;
	if (skip >= w.data.len)
		return 0;
	w.data.data += skip;
	w.data.len -= skip;
	border = record_last(&b->rule, w.data, false);
	border = border > 0 && border + skip > w.from ? border + skip - w.from :
							0;
	b->scanned = border == 0 ? skip + w.data.len - w.from : 0;
	return border;
}

/*
 * Finds the last border within `most` bytes of what can be passed on.  Returns 0 if there
 * is none.
 */
static size_t
cut_last(struct blocks *b, size_t most)
{
	const struct window w = cut_window(b, most);
	const bool last = b->eof && b->len - b->at <= most;

	if (b->rule.any && b->lines == 0 && !b->grouped)
		return w.data.len - w.from;
	if (b->lines == 0 && !b->grouped && !b->rule.forward)
		return cut_last_literal(b, w);
	return cut_last_of(b, w, b->lines > 0 ? b->lines : 1, last);
}

/* Cuts the end of a file, all of which fits into the block. */
static bool
cut_rest(struct blocks *b, size_t *len, bool *ends)
{
	const size_t left = b->len - b->at;

	*ends = true;
	*len = left;
	if (b->lines == 0)
		return left > 0 || b->passed > 0;
	/*
	 * If the last record has fewer lines than the others, it gets a block of its own.
	 */
	*len = cut_last(b, left);
	if (*len == 0 && b->passed == 0)
		*len = left;
	return *len > 0 || b->passed > 0;
}

/*
 * These searches take long and begin again each time.  So if one has found no border in
 * many bytes, the next one waits until there are twice as many.
 */
static bool
cut_later(struct blocks *b, size_t left)
{
	return (b->rule.forward || b->grouped || b->lines > 0) &&
	    b->fruitless > SCAN_OFTEN && left < 2 * b->fruitless;
}

static bool
cut_bytes(struct blocks *b, size_t *len, bool *ends)
{
	for (;;) {
		const size_t left = b->len - b->at, most = b->size - b->passed;
		const bool full = left >= most;

		if (b->eof && left == 0 && b->passed == 0)
			return false;
		/*
		 * If the file has exactly as many bytes as fill the block, it is cut as if
		 * more came.
		 */
		if (b->eof && left < most)
			return cut_rest(b, len, ends);
		if (!full && cut_later(b, left))
			return false;
		*len = left > 0 ? cut_last(b, most) : 0;
		*ends = full;
		b->fruitless = *len > 0 ? 0 : left;
		if (*len > 0 || (full && b->passed > 0))
			return true;
		if (!full)
			return false;
		blocks_grow(b);
	}
}

/*
 * Counts the bytes of STRIDE that are c.  The loops have fixed lengths and a counter of one
 * byte, so that compilers make vector instructions of them.
 */
static unsigned
count_stride(const char *data, char c)
{
	unsigned n = 0;

	for (size_t i = 0; i < STRIDE; i += 128) {
		unsigned char found = 0;

		for (size_t j = 0; j < 128; j++)
			found += data[i + j] == c;
		n += found;
	}
	return n;
}

/*
 * Finds the end of record number *n, if each record ends with the byte c.  If there are
 * fewer records, *n becomes their number.
 */
static size_t
cut_count_bytes(struct text data, char c, size_t *n)
{
	size_t at = 0, found = 0, border = 0, here;
	const char *end;

	for (; data.len - at >= STRIDE; at += STRIDE) {
		here = count_stride(data.data + at, c);
		if (found + here >= *n)
			break;
		found += here;
	}
	if (found > 0) {
		end = memrchr(data.data, c, at);
		border = (size_t)(end - data.data) + 1;
	}
	while (found < *n &&
	    (end = memchr(data.data + at, c, data.len - at)) != NULL) {
		border = at = (size_t)(end - data.data) + 1;
		found++;
	}
	*n = found;
	return border;
}

/*
 * Finds the end of record number *n in the window.  If there are fewer, *n becomes their
 * number.
 */
static size_t
cut_count(struct blocks *b, struct window w, size_t *n)
{
	size_t border = w.from, next, found = 0;
	/* The search before this one has found no border before `from`. */
	size_t from = w.from + b->scanned, back = b->rule.joined.len;

	if (!b->grouped && !b->rule.forward && !b->rule.any &&
	    b->rule.joined.len == 1 && b->rule.end.len == 1) {
		border = cut_count_bytes((struct text){ w.data.data + from,
					     w.data.len - from },
		    b->rule.end.data[0], n);
		b->scanned = w.data.len - w.from;
		return *n > 0 ? from - w.from + border : 0;
	}
	if (b->grouped || b->rule.forward)
		from = w.from;
	while (found < *n &&
	    (next = cut_next(b, w.data, from, b->eof)) > from) {
		border = from = next;
		found++;
	}
	*n = found;
	/* The last bytes may be the beginning of a border whose rest is not read yet. */
	b->scanned = found == 0 && w.data.len - w.from > back ?
	    w.data.len - w.from - back :
	    0;
	return border - w.from;
}

static bool
cut_records(struct blocks *b, size_t *len, bool *ends)
{
	const size_t left = b->len - b->at;
	const size_t records = b->records * b->joined;
	size_t n = records - b->counted;

	*len = 0;
	*ends = false;
	/* With -N0 the whole file is one block: only a timeout may cut it at a border. */
	if (b->records == SIZE_MAX && b->options->begun == NULL) {
		*len = left;
		*ends = b->eof;
		return left > 0 || (*ends && b->passed > 0);
	}
	if (left > 0 && (b->eof || !cut_later(b, left)))
		*len = cut_count(b, cut_window(b, left), &n);
	else
		n = 0;
	b->counted += n;
	b->fruitless = *len > 0 ? 0 : left;
	*ends = b->counted == records;
	if (b->eof && !*ends) {
		*len = left;
		*ends = true;
	}
	return *len > 0 || (*ends && b->passed > 0);
}

bool
cut_piece(struct blocks *b, size_t *len, bool *ends)
{
	return b->records > 0 ? cut_records(b, len, ends) :
				cut_bytes(b, len, ends);
}
