/* SPDX-License-Identifier: ISC */

/*
 * Owns which receiver gets a record.  Each receiver has a hand: the part of a chunk into
 * which its records are copied until the piece is dealt.  Its records of the next piece go
 * into the same chunk, behind them, so that nothing is allocated for a record and little
 * for a piece.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/block_internal.h"
#include "input/deal.h"
#include "text/text.h"

struct deal_hand {
	struct chunk *chunk; /* NULL if there is none yet */
	/* the part of the chunk that the receiver has not got yet */
	size_t begin, end;
};

/*
 * A division takes as long as all the other work for a short record, so it is avoided if n
 * is a power of two.
 */
static inline size_t
hash_modulo(uint64_t hash, size_t n)
{
	return (size_t)((n & (n - 1)) == 0 ? hash & (n - 1) : hash % n);
}

size_t
deal_by_hash(struct text key, size_t n)
{
	return hash_modulo(text_hash(key), n);
}

/* (the number - 1) modulo n; a key that begins with no digit counts as 0. */
size_t
deal_by_number(struct text key, size_t n)
{
	uint64_t value = 0;
	bool negative = false;

	key = text_trim_left(key);
	if (key.len > 0 && (*key.data == '-' || *key.data == '+')) {
		negative = *key.data == '-';
		key.data++;
		key.len--;
	}
	for (; key.len > 0 && isdigit((unsigned char)*key.data) != 0;
	     key.data++, key.len--)
		value = (value * 10 + (uint64_t)(*key.data - '0')) % n;
	if (negative)
		value = (n - value) % n;
	return (size_t)((value + n - 1) % n);
}

int
deal_init(struct deal *d)
{
	d->hand = calloc(d->n, sizeof(*d->hand));
	return d->hand != NULL || d->n == 0 ? 0 : -ENOMEM;
}

void
deal_fini(struct deal *d)
{
	for (size_t i = 0; i < d->n && d->hand != NULL; i++)
		chunk_release(d->hand[i].chunk);
	free(d->hand);
	d->hand = NULL;
}

/* Gives receiver i what is in its hand. */
static int
deal_give(struct deal *d, size_t i)
{
	struct deal_hand *hand = &d->hand[i];
	struct block block = { .len = hand->end - hand->begin, .fd = -1 };

	if (block.len == 0)
		return 0;
	block.chunk = hand->chunk;
	block.data = hand->chunk->data + hand->begin;
	chunk_hold(block.chunk);
	hand->begin = hand->end;
	return d->give(d->arg, i, &block);
}

/* Puts a full chunk away, and takes one that has room for so many bytes. */
static int
deal_renew(struct deal *d, size_t i, size_t len)
{
	struct deal_hand *hand = &d->hand[i];
	int error = deal_give(d, i);

	chunk_release(hand->chunk);
	hand->begin = hand->end = 0;
	hand->chunk = chunk_new(d->chunks, len);
	return error != 0 ? error : hand->chunk != NULL ? 0 : -ENOMEM;
}

/* Appends the record to the hand of receiver i. */
static inline int
deal_to(struct deal *d, size_t i, struct text record)
{
	struct deal_hand *hand = &d->hand[i];
	int error = 0;

	if (hand->chunk == NULL || hand->chunk->size - hand->end < record.len)
		error = deal_renew(d, i, record.len);
	if (error != 0)
		return error;
	memcpy(hand->chunk->data + hand->end, record.data, record.len);
	hand->end += record.len;
	return 0;
}

/* Finds the length of the first record in rest, and its receiver. */
static size_t
deal_any(struct deal *d, struct text rest, size_t *i)
{
	size_t len = record_next(&d->blocks->rule, rest, 0, true);
	struct text key;

	if (len == 0)
		len = rest.len;
	key = blocks_key(d->blocks, (struct text){ rest.data, len },
	    &d->blocks->key[0]);
	*i = d->by_number ? deal_by_number(key, d->n) : deal_by_hash(key, d->n);
	return len;
}

static inline bool
is_separator(const struct blocks *b, char c)
{
	return c == b->separator || (b->blanks && c == '\t');
}

/*
 * Does the same for lines whose columns are separated by plain bytes: it looks at each byte
 * of the key only once.  Returns 0 if deal_any() has to look.
 */
static inline size_t
deal_line(const struct deal *d, struct text rest, size_t *i)
{
	const struct blocks *b = d->blocks;
	const char *at = rest.data, *const stop = at + rest.len;
	uint64_t hash = TEXT_HASH_BEGIN;

	for (size_t column = 0; column < b->column; column++) {
		while (at < stop && *at != '\n' && !is_separator(b, *at))
			at++;
		if (at == stop || *at == '\n')
			return 0;
		for (at++; b->blanks && at < stop && is_separator(b, *at);)
			at++;
	}
	for (; at < stop && *at != '\n' && !is_separator(b, *at); at++)
		hash = text_hash_add(hash, *at);
	if (at > rest.data && at[-1] == '\r')
		return 0;
	*i = hash_modulo(text_hash_end(hash), d->n);
	if (at < stop && *at != '\n')
		at = memchr(at, '\n', (size_t)(stop - at));
	return at == NULL || at == stop ? rest.len :
					  (size_t)(at - rest.data) + 1;
}

int
deal_piece(struct deal *d, const struct block *piece)
{
	struct blocks *b = d->blocks;
	const bool lines = !d->by_number && b->rule.pattern == NULL &&
	    text_equals(bytes_text(&b->rule.joined), "\n") &&
	    b->rule.end.len == 1 && b->separator != '\0';
	struct text rest = { piece->data, piece->len };
	int error = 0;

	while (rest.data != NULL && rest.len > 0 && error == 0) {
		size_t i, len = lines ? deal_line(d, rest, &i) : 0;

		if (len == 0)
			len = deal_any(d, rest, &i);
		error = deal_to(d, i, (struct text){ rest.data, len });
		rest.data += len;
		rest.len -= len;
	}
	for (size_t i = 0; i < d->n && error == 0; i++)
		error = deal_give(d, i);
	if (b->column_missing)
		blocks_warn(b,
		    "Warning: a record lacks the column of the key.");
	return error;
}
