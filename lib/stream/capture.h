/* SPDX-License-Identifier: ISC */

/*
 * The bytes of one stream of one job, in order: the oldest are in the spill file,
 * the newest in memory.  A capture of zeros is empty.
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
	struct spill_zstd *zstd; /* NULL: spilled bytes are not compressed */
	/* How many bytes may be in memory: of one capture, and of all. */
	size_t each, all;
	size_t used; /* bytes in memory now */
	bool no_splice; /* splice(2) to the file does not work */
};

struct capture {
	struct spill_stream spilled; /* in the file */
	size_t taken; /* bytes consumed of the first frame, or of memory */
	size_t chunk,
	    frame; /* the first frame: its bytes, and its size in the file */
	struct buf memory;
	uint64_t length; /* bytes that are not consumed yet */
};

/*
 * Append bytes.  0: they were taken in.  -ENOMEM: they were not taken in.  Another
 * -errno (-ENOSPC ...): they were taken in, but memory is over its cap and the file
 * cannot grow: add no more until some bytes were consumed.
 */
int capture_add(struct capture *c, struct capture_store *store,
    const char *data, size_t len);

/* Are there bytes in the file? */
bool capture_is_spilled(const struct capture *c);

/*
 * If the file is in use: move bytes from a pipe straight into it.  Returns how many;
 * 0 at the end of the pipe; -EAGAIN; -EOPNOTSUPP: read the bytes and add them
 * instead.
 */
ssize_t capture_splice(struct capture *c, struct capture_store *store, int pipe,
    size_t most);

/* Try again to bring memory under its cap.  0, or -errno as above. */
int capture_settle(struct capture *c, struct capture_store *store);

/*
 * Look at the oldest bytes, at most limit of them: *data is lent until the next
 * call.  scratch has room for SPILL_BLOCK bytes.  0, or -errno: the file cannot be
 * read.
 */
int capture_peek(struct capture *c, struct capture_store *store, char *scratch,
    uint64_t limit, const char **data, size_t *len);
/* Consume len of the bytes that the last capture_peek() gave. */
void capture_consume(struct capture *c, struct capture_store *store,
    size_t len);

/* No more bytes will be added: free memory that is not needed. */
void capture_trim(struct capture *c);

/* Forget the bytes; keep a little memory for the next job. */
void capture_clear(struct capture *c, struct capture_store *store);
void capture_fini(struct capture *c, struct capture_store *store);

#endif
