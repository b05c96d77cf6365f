/* SPDX-License-Identifier: ISC */

/*
 * --help, and the completions for shells.  Both are made from the option table
 * and nothing else.
 */
#ifndef HELP_H
#define HELP_H

#include <stdio.h>

#include "text/text.h"

/* Write errors stay in the stream: see ferror(3). */
void help_print(FILE *out);

/* Completion code for "bash", "zsh" or "fish"; -EINVAL and a message for others. */
int help_completion(FILE *out, const char *shell, struct message *m);

#endif
