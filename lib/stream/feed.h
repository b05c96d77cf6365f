/* SPDX-License-Identifier: ISC */

/*
 * What a task reads on its stdin: bytes in memory and then a range of a file, or such
 * pieces from a function, one after the other.  A feed writes to a pipe as much as that
 * takes, and can begin again for another try.  One thread.
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
	/* If the file cannot be spliced: bytes that are read and not written yet. */
	char *read;
	size_t read_at, read_len;
	bool no_splice;
	/* Read instead of a file, when some of it is spilled; else NULL. */
	const struct capture *kept;
	struct spill *spill;
	bool over; /* the function has no more */
};

/* An all-zero feed becomes one of these.  What is given is lent until _fini(). */
void feed_bytes(struct feed *f, const char *data, size_t len);
void feed_piece(struct feed *f, const struct prun_input *piece);
/* Feeds all that is captured in kept, and does not change it. */
void feed_kept(struct feed *f, const struct capture *kept, struct spill *spill);
void feed_function(struct feed *f, prun_input_fn *fn, void *arg);

/* All zero again. */
void feed_fini(struct feed *f);

/* So many bytes more of the piece are in the pipe: somebody else has written them. */
void feed_skip(struct feed *f, size_t len);

/* Is the piece written? */
bool feed_is_written(const struct feed *f);

/*
 * Write to a pipe that does not block, once: how many bytes it took.  0: that was
 * all.  -EAGAIN: the pipe is full.  -ENOMSG: the function has no piece now.  -EPIPE:
 * nobody reads any more; no signal is sent.  Another -errno: the rest cannot be read;
 * -ENODATA: the file is shorter than it was.
 */
ssize_t feed_write(struct feed *f, int pipe);

#endif
