/* SPDX-License-Identifier: ISC */

/*
 * What the Tab key of a shell makes of a command line of prun, sem or prunctl: code for the
 * shell, made from the tables of options and of verbs.
 */
#ifndef SHELL_COMPLETION_H
#define SHELL_COMPLETION_H

#include <stdio.h>

#include "text/text.h"

/* Print the code for "bash", "zsh" or "fish"; -EINVAL and a message for others. */
int shell_completion_print(FILE *out, const char *shell, struct message *m);

#endif
