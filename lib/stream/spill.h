/* SPDX-License-Identifier: ISC */

/*
 * Where captured output goes when memory is short: one unlinked file for all jobs,
 * handed out in blocks, so that a thousand waiting jobs cost one descriptor; and what
 * one stream has in it.  One thread.
 */
#ifndef STREAM_SPILL_H
#define STREAM_SPILL_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#define SPILL_BLOCK ((size_t)128 * 1024)

struct spill {
	int fd; /* -1: nothing has been spilled yet */
	char *folder;
	uint32_t blocks; /* length of the file */
	uint32_t *free; /* blocks below that which nobody uses */
	size_t nfree, size;
};

/* folder: NULL for /tmp. */
int spill_init(struct spill *s, const char *folder);
void spill_fini(struct spill *s);

/* A block to write to.  0, or -errno when there is no file. */
int spill_alloc(struct spill *s, uint32_t *block);

/* Give it back.  When nobody holds one any more the disk space goes as well. */
void spill_release(struct spill *s, uint32_t block);

/*
 * Within one block.  0 or -errno; what a failed write (-ENOSPC) left there does
 * not count.
 */
int spill_write(struct spill *s, uint32_t block, size_t offset,
    const char *data, size_t len);

/* The same from a pipe, as far as the block goes: see fd_splice(). */
int spill_read(struct spill *s, uint32_t block, size_t offset, char *data,
    size_t len);

/*
 * What one stream has in the file: a list of blocks, read as one run of bytes.  An
 * all-zero one is empty.
 */
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

/*
 * What is spilled, compressed: a strip of frames, each of which stands for
 * itself, so that a stream can be read from its oldest frame while it grows.
 * One pack serves all strips of a pool.  One thread.
 */

struct spill;
struct spill_stream;

/* Bytes of the stream in one frame, at most. */
#define SPILL_ZSTD_CHUNK ((size_t)128 * 1024)

struct spill_zstd {
	struct ZSTD_CCtx_s *in; /* these four: NULL until the first use */
	struct ZSTD_DCtx_s *out;
	char *frame; /* one with its header */
	char *chunk; /* PACK_CHUNK bytes */
	size_t frame_size;
	const struct spill_stream
	    *owner; /* whose first frame is in chunk; NULL: none */
	size_t chunk_len; /* of the frame in chunk */
	size_t frame_len; /* with its header */
};

/* All zero is fine to begin with. */
void spill_zstd_fini(struct spill_zstd *p);

/*
 * Write bytes as frames behind the last ones.  0, or -errno: *done tells how
 * many got there, in whole frames.
 */
int spill_zstd_add(struct spill_zstd *p, struct spill_stream *s,
    struct spill *spill, const char *data, size_t len, size_t *done);

/*
 * The first frame of a strip that is not empty: p->chunk, p->chunk_len, lent
 * until the next call, and p->frame_len for spill_stream_drop().  0, or -errno when the
 * bytes cannot be had back.
 */
int spill_zstd_peek(struct spill_zstd *p, const struct spill_stream *s,
    struct spill *spill);

/* Something was dropped from the strip, or it goes. */
void spill_zstd_forget(struct spill_zstd *p, const struct spill_stream *s);

#endif
