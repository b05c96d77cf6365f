/* SPDX-License-Identifier: ISC */

/*
 * Where default options come from: config files, profiles and variables, split
 * into words as a shell would split them.  This file knows no option.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/* All zero is empty. */
struct profile {
	char **words; /* each to be freed */
	char **origins; /* where each word stands: "$PARALLEL", "/etc/x:12" */
	size_t nwords;
};

void profile_fini(struct profile *p);

/* Append a copy of the word, which stands in origin.  0 or -ENOMEM. */
int profile_add(struct profile *p, const char *word, const char *origin);

/*
 * Append the words of text.  Blanks separate words, except behind backslashes and
 * in quotes.  A line that begins with # is a comment.  name is for messages and
 * origins: the path of a file, to which origins add the line, or a name without a
 * slash ("$PRUN", "--shebang").
 */
int profile_split(struct profile *p, const char *name, struct text text,
    struct message *m);

/*
 * Append the words of all config files, the most important file last.  A missing
 * file is no error, here and below.
 */
int profile_read_config(struct profile *p, struct message *m);

/*
 * Append the words of a profile: a path that begins with / or ./, else a file in
 * $PARALLEL_HOME or ~/.parallel, or in prun/ or parallel/ of $XDG_CONFIG_HOME.
 */
int profile_read(struct profile *p, const char *name, struct message *m);

/*
 * Command lines of scripts whose first line names prun:
 *
 *	#!/usr/bin/prun --shebang OPTIONS COMMAND
 *	#!/usr/bin/prun --shebang-wrap OPTIONS PARSER
 *
 * The kernel passes the rest of that line as one argument, and then the path of the
 * script.  "env -S" splits such an argument into words.
 */

/* Is this the first argument of a script's command line? */
bool shebang_is_one(const char *argument);

/*
 * Append to p the words that the script's command line means.  arguments: what
 * stands behind the program's name, at least one.  0, or -errno and a message.
 */
int shebang_expand(struct profile *p, const char *const *arguments, size_t n,
    struct message *m);

#endif
