/* SPDX-License-Identifier: ISC */

/*
 * -h and --help, made from the option table and the manual.
 */
#ifndef HELP_H
#define HELP_H

#include <stdio.h>

#include "text/text.h"

/* -h: one screen.  Write errors stay in the stream: see ferror(3). */
void help_usage(FILE *out);

/*
 * All options under their topics (about NULL), those of one topic, or what the manual says
 * of an option ("--name", "-x").  0; -EINVAL and a message: there is no such thing.
 */
int help_print(FILE *out, const char *about, struct message *m);

#endif
