/* SPDX-License-Identifier: ISC */

/*
 * --latest-line: a line for each job that shows its state, how long it has taken and
 * what it wrote last.  On a screen the line is there while the job runs, and stays; elsewhere it is written when
 * the job has ended.
 */
#ifndef REPORT_LATEST_H
#define REPORT_LATEST_H

#include <stdbool.h>

#include "terminal/screen.h"

struct sink;

struct latest_options {
	struct screen *screen; /* NULL: lines are written to fd */
	int fd;
	bool keep; /* the lines that stay are in the order of the starts */
	bool color, color_failed; /* whole rows */
	bool colors, utf8; /* the signs of the states */
};

/*
 * Makes the sink that draws the latest lines, in *sp.  The caller closes the sink
 * before it closes the screen.  Returns 0 or -ENOMEM.
 */
int latest_new(const struct latest_options *options, struct sink **sp);

#endif
