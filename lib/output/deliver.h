/* SPDX-License-Identifier: ISC */

/*
 * The two ends of all output: what is put here is written whole and in this
 * order, small pieces together, and nobody waits for a slow reader.  One
 * thread.
 */
#ifndef OUTPUT_DELIVER_H
#define OUTPUT_DELIVER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fd.h"
#include "prun.h"

struct deliver {
	struct deliver_sink {
		struct fd_sink out;
		struct buf pending; /* accepted and not written yet */
		size_t done; /* of it */
		bool failed; /* what comes is dropped */
		bool choked; /* deliver_splice() found the pipe full */
		bool wide; /* the pipe was widened */
		int error; /* of the failure, until it is taken */
	} sink[2];

	prun_deliver_fn *fn; /* instead of the sinks */
	void *arg;

	/* Told around writes to terminals. */
	prun_writing_fn *writing;
	void *writing_arg;
	bool no_splice; /* the sink does not take it */
	bool begun; /* it was told that bytes come, not that they have come */
	bool midline; /* the last of them was no newline */
};

/* Whose bytes: for prun_deliver_fn. */
struct deliver_job {
	const struct prun_result *result;
	void *arg;
};

/* What opts says of where output goes. */
void deliver_init(struct deliver *d, const struct prun_pool_opts *opts);
void deliver_fini(struct deliver *d);

/*
 * Put bytes of the job on stream 1 or 2.  0: accepted, all of them.  -EAGAIN:
 * none, for a reader is slow.  -ENOMEM: none.
 */
int deliver_put(struct deliver *d, const struct deliver_job *job, int stream,
    const char *data, size_t len);

/*
 * Move bytes, at most so many, from the pipe of a job straight to stream 1.  How many, 0 at the
 * end; -EAGAIN: there are none, or deliver_waits_for() tells whom to wait for.
 * -EOPNOTSUPP: read and put them instead.
 */
ssize_t deliver_splice(struct deliver *d, int pipe, size_t most);

/* All of the job's bytes were put. */
void deliver_end(struct deliver *d, const struct deliver_job *job);

/* Write what was accepted.  0: all of it; -EAGAIN. */
int deliver_flush(struct deliver *d);

/* The descriptor to poll for POLLOUT after -EAGAIN; -1: none. */
int deliver_waits_for(const struct deliver *d);

/* The error of a sink that failed, once; 0: none. */
int deliver_take_error(struct deliver *d);

#endif
