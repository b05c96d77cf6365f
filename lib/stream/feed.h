/* SPDX-License-Identifier: ISC */

/*
 * What a task reads from its stdin: bytes in memory and then a range of a file; or
 * several such pieces, which a function gives one after the other.  A feed writes to
 * a pipe as much as the pipe takes, and can begin again for another try.  One
 * thread.
 */
#ifndef STREAM_FEED_H
#define STREAM_FEED_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "stream/capture.h"

struct feed {
	/* The piece that is being written: lent bytes, and then the range. */
	struct prun_input piece;
	uint64_t done; /* bytes of it that the pipe has taken */
	prun_input_fn *fn; /* gives the next piece; NULL: there is only one */
	void *arg;
	/* If the file cannot be spliced: bytes that were read from it and not written yet. */
	char *read;
	size_t read_at, read_len;
	bool no_splice;
	/* The capture that is fed instead of a file, if some of it is spilled; else NULL. */
	const struct capture *kept;
	struct spill *spill;
	bool over; /* fn has no more pieces */
};

/* Prepare a feed of zeros.  What the caller gives is lent until feed_fini(). */
void feed_bytes(struct feed *f, const char *data, size_t len);
void feed_piece(struct feed *f, const struct prun_input *piece);
/* Feed all that was captured in kept, without changing it. */
void feed_kept(struct feed *f, const struct capture *kept, struct spill *spill);
void feed_function(struct feed *f, prun_input_fn *fn, void *arg);

/* Free its memory; the feed is all zero again. */
void feed_fini(struct feed *f);

/* The caller itself has written the next len bytes of the piece to the pipe. */
void feed_skip(struct feed *f, size_t len);

/* Is the piece written to its end? */
bool feed_is_written(const struct feed *f);

/*
 * Write once to a non-blocking pipe.  Returns how many bytes the pipe took.  0: all
 * is written.  -EAGAIN: the pipe is full.  -ENOMSG: the function has no piece now.
 * -EPIPE: nobody reads the pipe any more (no signal is sent).  -ENODATA: the file is
 * shorter than it was.  Another -errno: the rest cannot be read.
 */
ssize_t feed_write(struct feed *f, int pipe);

#endif
