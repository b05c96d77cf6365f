/* SPDX-License-Identifier: ISC */

/*
 * Command lines of scripts whose first line names prun:
 *
 *	#!/usr/bin/prun --shebang OPTIONS COMMAND
 *	#!/usr/bin/prun --shebang-wrap OPTIONS PARSER
 *
 * The kernel passes the rest of that line as one argument, and then the path of the
 * script.  "env -S" splits such an argument into words.
 */
#ifndef OPTIONS_SHEBANG_H
#define OPTIONS_SHEBANG_H

#include <stdbool.h>
#include <stddef.h>

#include "options/profile.h"
#include "text/text.h"

/* Is this the first argument of a script's command line? */
bool shebang_is_one(const char *argument);

/*
 * Append to p the words that the script's command line means.  arguments: what
 * stands behind the program's name, at least one.  0, or -errno and a message.
 */
int shebang_expand(struct profile *p, const char *const *arguments, size_t n,
    struct message *m);

#endif
