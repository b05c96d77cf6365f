/* SPDX-License-Identifier: ISC */

/*
 * The file to which captured output goes when memory is short: one unlinked file
 * for all jobs, given out in blocks, so that a thousand waiting jobs need one
 * descriptor; and the list of blocks that one stream has in it.  One thread.
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
	uint32_t *free; /* blocks of the file that no stream uses */
	size_t nfree, size;
};

/* folder is where the file will be made; NULL: in /tmp. */
int spill_init(struct spill *s, const char *folder);
void spill_fini(struct spill *s);

/* Get a block to write to.  0; or -errno if the file cannot be made. */
int spill_alloc(struct spill *s, uint32_t *block);

/* Give a block back.  When all blocks are given back, the disk space is freed. */
void spill_release(struct spill *s, uint32_t block);

/*
 * Write within one block.  0 or -errno.  Bytes that a failed write (-ENOSPC) has left
 * there do not count.
 */
int spill_write(struct spill *s, uint32_t block, size_t offset,
    const char *data, size_t len);

/* Read len bytes within one block.  0 or -errno. */
int spill_read(struct spill *s, uint32_t block, size_t offset, char *data,
    size_t len);

/*
 * What one stream has in the file: a list of blocks, which is read as one sequence
 * of bytes.  A spill_stream of zeros is empty.
 */
struct spill_stream {
	struct spill_stream_piece *piece; /* oldest first */
	size_t first, n, size; /* pieces first..n-1 hold bytes */
	size_t taken; /* how many bytes of the first piece were dropped */
	uint64_t length; /* bytes */
};

/* Append bytes.  0 or -errno; *done tells how many bytes got there. */
int spill_stream_add(struct spill_stream *s, struct spill *spill,
    const char *data, size_t len, size_t *done);

/*
 * Move bytes from a pipe to the end, at most as many as the last block has room
 * for.  Returns how many; 0 at the end of the pipe; -EAGAIN; or another -errno.
 */
ssize_t spill_stream_splice(struct spill_stream *s, struct spill *spill,
    int pipe, size_t most);

/* Remove the last len bytes. */
void spill_stream_cut(struct spill_stream *s, struct spill *spill, size_t len);

/* How many of the first bytes lie together in one block. */
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
 * Spilled bytes, compressed: a spill_stream of frames.  Each frame can be
 * decompressed alone, so that a stream can be read from its oldest frame while it
 * grows.  One spill_zstd serves all streams of a pool.  One thread.
 */

struct spill;
struct spill_stream;

/* A frame has at most so many bytes of the stream. */
#define SPILL_ZSTD_CHUNK ((size_t)128 * 1024)

struct spill_zstd {
	/* In, out, frame, chunk: NULL until the first use. */
	struct ZSTD_CCtx_s *in;
	struct ZSTD_DCtx_s *out;
	char *frame; /* one frame with its header */
	char *chunk; /* SPILL_ZSTD_CHUNK bytes */
	size_t frame_size;
	const struct spill_stream
	    *owner; /* the stream whose first frame is in chunk; NULL: none */
	size_t chunk_len; /* how many bytes of that frame are in chunk */
	/* The size of that frame in the file, with its header. */
	size_t frame_len;
};

/* Free its memory.  It may be all zero. */
void spill_zstd_fini(struct spill_zstd *p);

/* Append bytes as whole frames.  0 or -errno; *done tells how many bytes got there. */
int spill_zstd_add(struct spill_zstd *p, struct spill_stream *s,
    struct spill *spill, const char *data, size_t len, size_t *done);

/*
 * Decompress the first frame of a stream that is not empty into p->chunk
 * (p->chunk_len bytes, lent until the next call); p->frame_len is what
 * spill_stream_drop() has to drop.  0; or -errno: the bytes cannot be got back.
 */
int spill_zstd_peek(struct spill_zstd *p, const struct spill_stream *s,
    struct spill *spill);

/* Something was dropped from the stream, or the stream is freed: forget its frame. */
void spill_zstd_forget(struct spill_zstd *p, const struct spill_stream *s);

#endif
