/* SPDX-License-Identifier: ISC */

/*
 * What prun knows of shells: which kind of shell a path names, and which words
 * are builtins or keywords of it.
 */
#ifndef TEMPLATE_SHELL_H
#define TEMPLATE_SHELL_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

enum shell_kind {
	/* a shell that quotes as sh does; prun knows nothing else of it */
	SHELL_POSIX = 0,
	SHELL_DASH,
	SHELL_BASH,
	SHELL_FISH,
	SHELL_CSH, /* csh, tcsh */
};

/* The kind follows from the name of the file, or for sh from the target of the link. */
enum shell_kind shell_kind_of(const char *path);

/* Does the shell have the option pipefail?  Its name decides. */
bool shell_has_pipefail(const char *path);

/*
 * Does the shell parse a whole text before it runs the first line?  Then an alias that
 * a line defines has no effect on the lines after it.
 */
bool shell_reads_ahead(const char *path);

/*
 * The shell to use, to be freed; NULL: no memory.  It is the first of these that exists:
 *	wanted;
 *	$PARALLEL_SHELL;
 *	the shell from which prun was called, if $PARALLEL_ENV is set, or if lines are not
 *	run but printed for that shell (for_caller);
 *	bash, if the environment has exported functions, which only bash understands;
 *	the shell from which prun was called;
 *	$SHELL, if it is a shell that can be executed;
 *	/bin/sh.
 */
char *shell_choose(const char *wanted, bool for_caller);

/* The name, without a version, of the shell from which prun was called; "" if none is known. */
const char *shell_caller(void);

/*
 * Checks that the shell exists (a name without a slash is searched on PATH), and that it
 * runs commands, as nologin does not.  0, or -errno and a message that names the shell.
 */
int shell_check(const char *shell, struct message *m);

/* Is word a builtin or a keyword of the shell?  kind is SHELL_DASH or SHELL_BASH. */
bool shell_has_word(enum shell_kind kind, const char *word);

/* Is no byte of t special to a POSIX shell, wherever it stands? */
bool shell_is_plain(struct text t);

/* quote.c: quotes a value as one word for a shell, so that the command gets its bytes. */

/* Append t to out, in quotes if it needs them.  0 or -ENOMEM. */
int quote_add(struct bytes *out, struct text t, enum shell_kind kind);

/* How many bytes quote_add() would append. */
size_t quote_length(struct text t, enum shell_kind kind);

#endif
