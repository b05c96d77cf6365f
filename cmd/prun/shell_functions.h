/* SPDX-License-Identifier: ISC */

/*
 * The shell functions env_parallel, parset and parsort: --shell-functions prints
 * them, and --_env-request tells env_parallel what its options ask for.
 */
#ifndef SHELL_FUNCTIONS_H
#define SHELL_FUNCTIONS_H

#include <stdio.h>

#include "options/settings.h"
#include "text/text.h"

/*
 * Print the functions in the language of that shell.  0, or -errno and a message:
 * there are none for it.
 */
int shell_functions_print(FILE *out, const char *shell, struct message *m);

/*
 * Print what env_parallel is to do: "session", "end-session" or "record-env"; or
 * what the jobs get: "all"; "names" and the names of --env, one a line; "unlisted",
 * what --record-env has not listed, and names.
 */
void shell_functions_answer(FILE *out, const struct env_options *o);

#endif
