/* SPDX-License-Identifier: ISC */

/*
 * May a command be executed without its shell?  Only when nothing that the job
 * could see would differ.  It looks at words, at PATH and at the environment,
 * once, and starts nothing.
 */
#ifndef TEMPLATE_DIRECT_H
#define TEMPLATE_DIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "template/shell.h"
#include "template/template.h"
#include "text/text.h"

struct stand_in;

struct direct {
	char *file; /* what to execute */
	const struct stand_in *stand_in; /* for a builtin; NULL: it is none */
	char *argument_name; /* "_=" for bash, or NULL */
	char *directory; /* "PWD=" when the shell would set it, or NULL */
	const char *environment[4]; /* these and SHLVL, NULL-terminated */
};

/* 1: it may, and d says how; 0: it may not; -ENOMEM. */
int direct_init(struct direct *d, const struct template *t,
    enum shell_kind shell);
void direct_fini(struct direct *d);

/*
 * May it be executed with these words, each NUL-terminated, its own the first?
 * The program that stands in for a builtin would do something else with some.
 */
bool direct_takes(const struct direct *d, const char *words, size_t nwords);

#endif
