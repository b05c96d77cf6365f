/* SPDX-License-Identifier: ISC */

/*
 * --progress, --eta and --bar: the line at the foot of a screen, or on stderr a
 * plain line now and then.
 */
#ifndef LIVE_PROGRESS_H
#define LIVE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "terminal/screen.h"
#include "text/text.h"

/*
 * How far the run is, as text: the bar, the line of --progress and --eta, and
 * the plain line for a log.  Pure.
 */

struct progress_text {
	uint64_t started, ended, failed;
	uint64_t
	    stopped; /* cut short by the end of the run: they have not ended */
	uint64_t
	    ahead; /* of those that were started: they wait on other machines */
	uint64_t total; /* 0: not known */
	/* 0: jobs count; else that part of the input has been given to jobs that stay. */
	double share;
	double elapsed; /* seconds since the run began */
	bool utf8, color; /* what the terminal shows */
	struct text last; /* argument of the job that was started last */
};

/* Seconds to the end; negative: nobody can tell yet. */
double progress_text_left(const struct progress_text *g);

/* 0-100; 0 while the total is not known. */
unsigned progress_text_percent(const struct progress_text *g);

/*
 * Each replaces what is in out.  None ends with a newline, none has control
 * bytes from g->last.  width is in columns.  0 or -ENOMEM.
 */
int progress_text_bar(const struct progress_text *g, size_t width,
    struct bytes *out);
int progress_text_line(const struct progress_text *g, bool eta, size_t width,
    struct bytes *out);
int progress_text_plain(const struct progress_text *g, struct bytes *out);

/* For zenity --progress, when carriage returns are made newlines. */
int progress_text_zenity(const struct progress_text *g, struct bytes *out);

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
