/* SPDX-License-Identifier: ISC */

/*
 * What a task reads on its stdin: bytes in memory, bytes of a block that many feeds
 * share, a range of a file, or what a function has.  It is written to a pipe as far
 * as that takes it, and can begin again for another try.  One thread.
 */
#ifndef STREAM_FEED_H
#define STREAM_FEED_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that several feeds read.  Counted by a thread at a time. */
struct feed_block {
	unsigned users;
	size_t len;
	char data[];
};

/* A block with room for len bytes and one user; NULL: there is no memory. */
struct feed_block *feed_block_new(size_t len);
void feed_block_hold(struct feed_block *block);

/* The last user frees it.  NULL is fine. */
void feed_block_release(struct feed_block *block);

/* As prun_input_fn. */
typedef ssize_t feed_fn(void *data, size_t size, void *arg);

enum feed_kind {
	FEED_NOTHING = 0,
	FEED_BYTES,
	FEED_FILE,
	FEED_FUNCTION
};

struct feed {
	enum feed_kind kind;
	const char *data; /* BYTES: lent, or the block's */
	uint64_t len; /* bytes of it */
	uint64_t done; /* bytes that the pipe has taken */
	struct feed_block *block; /* NULL: data is lent */
	int fd; /* FILE: lent; data and len stand before its range */
	off_t offset;
	uint64_t range;
	feed_fn *fn;
	void *arg;
	/* FILE that cannot be spliced, and FUNCTION: read and not taken yet. */
	char *piece;
	size_t piece_at, piece_len;
	bool no_splice;
	bool over; /* FUNCTION has no more */
};

/* An all-zero feed becomes one of these.  What is given is lent until _fini(). */
void feed_bytes(struct feed *f, const char *data, size_t len);
void feed_file(struct feed *f, int fd, off_t offset, uint64_t range);
void feed_bytes_and_file(struct feed *f, const char *data, size_t len, int fd,
    off_t offset, uint64_t range);
void feed_function(struct feed *f, feed_fn *fn, void *arg);

/* The feed is one more user of the block. */
void feed_shared(struct feed *f, struct feed_block *block);

/* All zero again. */
void feed_fini(struct feed *f);

/* From the beginning; not for a function. */
void feed_rewind(struct feed *f);

/*
 * Write to a pipe that does not block, once: how many bytes it took.  0: that was
 * all.  -EAGAIN: the pipe is full.  -ENODATA: the function has none now.  -EPIPE:
 * nobody reads any more, and no signal comes.  Another -errno: the rest cannot be
 * had.
 */
ssize_t feed_write(struct feed *f, int pipe);

#endif
