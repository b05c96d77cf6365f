/* SPDX-License-Identifier: ISC */

/*
 * Reads default options from config files, profiles and variables, and splits them into
 * words as a shell would.  Does not know which options there are.
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/* All zero is empty. */
struct profile {
	char **words; /* each word is freed with the profile */
	/* where each word comes from: "$PARALLEL", "/etc/x:12" */
	char **origins;
	size_t nwords;
};

void profile_fini(struct profile *p);

/* Append a copy of the word, which comes from origin.  0 or -ENOMEM. */
int profile_add(struct profile *p, const char *word, const char *origin);

/*
 * Append the words of text.  Blanks separate words, except behind backslashes and in quotes.
 * A line that begins with # is a comment.  name is used in messages and as the origin: it is
 * the path of a file, to which the origin adds the number of the line, or a name without a
 * slash ("$PRUN", "--shebang").
 */
int profile_split(struct profile *p, const char *name, struct text text,
    struct message *m);

/*
 * Append the words of all config files.  The user's files come last, so that they count
 * more.  It is no error if a file is missing, and neither is it for profile_read().
 */
int profile_read_config(struct profile *p, struct message *m);

/*
 * Append the words of a profile.  name is a path that begins with / or ./, or else the name
 * of a file in $PARALLEL_HOME, ~/.parallel, or prun/ or parallel/ of $XDG_CONFIG_HOME.
 */
int profile_read(struct profile *p, const char *name, struct message *m);

/*
 * Command lines of scripts whose first line names prun:
 *
 *	#!/usr/bin/prun --shebang OPTIONS COMMAND
 *	#!/usr/bin/prun --shebang-wrap OPTIONS PARSER
 *
 * The kernel passes the rest of that line as one argument, and the path of the script as the
 * next.  "env -S" splits such an argument into words.
 */

/* Does a command line with this first argument come from the #! line of a script? */
bool shebang_is_one(const char *argument);

/*
 * Append to p the words that such a command line stands for.  arguments are the n words (at
 * least one) behind the name of the program.  0, or -errno and a message.
 */
int shebang_expand(struct profile *p, const char *const *arguments, size_t n,
    struct message *m);

#endif
