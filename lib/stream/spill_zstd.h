/* SPDX-License-Identifier: ISC */

/*
 * What is spilled, compressed: a strip of frames, each of which stands for
 * itself, so that a stream can be read from its oldest frame while it grows.
 * One pack serves all strips of a pool.  One thread.
 */
#ifndef STREAM_SPILL_ZSTD_H
#define STREAM_SPILL_ZSTD_H

#include <stddef.h>
#include <stdint.h>

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
