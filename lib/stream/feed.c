/* SPDX-License-Identifier: ISC */

/* Owns the way of input to a pipe.  Knows neither whose stdin it is nor when it is full. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "stream/feed.h"

#define PIECE ((size_t)64 * 1024)
#define SPLICE_MOST ((size_t)1024 * 1024)

struct feed_block *
feed_block_new(size_t len)
{
	struct feed_block *block = malloc(sizeof(*block) + len);

	if (block == NULL)
		return NULL;
	block->users = 1;
	block->len = len;
	return block;
}

void
feed_block_hold(struct feed_block *block)
{
	block->users++;
}

void
feed_block_release(struct feed_block *block)
{
	if (block != NULL && --block->users == 0)
		free(block);
}

void
feed_bytes(struct feed *f, const char *data, size_t len)
{
	*f = (struct feed){ .kind = FEED_BYTES, .data = data, .len = len };
}

void
feed_shared(struct feed *f, struct feed_block *block)
{
	feed_bytes(f, block->data, block->len);
	f->block = block;
	feed_block_hold(block);
}

void
feed_bytes_and_file(struct feed *f, const char *data, size_t len, int fd,
    off_t offset, uint64_t range)
{
	*f = (struct feed){ .kind = FEED_FILE,
		.data = data,
		.len = len,
		.fd = fd,
		.offset = offset,
		.range = range };
}

void
feed_file(struct feed *f, int fd, off_t offset, uint64_t range)
{
	feed_bytes_and_file(f, NULL, 0, fd, offset, range);
}

void
feed_function(struct feed *f, feed_fn *fn, void *arg)
{
	*f = (struct feed){ .kind = FEED_FUNCTION, .fn = fn, .arg = arg };
}

void
feed_fini(struct feed *f)
{
	feed_block_release(f->block);
	free(f->piece);
	*f = (struct feed){ .kind = FEED_NOTHING };
}

void
feed_rewind(struct feed *f)
{
	f->done = 0;
	f->piece_at = f->piece_len = 0;
}

static ssize_t
feed_write_bytes(struct feed *f, int pipe)
{
	ssize_t n = 0;

	if (f->done < f->len)
		n = fd_put(pipe, f->data + f->done, (size_t)(f->len - f->done));
	if (n > 0)
		f->done += (uint64_t)n;
	return n;
}

/* Bytes of the range that are not in the pipe yet; all bytes in memory are. */
static uint64_t
feed_file_left(const struct feed *f)
{
	return f->len + f->range - f->done;
}

static off_t
feed_file_at(const struct feed *f)
{
	return f->offset + (off_t)(f->done - f->len);
}

static ssize_t
feed_read_file(struct feed *f)
{
	uint64_t left = feed_file_left(f);
	ssize_t n;

	do
		n = pread(f->fd, f->piece, left < PIECE ? (size_t)left : PIECE,
		    feed_file_at(f));
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return -errno;
	return n == 0 ? -EIO : n; /* somebody has cut the file */
}

/* Fill an empty piece.  Bytes in it, 0 at the end, or -errno. */
static ssize_t
feed_fill(struct feed *f)
{
	ssize_t n = 0;

	if (f->piece == NULL && (f->piece = malloc(PIECE)) == NULL)
		return -ENOMEM;
	if (f->kind == FEED_FILE && feed_file_left(f) > 0)
		n = feed_read_file(f);
	else if (f->kind == FEED_FUNCTION && !f->over)
		n = f->fn(f->piece, PIECE, f->arg);
	if (n > 0) {
		f->piece_at = 0;
		f->piece_len = (size_t)n;
	}
	f->over = n == 0;
	return n == -EAGAIN ? -ENODATA : n;
}

static ssize_t
feed_write_piece(struct feed *f, int pipe)
{
	ssize_t n;

	if (f->piece_len == 0) {
		n = feed_fill(f);
		if (n <= 0)
			return n;
	}
	n = fd_put(pipe, f->piece + f->piece_at, f->piece_len);
	if (n > 0) {
		f->piece_at += (size_t)n;
		f->piece_len -= (size_t)n;
		f->done += (uint64_t)n;
	}
	return n;
}

/* The file's pages go to the pipe without a copy, where the kernel can do that. */
static ssize_t
feed_splice(struct feed *f, int pipe)
{
	uint64_t left = feed_file_left(f);
	off_t at = feed_file_at(f);
	ssize_t n;

	if (left == 0)
		return 0;
	n = fd_put_file(pipe, f->fd, &at,
	    left < SPLICE_MOST ? (size_t)left : SPLICE_MOST);
	if (n > 0)
		f->done += (uint64_t)n;
	if (n > 0 || n == -EAGAIN || n == -EPIPE)
		return n;
	/* Some file systems cannot; what else is wrong, a read will tell. */
	f->no_splice = true;
	return feed_write_piece(f, pipe);
}

ssize_t
feed_write(struct feed *f, int pipe)
{
	switch (f->kind) {
	case FEED_BYTES:
		return feed_write_bytes(f, pipe);
	case FEED_FILE:
		if (f->done < f->len)
			return feed_write_bytes(f, pipe);
		return f->no_splice ? feed_write_piece(f, pipe) :
				      feed_splice(f, pipe);
	case FEED_FUNCTION:
		return feed_write_piece(f, pipe);
	case FEED_NOTHING:
	default:
		return 0;
	}
}
