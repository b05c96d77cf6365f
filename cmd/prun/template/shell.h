/* SPDX-License-Identifier: ISC */

/*
 * What prun knows of shells: which kind a path names, and which words mean
 * something to it that is no program.
 */
#ifndef TEMPLATE_SHELL_H
#define TEMPLATE_SHELL_H

#include <stdbool.h>

#include "text/text.h"

enum shell_kind {
	SHELL_POSIX = 0, /* quotes as sh does; else nothing is known of it */
	SHELL_DASH,
	SHELL_BASH,
	SHELL_FISH,
	SHELL_CSH, /* csh, tcsh */
};

/* By its name; a link (/bin/sh) by the name of what it leads to. */
enum shell_kind shell_kind_of(const char *path);

/* The shell to use: wanted, else $PARALLEL_SHELL, $SHELL, /bin/sh. */
const char *shell_choose(const char *wanted);

/* Can it be executed?  Without a slash it is looked for along PATH. */
bool shell_is_there(const char *shell);

/* A builtin or a keyword of dash or bash; kind is one of these. */
bool shell_has_word(enum shell_kind kind, const char *word);

/* No byte of it is special to a POSIX shell, wherever it stands. */
bool shell_is_plain(struct text t);

#endif
