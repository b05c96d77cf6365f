/* SPDX-License-Identifier: ISC */

/*
 * The two ends of all output: what is put here is written whole and in this
 * order, small pieces together, and nobody waits for a slow reader.  One
 * thread.
 */
#ifndef OUTPUT_DELIVER_H
#define OUTPUT_DELIVER_H

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
		int error; /* of the failure, until it is taken */
	} sink[2];

	prun_deliver_fn *fn; /* instead of the sinks */
	void *arg;
};

void deliver_init(struct deliver *d, int out_fd, int err_fd,
    prun_deliver_fn *fn, void *arg);
void deliver_fini(struct deliver *d);

/*
 * Put bytes of job id on stream 1 or 2.  0: accepted, all of them.  -EAGAIN:
 * none, for a reader is slow.  -ENOMEM: none.
 */
int deliver_put(struct deliver *d, uint64_t id, int stream, const char *data,
    size_t len);

/* Write what was accepted.  0: all of it; -EAGAIN. */
int deliver_flush(struct deliver *d);

/* The descriptor to poll for POLLOUT after -EAGAIN; -1: none. */
int deliver_waits_for(const struct deliver *d);

/* The error of a sink that failed, once; 0: none. */
int deliver_take_error(struct deliver *d);

#endif
