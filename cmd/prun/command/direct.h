/* SPDX-License-Identifier: ISC */

/*
 * May a command be executed without its shell?  Only when nothing that the job
 * could see would differ.  It looks at words, at PATH and at the environment,
 * once, and starts nothing.
 */
#ifndef COMMAND_DIRECT_H
#define COMMAND_DIRECT_H

#include <stdbool.h>

#include "command/shell.h"
#include "command/template.h"
#include "text/text.h"

struct direct {
	char *file; /* what to execute */
	/*
	 * It stands in for a builtin (true, false), which takes a lone --help
	 * for nothing special: with that argument the shell is needed.
	 */
	bool for_builtin;
	char *argument_name; /* "_=" for bash, or NULL */
	char *directory; /* "PWD=" when the shell would set it, or NULL */
	const char *environment[4]; /* these and SHLVL, NULL-terminated */
};

/* 1: it may, and d says how; 0: it may not; -ENOMEM. */
int direct_init(struct direct *d, const struct template *t,
    enum shell_kind shell);
void direct_fini(struct direct *d);

#endif
