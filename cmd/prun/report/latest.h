/* SPDX-License-Identifier: ISC */

/*
 * --latest-line: a line for each job that shows what it wrote last.  On a screen
 * the line is there while the job runs, and stays; elsewhere it is written when
 * the job has ended.
 *
 *	latest_new(&options, &latest);
 *	row = latest_begin(latest, seq, tag);
 *	latest_add(row, 1, data, len);
 *	latest_end(latest, row, failed);
 */
#ifndef REPORT_LATEST_H
#define REPORT_LATEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/screen.h"
#include "text/text.h"

struct latest;
struct latest_row;

struct latest_options {
	struct screen *screen; /* NULL: lines are written to fd */
	int fd;
	bool keep; /* the lines that stay are in the order of latest_begin() */
	bool color, color_failed;
};

int latest_new(const struct latest_options *options, struct latest **lp);

/* Before its screen. */
void latest_free(struct latest *l);

/* A job is about to start; the tag is copied.  NULL: no memory. */
struct latest_row *latest_begin(struct latest *l, uint64_t seq,
    struct text tag);

/* It has written that to stream 1 or 2.  0 or -ENOMEM. */
int latest_add(struct latest_row *row, int stream, const char *data,
    size_t len);

/* It is tried again. */
void latest_again(struct latest_row *row);

/*
 * It has ended, and its row is not the caller's any more.  0, or -errno: what is
 * to stay could not be written.
 */
int latest_end(struct latest *l, struct latest_row *row, bool failed);

/* No more will come: all lines stay as they are, and no row is anybody's. */
void latest_finish(struct latest *l);

#endif
