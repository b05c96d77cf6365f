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
	/* it quotes as sh does, and nothing else is known of it */
	SHELL_POSIX = 0,
	SHELL_DASH,
	SHELL_BASH,
	SHELL_FISH,
	SHELL_CSH, /* csh, tcsh */
};

/* The name of the file decides; for a link (/bin/sh) the name of its target. */
enum shell_kind shell_kind_of(const char *path);

/* Does it know the option pipefail, as far as its name tells? */
bool shell_has_pipefail(const char *path);

/*
 * Does the shell parse a whole text before it runs the first line?  Then an alias that
 * a line defines has no effect on the lines after it.
 */
bool shell_reads_ahead(const char *path);

/*
 * The shell to use, to be freed: wanted, else $PARALLEL_SHELL; else the shell that
 * has started prun, when that has set $PARALLEL_ENV or when lines are printed
 * for_caller, not run; else bash when the environment holds exported functions,
 * which no other shell understands; else the shell that has started prun; else
 * $SHELL, when that is a shell that can be executed; else /bin/sh.  NULL: no memory.
 */
char *shell_choose(const char *wanted, bool for_caller);

/* The name of the shell that has started prun, without a version; "" if none has. */
const char *shell_caller(void);

/*
 * 0, or -errno and a message that names the shell: it is not there (a name without
 * a slash is searched for on PATH), or it runs no commands, as nologin.
 */
int shell_check(const char *shell, struct message *m);

/* Is word a builtin or a keyword?  kind is SHELL_DASH or SHELL_BASH. */
bool shell_has_word(enum shell_kind kind, const char *word);

/* No byte of t is special to a POSIX shell, wherever it stands. */
bool shell_is_plain(struct text t);

/*
 * Quotes a value as one word of a shell's language, so that the command gets
 * exactly its bytes.
 */

/* Append t to out, in quotes if it needs them.  0 or -ENOMEM. */
int quote_add(struct bytes *out, struct text t, enum shell_kind kind);

/* How many bytes quote_add() would append. */
size_t quote_length(struct text t, enum shell_kind kind);

#endif
