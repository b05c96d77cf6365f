/* SPDX-License-Identifier: ISC */

/*
 * --progress, --eta and --bar: the line at the foot of a screen, or on stderr a
 * plain line now and then.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "terminal/screen.h"
#include "text/text.h"

struct progress;

struct progress_options {
	struct screen *screen; /* NULL: stderr is no terminal */
	bool bar, eta; /* neither: --progress */
	double interval; /* seconds between plain lines */
	bool log; /* plain lines even where a pipe could lead to zenity */
	bool off; /* count, and show nothing until progress_toggle() */
};

int progress_new(const struct progress_options *options, struct progress **pp);

/* Before its screen. */
void progress_free(struct progress *p);

void progress_total(struct progress *p, uint64_t total);
void progress_started(struct progress *p, struct text argument);
void progress_ended(struct progress *p, const struct prun_result *r);

/* Show it from now on, or no more. */
void progress_toggle(struct progress *p);

/*
 * From now on a timer of the pool tells a log when that is due; on a terminal the
 * screen has its own.
 */
void progress_begin(struct progress *p, struct prun_pool *pool);

/* Tells a log the last state. */
void progress_finish(struct progress *p);

#endif
