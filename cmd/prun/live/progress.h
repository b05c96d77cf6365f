/* SPDX-License-Identifier: ISC */

/*
 * --progress, --eta and --bar: a line at the foot of the screen, or, where there is no
 * screen, a plain line on stderr from time to time.
 */
#ifndef LIVE_PROGRESS_H
#define LIVE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/screen.h"
#include "text/text.h"

/*
 * Makes the texts that say how far the run is: the bar, the line of --progress and --eta,
 * and the plain line for a log.  These functions are pure.
 */

struct progress_text {
	uint64_t started, ended, failed;
	/* jobs cut short by the end of the run, not counted as ended */
	uint64_t stopped;
	/* jobs sent to other machines, counted as started, that wait there */
	uint64_t ahead;
	uint64_t total; /* 0: not known */
	/* The part of the input that jobs got, which is shown; 0: ended jobs are counted. */
	double share;
	double elapsed; /* seconds since the run began */
	bool utf8, color; /* what the terminal shows */
	struct text last; /* argument of the job that was started last */
};

/* The seconds until the end of the run; negative: they are not known yet. */
double progress_text_left(const struct progress_text *g);

/* How much of the run is done, 0 to 100; 0 while the total is not known. */
unsigned progress_text_percent(const struct progress_text *g);

/*
 * Each of these replaces what is in out by its text.  The text does not end with a newline,
 * and has no control bytes of g->last.  width is in columns.  0 or -ENOMEM.
 */
int progress_text_bar(const struct progress_text *g, size_t width,
    struct bytes *out);
int progress_text_line(const struct progress_text *g, bool eta, size_t width,
    struct bytes *out);
int progress_text_plain(const struct progress_text *g, struct bytes *out);

/* The input of zenity --progress, for a pipe in which tr(1) makes newlines of "\r". */
int progress_text_zenity(const struct progress_text *g, struct bytes *out);

struct sink;

struct progress_options {
	struct screen *screen; /* NULL: nothing can be drawn on stderr */
	bool bar, eta; /* --bar, --eta; neither of them: --progress */
	bool utf8, color; /* what the terminal shows */
	double interval; /* seconds between plain lines */
	/*
	 * People watch the plain lines: the first one comes after a second, and the pauses
	 * grow up to the interval.  One more comes at the end.
	 */
	bool watched;
	/* write plain lines, also into a pipe, which may lead to zenity */
	bool log;
	/* show nothing, and only count, until sink_ops.toggle is called */
	bool off;
};

/*
 * Makes the sink that draws the progress, in *sp.  The caller closes the sink before it
 * closes the screen.  Returns 0 or -ENOMEM.
 */
int progress_new(const struct progress_options *options, struct sink **sp);

#endif
