/* SPDX-License-Identifier: ISC */

/*
 * Owns how input gets into a pipe.  Knows neither whose stdin the pipe is nor when
 * it has room.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "stream/feed.h"

#define PIECE ((size_t)64 * 1024)
#define SPLICE_MOST ((size_t)1024 * 1024)

void
feed_bytes(struct feed *f, const char *data, size_t len)
{
	*f = (struct feed){ .piece = { .data = data, .len = len } };
}

void
feed_piece(struct feed *f, const struct prun_input *piece)
{
	*f = (struct feed){ .piece = *piece };
}

void
feed_kept(struct feed *f, const struct capture *kept, struct spill *spill)
{
	if (!capture_is_spilled(kept)) {
		feed_bytes(f, kept->memory.data, kept->memory.len);
		return;
	}
	/*
	 * splice(2) is not used: the pipe would refer to blocks of the spill file,
	 * which may be overwritten before the job has read them.
	 */
	*f = (struct feed){ .piece = { .length = kept->length },
		.kept = kept,
		.spill = spill,
		.no_splice = true };
}

void
feed_function(struct feed *f, prun_input_fn *fn, void *arg)
{
	*f = (struct feed){ .fn = fn, .arg = arg };
}

void
feed_fini(struct feed *f)
{
	free(f->read);
	*f = (struct feed){ 0 };
}

void
feed_skip(struct feed *f, size_t len)
{
	f->done += len;
}

bool
feed_is_written(const struct feed *f)
{
	return f->done == f->piece.len + f->piece.length;
}

/*
 * How many bytes of the range are not in the pipe yet.  All bytes in memory are in
 * the pipe.
 */
static uint64_t
feed_file_left(const struct feed *f)
{
	return f->piece.len + f->piece.length - f->done;
}

static off_t
feed_file_at(const struct feed *f)
{
	return f->piece.offset + (off_t)(f->done - f->piece.len);
}

static ssize_t
feed_read_file(struct feed *f, size_t len)
{
	ssize_t n;

	do
		n = pread(f->piece.fd, f->read, len, feed_file_at(f));
	while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

/* The first bytes are in the spill file; if that was full, the others are in memory. */
static ssize_t
feed_read_kept(struct feed *f, size_t len)
{
	const struct capture *kept = f->kept;
	const uint64_t spilled = kept->spilled.length;
	int error;

	if (f->done >= spilled) {
		memcpy(f->read, kept->memory.data + (f->done - spilled), len);
		return (ssize_t)len;
	}
	if (len > spilled - f->done)
		len = (size_t)(spilled - f->done);
	error = spill_stream_read(&kept->spilled, f->spill, f->done, f->read,
	    len);
	return error != 0 ? error : (ssize_t)len;
}

/* Fill the empty buffer from the file.  Returns how many bytes are in it, or -errno. */
static ssize_t
feed_fill(struct feed *f)
{
	uint64_t left = feed_file_left(f);
	size_t len = left < PIECE ? (size_t)left : PIECE;
	ssize_t n;

	if (f->read == NULL && (f->read = malloc(PIECE)) == NULL)
		return -ENOMEM;
	n = f->kept != NULL ? feed_read_kept(f, len) : feed_read_file(f, len);
	if (n < 0)
		return n;
	f->read_at = 0;
	f->read_len = (size_t)n;
	return n == 0 ? -ENODATA : n; /* the file is shorter now */
}

static ssize_t
feed_write_read(struct feed *f, int pipe)
{
	ssize_t n = f->read_len > 0 ? 1 : feed_fill(f);

	if (n < 0)
		return n;
	n = fd_put(pipe, f->read + f->read_at, f->read_len);
	if (n > 0) {
		f->read_at += (size_t)n;
		f->read_len -= (size_t)n;
	}
	return n;
}

/* Where the kernel can do that, the pages of the file go to the pipe without a copy. */
static ssize_t
feed_splice(struct feed *f, int pipe)
{
	const bool is_pipe = f->piece.offset == -1;
	uint64_t left = feed_file_left(f);
	off_t at = feed_file_at(f);
	ssize_t n = fd_put_file(pipe, f->piece.fd, is_pipe ? NULL : &at,
	    left < SPLICE_MOST ? (size_t)left : SPLICE_MOST);

	if (n > 0 || n == -EAGAIN || n == -EPIPE)
		return n;
	if (is_pipe)
		return n == 0 ? -ENODATA : n;
	/*
	 * Some file systems cannot splice.  Other errors are reported by the read that
	 * follows.
	 */
	f->no_splice = true;
	return feed_write_read(f, pipe);
}

/*
 * Get the next piece if the current one is written.  1: there are bytes to write; 0:
 * there are no more; or -errno.
 */
static int
feed_next(struct feed *f)
{
	int n;

	while (feed_is_written(f)) {
		if (f->fn == NULL || f->over)
			return 0;
		f->done = 0;
		f->piece = (struct prun_input){ 0 };
		n = f->fn(&f->piece, f->arg);
		f->over = n == 0;
		if (n < 0)
			return n == -EAGAIN ? -ENOMSG : n;
	}
	return 1;
}

ssize_t
feed_write(struct feed *f, int pipe)
{
	ssize_t n = feed_next(f);

	if (n <= 0)
		return n;
	if (f->done < f->piece.len)
		n = fd_put(pipe, (const char *)f->piece.data + f->done,
		    f->piece.len - (size_t)f->done);
	else
		n = f->no_splice ? feed_write_read(f, pipe) :
				   feed_splice(f, pipe);
	if (n > 0)
		f->done += (uint64_t)n;
	return n;
}
