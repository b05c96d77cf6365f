/* SPDX-License-Identifier: ISC */

/*
 * The file ignored_vars: names of variables, one a line, that --env _ leaves out
 * and --record-env writes.  It is in $PARALLEL_HOME, or in ~/.parallel.
 */
#ifndef OPTIONS_IGNORED_NAMES_H
#define OPTIONS_IGNORED_NAMES_H

#include "text/text.h"

/* Append the file's text, which ends in a newline.  0, or -errno and a message. */
int ignored_names_read(struct bytes *text, struct message *m);

/* Is name one of the lines of text? */
bool ignored_names_has(struct text text, struct text name);

/* Write the names of all variables of the environment.  0, or -errno and a message. */
int ignored_names_record(struct message *m);

#endif
