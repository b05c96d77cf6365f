/* SPDX-License-Identifier: ISC */

/*
 * --latest-line: a line for each job that shows its state, how long it has taken and what
 * it wrote last.  A screen shows the line from the start of the job on; elsewhere the line
 * is written when the job has ended.
 */
#ifndef LIVE_LATEST_H
#define LIVE_LATEST_H

#include <stdbool.h>
#include <stddef.h>

#include "terminal/screen.h"
#include "text/text.h"

/*
 * The latest line of what a job writes to its two streams.  A line ends with a
 * newline or a carriage return.  A line that shows nothing does not count, and a
 * line that is not finished yet does.
 */

/* How many bytes of a line are kept at most. */
#define LASTLINE_MOST ((size_t)64 * 1024)

/* All zero: nothing was written. */
struct lastline {
	struct bytes line; /* the latest finished line */
	struct bytes
	    part[2]; /* the line of each stream that is not finished yet */
	int stream; /* part[stream - 1] is the latest line; 0: line is */
};

void lastline_fini(struct lastline *l);

/* Adds bytes that the job wrote to stream 1 or 2.  0 or -ENOMEM. */
int lastline_add(struct lastline *l, int stream, const char *data, size_t len);

/* To be called before the next try of a job: unfinished lines count as finished. */
int lastline_break(struct lastline *l);

/* The latest line, lent until the next call. */
struct text lastline_text(const struct lastline *l);

struct sink;

struct latest_options {
	struct screen *screen; /* NULL: lines are written to fd */
	int fd;
	bool keep; /* the lines of ended jobs are in the order of the starts */
	bool color, color_failed; /* whole rows are coloured */
	/* the signs of the states are coloured, and in UTF-8 */
	bool colors, utf8;
};

/*
 * Makes the sink that draws the latest lines, in *sp.  The caller closes the sink
 * before it closes the screen.  Returns 0 or -ENOMEM.
 */
int latest_new(const struct latest_options *options, struct sink **sp);

#endif
