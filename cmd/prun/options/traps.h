/* SPDX-License-Identifier: ISC */

/*
 * A trap is a command line that runs, but does something else than its user meant: a
 * warning says what happens, once in a run.  With --no-warn there are no warnings.
 */
#ifndef OPTIONS_TRAPS_H
#define OPTIONS_TRAPS_H

#include <stdbool.h>
#include <stddef.h>

#include "input/input.h"
#include "options/settings.h"
#include "template/command.h"
#include "text/text.h"

typedef void traps_warn_fn(void *arg, const char *text);

struct traps {
	const struct options *options;
	struct command *command;
	const struct input_name *names; /* the names that the header gives */
	size_t nnames;
	traps_warn_fn *warn;
	void *arg;
	/* a value stands between apostrophes: see traps_look_at() */
	bool in_quotes;
	bool position_told; /* a warning about a number like {3} was given */
	/* the quote of the shell that is open at the place where traps_look() is */
	char quote;
};

/* Looks at the words of the command line.  The caller sets the fields before in_quotes. */
void traps_look(struct traps *t);

/*
 * If in_quotes is set, call it with the values of each job, until it has warned once.  It
 * warns if the values need quotes and would get them inside the quotes that are there.
 */
void traps_look_at(struct traps *t, const struct text *values, size_t n);

/*
 * Call it when nothing has come from the terminal for a moment: says what prun waits for.
 */
void traps_terminal(const struct traps *t);

#endif
