/* SPDX-License-Identifier: ISC */

/*
 * Owns the spill file, its blocks, and the list of blocks of each stream.  Knows
 * neither jobs, nor their order, nor what the bytes mean.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "stream/spill.h"

int
spill_init(struct spill *s, const char *folder)
{
	*s = (struct spill){ .fd = -1 };
	s->folder = strdup(folder != NULL ? folder : "/tmp");
	return s->folder == NULL ? -ENOMEM : 0;
}

void
spill_fini(struct spill *s)
{
	fd_close(&s->fd);
	free(s->folder);
	free(s->free);
	s->folder = NULL;
	s->free = NULL;
}

/* For file systems that have no O_TMPFILE. */
static int
spill_open_named(const char *folder)
{
	char *name;
	int fd;

	if (asprintf(&name, "%s/prun.XXXXXX", folder) == -1)
		return -ENOMEM;
	fd = fd_lift(mkostemp(name, O_CLOEXEC));
	if (fd >= 0)
		(void)unlink(name);
	free(name);
	return fd;
}

static int
spill_open(struct spill *s)
{
	int fd;

	if (s->fd != -1)
		return 0;
	fd = fd_open(s->folder, O_TMPFILE | O_RDWR, 0600);
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL)
		fd = spill_open_named(s->folder);
	if (fd < 0)
		return fd;
	s->fd = fd;
	return 0;
}

/* The list of free blocks always has room for all blocks, so that a release cannot fail. */
static int
spill_grow(struct spill *s)
{
	size_t size = s->size ? s->size * 2 : 64;
	uint32_t *list;

	if (s->blocks < s->size)
		return 0;
	if (s->blocks == UINT32_MAX)
		return -EFBIG;
	list = reallocarray(s->free, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	s->free = list;
	s->size = size;
	return 0;
}

int
spill_alloc(struct spill *s, uint32_t *block)
{
	int error = spill_open(s);

	if (error != 0)
		return error;
	if (s->nfree > 0) {
		*block = s->free[--s->nfree];
		return 0;
	}
	error = spill_grow(s);
	if (error == 0)
		*block = s->blocks++;
	return error;
}

void
spill_release(struct spill *s, uint32_t block)
{
	s->free[s->nfree++] = block;
	if (s->nfree == s->blocks && ftruncate(s->fd, 0) == 0)
		s->nfree = s->blocks = 0;
}

static off_t
spill_offset(uint32_t block, size_t offset)
{
	return (off_t)block * (off_t)SPILL_BLOCK + (off_t)offset;
}

int
spill_write(struct spill *s, uint32_t block, size_t offset, const char *data,
    size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, offset += (size_t)n, len -= (size_t)n) {
		do
			n = pwrite(s->fd, data, len,
			    spill_offset(block, offset));
		while (n == -1 && errno == EINTR);
		if (n == -1)
			return -errno;
	}
	return 0;
}

static ssize_t
spill_splice(struct spill *s, uint32_t block, size_t offset, int pipe,
    size_t most)
{
	off_t at = spill_offset(block, offset);

	if (most > SPILL_BLOCK - offset)
		most = SPILL_BLOCK - offset;
	return fd_splice(pipe, s->fd, &at, most);
}

int
spill_read(struct spill *s, uint32_t block, size_t offset, char *data,
    size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, offset += (size_t)n, len -= (size_t)n) {
		do
			n = pread(s->fd, data, len,
			    spill_offset(block, offset));
		while (n == -1 && errno == EINTR);
		if (n == -1)
			return -errno;
		if (n == 0)
			return -EIO; /* another program has cut the file */
	}
	return 0;
}

struct spill_stream_piece {
	uint32_t block;
	uint32_t len;
};

static int
spill_stream_grow(struct spill_stream *s)
{
	size_t size = s->size ? s->size * 2 : 16;
	struct spill_stream_piece *piece;

	if (s->n < s->size)
		return 0;
	piece = reallocarray(s->piece, size, sizeof(*piece));
	if (piece == NULL)
		return -ENOMEM;
	s->piece = piece;
	s->size = size;
	return 0;
}

static void
spill_stream_drop_last(struct spill_stream *s, struct spill *spill)
{
	spill_release(spill, s->piece[--s->n].block);
	if (s->first == s->n)
		s->first = s->n = s->taken = 0;
}

