/* SPDX-License-Identifier: ISC */

/*
 * The two ends of all output: what is put here is written whole and in this
 * order, small pieces together, and nobody waits for a slow reader.  One
 * thread.
 */
#ifndef OUTPUT_WRITER_H
#define OUTPUT_WRITER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fd.h"
#include "prun.h"

struct writer {
	struct writer_sink {
		struct fd_sink out;
		struct buf pending; /* accepted and not written yet */
		size_t done; /* of it */
		/* Bytes that were put, and of these how many write(2) has taken. */
		uint64_t put, written;
		int failed; /* -errno: what comes is dropped; 0 */
		bool choked; /* writer_splice() found the pipe full */
		bool wide; /* the pipe was widened */
		bool told; /* writer_take_error() has told of the failure */
	} sink[2];

	prun_deliver_fn *fn; /* instead of the sinks */
	bool copy; /* fn gets a copy of what the sinks get */
	void *arg;

	/* Told around writes to terminals. */
	prun_writing_fn *writing;
	void *writing_arg;
	bool no_splice; /* the sink does not take it */
	bool begun; /* it was told that bytes come, not that they have come */
	bool midline; /* the last of them was no newline */
};

/* Whose bytes: for prun_deliver_fn. */
struct writer_task {
	const struct prun_result *result;
	void *arg;
};

/* What opts says of where output goes. */
void writer_init(struct writer *d, const struct prun_pool_opts *opts);
void writer_fini(struct writer *d);

/*
 * Put bytes of the job on stream 1 or 2.  0: accepted, all of them.  -EAGAIN:
 * none, for a reader is slow.  -ENOMEM: none.
 */
int writer_put(struct writer *d, const struct writer_task *job, int stream,
    const char *data, size_t len);

/*
 * Move bytes, at most so many, from the pipe of a job straight to stream 1.  How many, 0 at the
 * end; -EAGAIN: there are none, or writer_waits_for() tells whom to wait for.
 * -EOPNOTSUPP: read and put them instead.
 */
ssize_t writer_splice(struct writer *d, int pipe, size_t most);

/* All of the job's bytes were put.  0, or -errno of the deliver function. */
int writer_end(struct writer *d, const struct writer_task *job);

/* How many bytes were put on stream 1 or 2 until now. */
uint64_t writer_position(const struct writer *d, int stream);

/*
 * Have all bytes up to these positions of the two streams left?  They have been
 * written, or never will be: then *error is why.
 */
bool writer_has_left(const struct writer *d, const uint64_t position[2],
    int *error);

/* Write what was accepted.  0: all of it; -EAGAIN. */
int writer_flush(struct writer *d);

/* The descriptor to poll for POLLOUT after -EAGAIN; -1: none. */
int writer_waits_for(const struct writer *d);

/* The error of a sink that failed, once; 0: none. */
int writer_take_error(struct writer *d);

#endif
