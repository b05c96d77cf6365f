/* SPDX-License-Identifier: ISC */

/*
 * What one stream has in the spill file: a list of blocks, read as one run of
 * bytes.  An all-zero strip is empty.
 */
#ifndef STREAM_SPILL_STREAM_H
#define STREAM_SPILL_STREAM_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

struct spill;

struct spill_stream {
	struct spill_stream_piece *piece; /* oldest first */
	size_t first, n, size; /* pieces first..n-1 hold bytes */
	size_t taken; /* bytes dropped of the first piece */
	uint64_t length; /* bytes */
};

/*
 * Write bytes behind the last ones.  0, or -errno: *done tells how many got
 * there.
 */
int spill_stream_add(struct spill_stream *s, struct spill *spill,
    const char *data, size_t len, size_t *done);

/*
 * The same from a pipe, as far as a block goes: bytes, 0 at the end of the
 * pipe, -EAGAIN, or another -errno.
 */
ssize_t spill_stream_splice(struct spill_stream *s, struct spill *spill,
    int pipe, size_t most);

/* Take back the last len bytes. */
void spill_stream_cut(struct spill_stream *s, struct spill *spill, size_t len);

/* How many of the first bytes lie together in a block. */
size_t spill_stream_first(const struct spill_stream *s);

/* Read len bytes that are there, from offset on.  0 or -errno. */
int spill_stream_read(const struct spill_stream *s, struct spill *spill,
    uint64_t offset, char *data, size_t len);

/* Drop the first len bytes. */
void spill_stream_drop(struct spill_stream *s, struct spill *spill,
    uint64_t len);

void spill_stream_clear(struct spill_stream *s, struct spill *spill);
void spill_stream_fini(struct spill_stream *s, struct spill *spill);

#endif
