/* SPDX-License-Identifier: ISC */

/*
 * The bytes of one stream of one job, in order: the oldest in the spill file,
 * the newest in memory.  An all-zero capture is empty.
 */
#ifndef STREAM_CAPTURE_H
#define STREAM_CAPTURE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "stream/spill.h"

struct spill_zstd;
struct spill;

/* What all captures of a pool share. */
struct capture_store {
	struct spill *spill;
	struct spill_zstd *zstd; /* NULL: what is spilled is not compressed */
	size_t each, all; /* caps: bytes in memory of one capture, and of all */
	size_t used; /* bytes in memory now */
	bool no_splice; /* the file does not take it */
};

struct capture {
	struct spill_stream spilled; /* in the file */
	size_t taken; /* bytes consumed of the first frame, or of memory */
	size_t chunk,
	    frame; /* the first frame: bytes, and bytes in the strip */
	struct buf memory;
	uint64_t length; /* bytes not consumed */
};

/*
 * 0: taken in.  -errno (-ENOSPC ...): taken in as well, but memory is over its
 * cap and the file cannot grow: add no more until something was consumed.
 * -ENOMEM: not taken in.
 */
int capture_add(struct capture *c, struct capture_store *store,
    const char *data, size_t len);

/* Are there bytes in the file? */
bool capture_is_spilled(const struct capture *c);

/*
 * Once the file has begun: take bytes from a pipe straight into it.  How many,
 * 0 at the end of the pipe, -EAGAIN; -EOPNOTSUPP: read and add them instead.
 */
ssize_t capture_splice(struct capture *c, struct capture_store *store, int pipe,
    size_t most);

/* Try again to get memory under its cap.  0 or -errno as above. */
int capture_settle(struct capture *c, struct capture_store *store);

/*
 * The oldest bytes, at most limit of them: in *data, lent until the next call;
 * scratch has SPILL_BLOCK bytes.  0, or -errno when the file cannot be read.
 */
int capture_peek(struct capture *c, struct capture_store *store, char *scratch,
    uint64_t limit, const char **data, size_t *len);
/* At most what was peeked at last. */
void capture_consume(struct capture *c, struct capture_store *store,
    size_t len);

/* No more bytes will be added: memory that is not needed is let go. */
void capture_trim(struct capture *c);

/* Forget the bytes; keep a little memory for the next job. */
void capture_clear(struct capture *c, struct capture_store *store);
void capture_fini(struct capture *c, struct capture_store *store);

#endif
