/* SPDX-License-Identifier: ISC */

/*
 * What one stream has in the spill file: a list of blocks, read as one run of
 * bytes.  An all-zero strip is empty.
 */
#ifndef OUTPUT_STRIP_H
#define OUTPUT_STRIP_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

struct spill;

struct strip {
	struct strip_piece *piece; /* oldest first */
	size_t first, n, size; /* pieces first..n-1 hold bytes */
	size_t taken; /* bytes dropped of the first piece */
	uint64_t length; /* bytes */
};

/*
 * Write bytes behind the last ones.  0, or -errno: *done tells how many got
 * there.
 */
int strip_add(struct strip *s, struct spill *spill, const char *data,
    size_t len, size_t *done);

/*
 * The same from a pipe, as far as a block goes: bytes, 0 at the end of the
 * pipe, -EAGAIN, or another -errno.
 */
ssize_t strip_splice(struct strip *s, struct spill *spill, int pipe,
    size_t most);

/* Take back the last len bytes. */
void strip_cut(struct strip *s, struct spill *spill, size_t len);

/* How many of the first bytes lie together in a block. */
size_t strip_first(const struct strip *s);

/* Read len bytes that are there, from offset on.  0 or -errno. */
int strip_read(const struct strip *s, struct spill *spill, uint64_t offset,
    char *data, size_t len);

/* Drop the first len bytes. */
void strip_drop(struct strip *s, struct spill *spill, uint64_t len);

void strip_clear(struct strip *s, struct spill *spill);
void strip_fini(struct strip *s, struct spill *spill);

#endif
