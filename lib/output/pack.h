/* SPDX-License-Identifier: ISC */

/*
 * What is spilled, compressed: a strip of frames, each of which stands for
 * itself, so that a stream can be read from its oldest frame while it grows.
 * One pack serves all strips of a pool.  One thread.
 */
#ifndef OUTPUT_PACK_H
#define OUTPUT_PACK_H

#include <stddef.h>
#include <stdint.h>

struct spill;
struct strip;

/* Bytes of the stream in one frame, at most. */
#define PACK_CHUNK ((size_t)128 * 1024)

struct pack {
	struct ZSTD_CCtx_s *in; /* these four: NULL until the first use */
	struct ZSTD_DCtx_s *out;
	char *frame; /* one with its header */
	char *chunk; /* PACK_CHUNK bytes */
	size_t frame_size;
	const struct strip
	    *owner; /* whose first frame is in chunk; NULL: none */
	size_t chunk_len; /* of the frame in chunk */
	size_t frame_len; /* with its header */
};

/* All zero is fine to begin with. */
void pack_fini(struct pack *p);

/*
 * Write bytes as frames behind the last ones.  0, or -errno: *done tells how
 * many got there, in whole frames.
 */
int pack_add(struct pack *p, struct strip *s, struct spill *spill,
    const char *data, size_t len, size_t *done);

/*
 * The first frame of a strip that is not empty: p->chunk, p->chunk_len, lent
 * until the next call, and p->frame_len for strip_drop().  0, or -errno when the
 * bytes cannot be had back.
 */
int pack_peek(struct pack *p, const struct strip *s, struct spill *spill);

/* Something was dropped from the strip, or it goes. */
void pack_forget(struct pack *p, const struct strip *s);

#endif
