/* SPDX-License-Identifier: ISC */

/* How each CI system marks a group of lines and an error in its log.  Pure functions. */
#ifndef FORMATS_CI_FORMAT_H
#define FORMATS_CI_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "report/report_options.h"
#include "text/text.h"

/* The group of lines that a job's output becomes. */
struct ci_group {
	enum ci_system system; /* neither CI_NONE nor CI_AUTO */
	uint64_t seq;
	struct text command;
	bool failed; /* the job has failed, so its group is shown unfolded */
	const char *outcome;
	double started, elapsed;
	const char *token; /* a secret of this run, which no job can guess */
};

/* Adds the lines that begin and end the group of a job.  0 or -ENOMEM. */
int ci_add_begin(struct bytes *out, const struct ci_group *g);
int ci_add_end(struct bytes *out, const struct ci_group *g);

/* Adds the line that reports the failure; nothing if the system has no such line. */
int ci_add_error(struct bytes *out, const struct ci_group *g);

/*
 * Adds whole lines of a job, or the beginning of a long line, so that the system takes none
 * of them for a command.  For GitHub the function adds a line that stops commands, and sets
 * *stopped: before the first lines with a command, or, with always, before any lines.
 * ci_add_resume() then adds the line after which GitHub obeys commands again.
 */
int ci_add_lines(struct bytes *out, const struct ci_group *g, struct text lines,
    bool always, bool *stopped);
int ci_add_resume(struct bytes *out, const struct ci_group *g, bool stopped);

#endif
