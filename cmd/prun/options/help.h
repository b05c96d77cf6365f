/* SPDX-License-Identifier: ISC */

/*
 * What the option table says, for people and for shells: --help and the
 * completions.  It sees the table and nothing else.
 */
#ifndef HELP_H
#define HELP_H

#include <stdio.h>

#include "text/text.h"

/* Write errors are left in the stream: see ferror(3). */
void help_print(FILE *out);

/* Completion code for "bash", "zsh" or "fish"; -EINVAL and a message for others. */
int help_completion(FILE *out, const char *shell, struct message *m);

#endif
