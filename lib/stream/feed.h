/* SPDX-License-Identifier: ISC */

/*
 * What a task reads on its stdin: bytes in memory and a range of a file, or such
 * pieces, one after the other, from a function.  It is written to a pipe as far as
 * that takes it, and can begin again for another try.  One thread.
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
	/* The piece: bytes, lent, and then the range. */
	struct prun_input piece;
	uint64_t done; /* bytes of it that the pipe has taken */
	prun_input_fn *fn; /* has the next piece; NULL: there is none */
	void *arg;
	/* Of a file that cannot be spliced: read and not taken yet. */
	char *read;
	size_t read_at, read_len;
	bool no_splice;
	/* Instead of a file: what is kept, of which some is spilled. */
	const struct capture *kept;
	struct spill *spill;
	bool over; /* the function has no more */
};

/* An all-zero feed becomes one of these.  What is given is lent until _fini(). */
void feed_bytes(struct feed *f, const char *data, size_t len);
void feed_piece(struct feed *f, const struct prun_input *piece);
/* All that is captured; it is not consumed. */
void feed_kept(struct feed *f, const struct capture *kept, struct spill *spill);
void feed_function(struct feed *f, prun_input_fn *fn, void *arg);

/* All zero again. */
void feed_fini(struct feed *f);

/* From the beginning; not for a function. */
void feed_rewind(struct feed *f);

/*
 * Write to a pipe that does not block, once: how many bytes it took.  0: that was
 * all.  -EAGAIN: the pipe is full.  -ENOMSG: the function has none now.  -EPIPE:
 * nobody reads any more, and no signal comes.  Another -errno: the rest cannot be
 * had; -ENODATA: the file is shorter than it was.
 */
ssize_t feed_write(struct feed *f, int pipe);

#endif
