/* SPDX-License-Identifier: ISC */

/*
 * Owns the bytes of one stream and the choice between memory and file.  Knows
 * neither lines nor whose turn it is.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "output/capture.h"
#include "output/spill.h"

/* What an empty capture may keep for the next job. */
#define KEEP 4096
/* Gathered in memory for one write when the file has begun. */
#define GATHER ((size_t)16 * 1024)

struct capture_extent {
	uint32_t block;
	uint32_t len;
};

static bool
fits(const struct capture *c, const struct capture_store *store, size_t len)
{
	size_t each = c->n > c->first && store->each > GATHER ? GATHER :
								store->each;

	return c->memory.len + len <= each && store->used + len <= store->all;
}

static int
capture_grow(struct capture *c)
{
	size_t size = c->size ? c->size * 2 : 16;
	struct capture_extent *extent;

	if (c->n < c->size)
		return 0;
	extent = reallocarray(c->extent, size, sizeof(*extent));
	if (extent == NULL)
		return -ENOMEM;
	c->extent = extent;
	c->size = size;
	return 0;
}

/* A new last extent with nothing in it. */
static int
capture_extend(struct capture *c, struct capture_store *store)
{
	int error = capture_grow(c);

	if (error != 0)
		return error;
	error = spill_alloc(store->spill, &c->extent[c->n].block);
	if (error != 0)
		return error;
	/* There is room for it: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	c->extent[c->n++].len = 0;
	return 0;
}

/* Write bytes behind the last ones in the file; *done tells how many got there. */
static int
capture_spill(struct capture *c, struct capture_store *store, const char *data,
    size_t len, size_t *done)
{
	struct capture_extent *last;
	size_t room, n;
	int error;

	for (*done = 0; *done < len; *done += n) {
		last = c->n > c->first ? &c->extent[c->n - 1] : NULL;
		if (last == NULL || last->len == SPILL_BLOCK) {
			error = capture_extend(c, store);
			if (error != 0)
				return error;
			last = &c->extent[c->n - 1];
		}
		room = SPILL_BLOCK - last->len;
		n = len - *done < room ? len - *done : room;
		error = spill_write(store->spill, last->block, last->len,
		    data + *done, n);
		if (error != 0) {
			if (last->len == 0) {
				spill_release(store->spill, last->block);
				c->n--;
			}
			return error;
		}
		last->len += (uint32_t)n;
	}
	return 0;
}

static void
capture_drop_memory(struct capture *c, struct capture_store *store, size_t n)
{
	buf_drop(&c->memory, n);
	store->used -= n;
	/* The many that wait must not sit on what they have spilled. */
	if (c->memory.len == 0)
		buf_clear(&c->memory, GATHER);
}

/* Bytes of memory consumed already go first: in a file they would count again. */
static void
capture_compact(struct capture *c, struct capture_store *store)
{
	if (c->n > c->first || c->taken == 0)
		return;
	capture_drop_memory(c, store, c->taken);
	c->taken = 0;
}

/* All of memory goes to the file. */
static int
capture_settle_all(struct capture *c, struct capture_store *store)
{
	size_t done;
	int error = capture_spill(c, store, c->memory.data, c->memory.len,
	    &done);

	capture_drop_memory(c, store, done);
	return error;
}

int
capture_settle(struct capture *c, struct capture_store *store)
{
	size_t done;
	int error;

	if (c->memory.len == 0 || fits(c, store, 0))
		return 0;
	capture_compact(c, store);
	error = capture_spill(c, store, c->memory.data, c->memory.len, &done);
	capture_drop_memory(c, store, done);
	return error;
}

bool
capture_is_spilled(const struct capture *c)
{
	return c->n > c->first;
}

ssize_t
capture_splice(struct capture *c, struct capture_store *store, int pipe)
{
	struct capture_extent *last;
	ssize_t n;
	int error;

	if (store->no_splice || c->n == c->first)
		return -EOPNOTSUPP;
	if (c->memory.len > 0) {
		error = capture_settle_all(c, store);
		if (error != 0)
			return -EOPNOTSUPP;
	}
	last = &c->extent[c->n - 1];
	if (last->len == SPILL_BLOCK) {
		if (capture_extend(c, store) != 0)
			return -EOPNOTSUPP;
		last = &c->extent[c->n - 1];
	}
	n = spill_splice(store->spill, last->block, last->len, pipe);
	if (n > 0) {
		last->len += (uint32_t)n;
		c->length += (uint64_t)n;
	} else if (last->len == 0) {
		spill_release(store->spill, last->block);
		c->n--;
	}
	if (n >= 0 || n == -EAGAIN)
		return n;
	store->no_splice = n != -ENOSPC && n != -EDQUOT;
	return -EOPNOTSUPP;
}

static int
capture_remember(struct capture *c, struct capture_store *store,
    const char *data, size_t len)
{
	int error = buf_add(&c->memory, data, len);

	if (error == 0)
		store->used += len;
	return error;
}

int
capture_add(struct capture *c, struct capture_store *store, const char *data,
    size_t len)
{
	size_t done = 0;
	int error, no_memory;

	if (fits(c, store, len)) {
		error = capture_remember(c, store, data, len);
		if (error == 0)
			c->length += len;
		return error;
	}
	capture_compact(c, store);
	error = capture_spill(c, store, c->memory.data, c->memory.len, &done);
	capture_drop_memory(c, store, done);
	done = 0;
	if (error == 0)
		error = capture_spill(c, store, data, len, &done);
	c->length += done;
	if (error == 0)
		return 0;
	no_memory = capture_remember(c, store, data + done, len - done);
	if (no_memory != 0)
		return no_memory;
	c->length += len - done;
	return error == -ENOMEM ? -ENOBUFS : error; /* for it is taken in */
}

int
capture_peek(struct capture *c, struct capture_store *store, char *scratch,
    uint64_t limit, const char **data, size_t *len)
{
	const struct capture_extent *e;
	int error = 0;

	if (c->n > c->first) {
		e = &c->extent[c->first];
		*len = e->len - c->taken;
		if (*len > limit)
			*len = (size_t)limit;
		error = spill_read(store->spill, e->block, c->taken, scratch,
		    *len);
		*data = scratch;
		return error;
	}
	*len = c->memory.len - c->taken;
	if (*len > limit)
		*len = (size_t)limit;
	*data = *len > 0 ? c->memory.data + c->taken : NULL;
	return 0;
}

void
capture_consume(struct capture *c, struct capture_store *store, size_t len)
{
	c->length -= len;
	c->taken += len;
	if (c->n > c->first) {
		if (c->taken < c->extent[c->first].len)
			return;
		spill_release(store->spill, c->extent[c->first].block);
		c->taken = 0;
		if (++c->first == c->n)
			c->first = c->n = 0;
		return;
	}
	if (c->taken == c->memory.len) {
		store->used -= c->memory.len;
		buf_clear(&c->memory, KEEP);
		c->taken = 0;
	}
}

void
capture_trim(struct capture *c)
{
	char *data;

	if (c->memory.len == 0) {
		buf_fini(&c->memory);
		return;
	}
	if (c->memory.size - c->memory.len < KEEP)
		return;
	data = realloc(c->memory.data, c->memory.len);
	if (data == NULL)
		return;
	c->memory.data = data;
	c->memory.size = c->memory.len;
}

void
capture_clear(struct capture *c, struct capture_store *store)
{
	while (c->first < c->n)
		spill_release(store->spill, c->extent[c->first++].block);
	c->first = c->n = 0;
	store->used -= c->memory.len;
	buf_clear(&c->memory, KEEP);
	c->taken = 0;
	c->length = 0;
}

void
capture_fini(struct capture *c, struct capture_store *store)
{
	capture_clear(c, store);
	buf_fini(&c->memory);
	free(c->extent);
	c->extent = NULL;
	c->size = 0;
}
