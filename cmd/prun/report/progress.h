/* SPDX-License-Identifier: ISC */

/*
 * --progress, --eta and --bar on stderr: one line at the bottom of a terminal
 * that gives way to output, a plain line now and then in a log.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

struct progress;

struct progress_options {
	bool bar, eta; /* neither: --progress */
	double interval; /* seconds between plain lines */
	bool log; /* plain lines even where a pipe could lead to zenity */
	bool off; /* count, and show nothing until progress_toggle() */
};

int progress_new(const struct progress_options *options, struct progress **pp);

/* Takes the line away. */
void progress_free(struct progress *p);

void progress_total(struct progress *p, uint64_t total);
void progress_started(struct progress *p, struct text argument);
void progress_ended(struct progress *p, const struct prun_result *r);

/* Show it from now on, or no more. */
void progress_toggle(struct progress *p);

/* Draws when that is due.  Milliseconds until it is again; -1: never. */
int progress_tick(struct progress *p);

/* A prun_writing_fn: others write to the terminal; arg is the progress. */
void progress_writing(bool begin, bool midline, void *arg);

/* The last state, to stay. */
void progress_finish(struct progress *p);

#endif
