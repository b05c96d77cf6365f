/* SPDX-License-Identifier: ISC */

/*
 * Owns the captured bytes of one stream and the choice between memory and file.
 * Knows neither lines nor whose bytes may be written next.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "stream/capture.h"
#include "stream/spill.h"

/* An empty capture keeps at most so much memory for the next job. */
#define KEEP 4096
/* Once the file is in use, so many bytes are gathered in memory for one write to it. */
#define GATHER ((size_t)16 * 1024)

bool
capture_is_spilled(const struct capture *c)
{
	return c->spilled.length > 0;
}

static bool
fits(const struct capture *c, const struct capture_store *store, size_t len)
{
	size_t gather = store->zstd != NULL ? SPILL_ZSTD_CHUNK : GATHER;
	size_t each = store->each;

	if (capture_is_spilled(c) && each > gather)
		each = gather;
	return c->memory.len + len <= each && store->used + len <= store->all;
}

/* Append bytes to the spill file; *done tells how many got there. */
static int
capture_spill(struct capture *c, struct capture_store *store, const char *data,
    size_t len, size_t *done)
{
	if (store->zstd != NULL)
		return spill_zstd_add(store->zstd, &c->spilled, store->spill,
		    data, len, done);
	return spill_stream_add(&c->spilled, store->spill, data, len, done);
}

static void
capture_drop_memory(struct capture *c, struct capture_store *store, size_t n)
{
	buf_drop(&c->memory, n);
	store->used -= n;
	/*
	 * Many captures may wait for their turn: none may keep the memory of bytes
	 * that are in the file.
	 */
	if (c->memory.len == 0)
		buf_clear(&c->memory, GATHER);
}

/*
 * Bytes in memory that were consumed are dropped before others are spilled: in the
 * file they would count as not consumed.
 */
static void
capture_compact(struct capture *c, struct capture_store *store)
{
	if (capture_is_spilled(c) || c->taken == 0)
		return;
	capture_drop_memory(c, store, c->taken);
	c->taken = 0;
}

/* Move all bytes in memory to the file. */
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
	if (c->memory.len == 0 || fits(c, store, 0))
		return 0;
	capture_compact(c, store);
	return capture_settle_all(c, store);
}

ssize_t
capture_splice(struct capture *c, struct capture_store *store, int pipe,
    size_t most)
{
	ssize_t n;

	if (store->no_splice || store->zstd != NULL || !capture_is_spilled(c))
		return -EOPNOTSUPP;
	if (c->memory.len > 0 && capture_settle_all(c, store) != 0)
		return -EOPNOTSUPP;
	n = spill_stream_splice(&c->spilled, store->spill, pipe, most);
	if (n > 0)
		c->length += (uint64_t)n;
	if (n >= 0 || n == -EAGAIN)
		return n;
	store->no_splice = n != -ENOSPC && n != -EDQUOT && n != -EFBIG &&
	    n != -ENOMEM;
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
	return error == -ENOMEM ? -ENOBUFS : error; /* -ENOMEM: not taken in */
}

static int
capture_peek_packed(struct capture *c, struct capture_store *store,
    uint64_t limit, const char **data, size_t *len)
{
	struct spill_zstd *p = store->zstd;
	int error = spill_zstd_peek(p, &c->spilled, store->spill);

	if (error != 0)
		return error;
	c->chunk = p->chunk_len;
	c->frame = p->frame_len;
	*data = p->chunk + c->taken;
	*len = c->chunk - c->taken;
	if (*len > limit)
		*len = (size_t)limit;
	return 0;
}

int
capture_peek(struct capture *c, struct capture_store *store, char *scratch,
    uint64_t limit, const char **data, size_t *len)
{
	if (capture_is_spilled(c) && store->zstd != NULL)
		return capture_peek_packed(c, store, limit, data, len);
	if (capture_is_spilled(c)) {
		*len = spill_stream_first(&c->spilled);
		if (*len > limit)
			*len = (size_t)limit;
		*data = scratch;
		return spill_stream_read(&c->spilled, store->spill, 0, scratch,
		    *len);
	}
	*len = c->memory.len - c->taken;
	if (*len > limit)
		*len = (size_t)limit;
	*data = *len > 0 ? c->memory.data + c->taken : NULL;
	return 0;
}

static void
capture_consume_packed(struct capture *c, struct capture_store *store)
{
	if (c->taken < c->chunk)
		return;
	spill_stream_drop(&c->spilled, store->spill, c->frame);
	spill_zstd_forget(store->zstd, &c->spilled);
	c->taken = 0;
}

void
capture_consume(struct capture *c, struct capture_store *store, size_t len)
{
	c->length -= len;
	if (capture_is_spilled(c) && store->zstd == NULL) {
		spill_stream_drop(&c->spilled, store->spill, len);
		return;
	}
	c->taken += len;
	if (capture_is_spilled(c)) {
		capture_consume_packed(c, store);
	} else if (c->taken == c->memory.len) {
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
	spill_stream_clear(&c->spilled, store->spill);
	if (store->zstd != NULL)
		spill_zstd_forget(store->zstd, &c->spilled);
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
	spill_stream_fini(&c->spilled, store->spill);
}