/* Get the last piece if it has room; else add a new one. */
static int
spill_stream_extend(struct spill_stream *s, struct spill *spill,
    struct spill_stream_piece **last)
{
	int error;

	if (s->n > s->first && s->piece[s->n - 1].len < SPILL_BLOCK) {
		*last = &s->piece[s->n - 1];
		return 0;
	}
	error = spill_stream_grow(s);
	if (error != 0)
		return error;
	*last = &s->piece[s->n];
	error = spill_alloc(spill, &(*last)->block);
	if (error != 0)
		return error;
	(*last)->len = 0;
	s->n++;
	return 0;
}

int
spill_stream_add(struct spill_stream *s, struct spill *spill, const char *data,
    size_t len, size_t *done)
{
	struct spill_stream_piece *last;
	size_t room, n;
	int error;

	for (*done = 0; *done < len; *done += n) {
		error = spill_stream_extend(s, spill, &last);
		if (error != 0)
			return error;
		room = SPILL_BLOCK - last->len;
		n = len - *done < room ? len - *done : room;
		error = spill_write(spill, last->block, last->len, data + *done,
		    n);
		if (error != 0) {
			if (last->len == 0)
				spill_stream_drop_last(s, spill);
			return error;
		}
		last->len += (uint32_t)n;
		s->length += n;
	}
	return 0;
}

ssize_t
spill_stream_splice(struct spill_stream *s, struct spill *spill, int pipe,
    size_t most)
{
	struct spill_stream_piece *last;
	ssize_t n = spill_stream_extend(s, spill, &last);

	if (n != 0)
		return n;
	n = spill_splice(spill, last->block, last->len, pipe, most);
	if (n > 0) {
		last->len += (uint32_t)n;
		s->length += (uint64_t)n;
	} else if (last->len == 0) {
		spill_stream_drop_last(s, spill);
	}
	return n;
}

void
spill_stream_cut(struct spill_stream *s, struct spill *spill, size_t len)
{
	struct spill_stream_piece *last;

	s->length -= len;
	while (len > 0) {
		last = &s->piece[s->n - 1];
		if (last->len > len) {
			last->len -= (uint32_t)len;
			break;
		}
		len -= last->len;
		spill_stream_drop_last(s, spill);
	}
	/*
	 * Otherwise the bytes that were dropped from the first piece would still hold
	 * its block.
	 */
	if (s->length == 0)
		spill_stream_clear(s, spill);
}

size_t
spill_stream_first(const struct spill_stream *s)
{
	return s->first < s->n ? s->piece[s->first].len - s->taken : 0;
}

int
spill_stream_read(const struct spill_stream *s, struct spill *spill,
    uint64_t offset, char *data, size_t len)
{
	const struct spill_stream_piece *p = s->piece + s->first;
	size_t n;
	int error;

	for (offset += s->taken; len > 0; p++, data += n, len -= n) {
		if (offset >= p->len) {
			offset -= p->len;
			n = 0;
			continue;
		}
		n = p->len - (size_t)offset;
		if (n > len)
			n = len;
		error = spill_read(spill, p->block, (size_t)offset, data, n);
		if (error != 0)
			return error;
		offset = 0;
	}
	return 0;
}

void
spill_stream_drop(struct spill_stream *s, struct spill *spill, uint64_t len)
{
	size_t n;

	s->length -= len;
	while (len > 0) {
		n = s->piece[s->first].len - s->taken;
		if (n > len) {
			s->taken += (size_t)len;
			return;
		}
		len -= n;
		s->taken = 0;
		spill_release(spill, s->piece[s->first++].block);
	}
	if (s->first == s->n)
		s->first = s->n = 0;
}

void
spill_stream_clear(struct spill_stream *s, struct spill *spill)
{
	while (s->first < s->n)
		spill_release(spill, s->piece[s->first++].block);
	s->first = s->n = s->taken = 0;
	s->length = 0;
}

void
spill_stream_fini(struct spill_stream *s, struct spill *spill)
{
	spill_stream_clear(s, spill);
	free(s->piece);
	*s = (struct spill_stream){ 0 };
}
