/* SPDX-License-Identifier: ISC */

/*
 * Command lines that run, and do something else than their user meant: a warning says
 * what happens, once a run.  --no-warn says nothing.
 */
#ifndef RUN_TRAPS_H
#define RUN_TRAPS_H

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
	const struct input_name *names; /* of the header */
	size_t nnames;
	traps_warn_fn *warn;
	void *arg;
	bool
	    in_quotes; /* a value stands between apostrophes: see traps_look_at() */
	bool position_told; /* a number beyond the sources was warned of */
	char quote; /* of the shell, open where traps_look() is */
};

/* Looks at the words of the command line; the fields before in_quotes are set. */
void traps_look(struct traps *t);

/*
 * With in_quotes, for the values of a job until one was warned of: do they need quotes,
 * and get them between those that are there?
 */
void traps_look_at(struct traps *t, const struct text *values, size_t n);

/* Nothing has come from the terminal for a moment: says what is waited for. */
void traps_terminal(const struct traps *t);

#endif
