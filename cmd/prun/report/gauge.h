/* SPDX-License-Identifier: ISC */

/*
 * How far the run is, as text: the bar, the line of --progress and --eta, and
 * the plain line for a log.  Pure.
 */
#ifndef REPORT_GAUGE_H
#define REPORT_GAUGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct gauge {
	uint64_t started, ended, failed;
	uint64_t total; /* 0: not known */
	double elapsed; /* seconds since the run began */
	struct text last; /* argument of the job that was started last */
};

/* Seconds to the end; negative: nobody can tell yet. */
double gauge_left(const struct gauge *g);

/* 0-100; 0 while the total is not known. */
unsigned gauge_percent(const struct gauge *g);

/*
 * Each replaces what is in out.  None ends with a newline, none has control
 * bytes from g->last.  width is in columns.  0 or -ENOMEM.
 */
int gauge_bar(const struct gauge *g, size_t width, struct bytes *out);
int gauge_line(const struct gauge *g, bool eta, size_t width,
    struct bytes *out);
int gauge_plain(const struct gauge *g, struct bytes *out);

/* For zenity --progress, when carriage returns are made newlines. */
int gauge_zenity(const struct gauge *g, struct bytes *out);

#endif
