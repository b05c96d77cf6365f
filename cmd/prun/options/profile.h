/* SPDX-License-Identifier: ISC */

/*
 * Where default options come from: config files, profiles and variables, split
 * into words as a shell would split them.  This file knows no option.
 */
#ifndef PROFILE_H
#define PROFILE_H

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

#endif
