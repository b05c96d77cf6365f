/* SPDX-License-Identifier: ISC */

/*
 * The output of one job: the bytes that it wrote and nobody has got yet, what
 * is known of them, and the last ones for a report.  An all-zero outlet is a
 * closed one.  One thread.
 */
#ifndef OUTPUT_OUTLET_H
#define OUTPUT_OUTLET_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "output/capture.h"
#include "output/deliver.h"
#include "output/tag.h"

struct outlet {
	TAILQ_ENTRY(outlet) entry;
	struct deliver_job job;
	struct tag tag, failed_tag; /* the caller's, until delivered */
	bool queued; /* in order.queue */
	bool finished; /* no more bytes will come */
	bool live; /* what comes is written at once */
	bool full; /* its captures are over their caps and cannot spill */
	int error; /* -errno: captured bytes could not be read back */
	bool whole; /* set after order_open(): nothing before it is finished */

	struct outlet_stream {
		struct capture capture;
		uint64_t lines; /* captured bytes up to the last newline */
		uint64_t total; /* bytes from the job */
		bool midline; /* for the tag */
		bool busy; /* its pipe was full when it was read */
		bool midline_out; /* --line-buffer: half a line is out */
		/* --line-buffer: bytes in its pipe that go straight out, up to a line's end. */
		uint64_t through;
	} stream[2];
	struct buf tail; /* the last bytes, and up to as many before them */
};

TAILQ_HEAD(outlet_queue, outlet);

/* For a new job, with job, tag and failed_tag set.  live: see there. */
void outlet_open(struct outlet *o, bool live);

/*
 * Its job is tried again: forget what it wrote, if it is whole; else go on in a
 * new line.
 */
void outlet_reset(struct outlet *o, struct capture_store *store);

/* Of what its job wrote, keep the last bytes: at least most of them. */
void outlet_remember(struct outlet *o, size_t most, const char *data,
    size_t len);

/* The last bytes, at most so many: lent until the outlet is opened or reset. */
const char *outlet_tail(const struct outlet *o, size_t most, size_t *len);

/* Over its caps until now: is there room again? */
void outlet_settle(struct outlet *o, struct capture_store *store);

void outlet_fini(struct outlet *o, struct capture_store *store);

#endif
