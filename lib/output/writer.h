/* SPDX-License-Identifier: ISC */

/*
 * The two ends of all output, stdout and stderr.  What is put here is written whole
 * and in this order; small pieces are written together; and no caller waits for a
 * slow reader.  One thread.
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

/*
 * Moves bytes that a job wrote to stream 1 or 2 out of the pipe, so that prun_deliver_fn
 * need not be given them.  Returns how many; -EAGAIN: none, and the job's output is held;
 * -EOPNOTSUPP: read the bytes and deliver them.
 */
typedef ssize_t writer_move_fn(const struct prun_result *r, void *job,
    int stream, int pipe);

struct writer {
	struct writer_sink {
		struct fd_sink out;
		struct buf pending; /* accepted and not written yet */
		size_t done; /* how many bytes of pending are written */
		/* How many bytes were put, and how many of these write(2) has taken. */
		uint64_t put, written;
		/* -errno: the sink has failed, and all bytes are dropped; 0: it has not. */
		int failed;
		bool choked; /* writer_splice() found the pipe full */
		bool wide; /* the pipe was widened */
		bool told; /* writer_take_error() has told of the failure */
	} sink[2];

	/* If not NULL, it is called instead of writing to the sinks. */
	prun_deliver_fn *fn;
	writer_move_fn *move; /* NULL: fn is given all bytes */
	bool copy; /* the sinks get all bytes, and fn gets a copy */
	void *arg;

	/* Called before and after writes to terminals. */
	prun_writing_fn *writing;
	void *writing_arg;
	bool no_splice; /* splice(2) to the sink does not work */
	bool begun; /* writing(true) was called, and writing(false) is due */
	bool midline; /* the last byte written to a terminal was no newline */
};

/* The job whose bytes they are, as prun_deliver_fn gets it. */
struct writer_task {
	const struct prun_result *result;
	void *arg;
};

/* Prepare a writer for the descriptors or the function that opts names. */
void writer_init(struct writer *d, const struct prun_pool_opts *opts);
void writer_fini(struct writer *d);

/*
 * Put bytes of the job on stream 1 or 2.  0: all were accepted.  -EAGAIN: none was
 * accepted, because a reader is slow.  -ENOMEM: none was accepted.
 */
int writer_put(struct writer *d, const struct writer_task *job, int stream,
    const char *data, size_t len);

/*
 * Move at most `most` bytes from the pipe of a job straight to stream 1.  Returns
 * how many; 0 at the end; -EAGAIN: the pipe is empty, or writer_waits_for() tells
 * which descriptor is slow; -EOPNOTSUPP: read the bytes and put them instead.
 */
ssize_t writer_splice(struct writer *d, int pipe, size_t most);

/* Let the writer's move function take bytes.  It returns what that returns. */
ssize_t writer_move(struct writer *d, const struct writer_task *job, int stream,
    int pipe);

/* All of the job's bytes were put.  0, or the -errno of the deliver function. */
int writer_end(struct writer *d, const struct writer_task *job);

/* How many bytes were put on stream 1 or 2 until now. */
uint64_t writer_position(const struct writer *d, int stream);

/*
 * Have all bytes up to these positions of the two streams been written? Yes, too,
 * if they never can be written: then *error says why.
 */
bool writer_has_left(const struct writer *d, const uint64_t position[2],
    int *error);

/* Write what was accepted.  0: all is written; -EAGAIN: a reader is slow. */
int writer_flush(struct writer *d);

/* The descriptor to poll for POLLOUT after -EAGAIN; -1: none. */
int writer_waits_for(const struct writer *d);

/* The error of a sink that has failed; each failure is returned once.  0: none. */
int writer_take_error(struct writer *d);

#endif
