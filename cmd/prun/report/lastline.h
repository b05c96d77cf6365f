/* SPDX-License-Identifier: ISC */

/*
 * The latest line of what a job writes to its two streams.  A line ends with a
 * newline or a carriage return.  A line that shows nothing does not count, and a
 * line that is not finished yet does.
 */
#ifndef REPORT_LASTLINE_H
#define REPORT_LASTLINE_H

#include <stddef.h>

#include "text/text.h"

/* Bytes of a line that are kept. */
#define LASTLINE_MOST ((size_t)64 * 1024)

/* All zero: nothing was written. */
struct lastline {
	struct bytes line; /* the latest finished line */
	struct bytes
	    part[2]; /* of each stream, the line that is not finished */
	int stream; /* the part of this stream is the latest line; 0: line is */
};

void lastline_fini(struct lastline *l);

/* These bytes came on stream 1 or 2.  0 or -ENOMEM. */
int lastline_add(struct lastline *l, int stream, const char *data, size_t len);

/* Another process writes from now on: unfinished lines count as finished. */
int lastline_break(struct lastline *l);

/* Lent until the next call. */
struct text lastline_text(const struct lastline *l);

#endif
