/* SPDX-License-Identifier: ISC */

/* What each CI system takes for a group of lines and for an error.  Pure. */
#ifndef FORMATS_CI_FORMAT_H
#define FORMATS_CI_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "report/report_options.h"
#include "text/text.h"

/* One job's group. */
struct ci_group {
	enum ci_system system; /* neither CI_NONE nor CI_AUTO */
	uint64_t seq;
	struct text command;
	bool failed; /* the job has failed: its group is shown open */
	const char *outcome;
	double started, elapsed;
	const char *token; /* a secret of this run, which no job can guess */
};

/* Adds what comes before and after the job's output.  0 or -ENOMEM. */
int ci_add_begin(struct bytes *out, const struct ci_group *g);
int ci_add_end(struct bytes *out, const struct ci_group *g);

/* Adds the line that tells of the failure; nothing where the system has none. */
int ci_add_error(struct bytes *out, const struct ci_group *g);

/*
 * Adds whole lines of a job, or the beginning of a long line, so that the system takes
 * none of them for a command.  GitHub has a line that stops commands: it is added before
 * the first lines with a command, or with always before any lines, and *stopped is set.
 * ci_add_resume() then adds the line that ends this.
 */
int ci_add_lines(struct bytes *out, const struct ci_group *g, struct text lines,
    bool always, bool *stopped);
int ci_add_resume(struct bytes *out, const struct ci_group *g, bool stopped);

#endif
