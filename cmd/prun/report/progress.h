/* SPDX-License-Identifier: ISC */

/*
 * --progress, --eta and --bar: the line at the foot of a screen, or on stderr a
 * plain line now and then.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>

#include "terminal/screen.h"

struct sink;

struct progress_options {
	struct screen *screen; /* NULL: nothing can be drawn on stderr */
	bool bar, eta; /* neither: --progress */
	bool utf8, color; /* what the terminal shows */
	double interval; /* seconds between plain lines */
	/*
	 * People watch: the first plain line comes soon, the next ones ever more rarely,
	 * up to the interval, and one comes at the end.
	 */
	bool watched;
	bool log; /* plain lines, also into a pipe, which may lead to zenity */
	bool off; /* count, and show nothing until it is toggled */
};

/*
 * Makes the sink that draws the progress, in *sp.  The caller closes the sink before it
 * closes the screen.  Returns 0 or -ENOMEM.
 */
int progress_new(const struct progress_options *options, struct sink **sp);

#endif
