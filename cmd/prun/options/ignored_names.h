/* SPDX-License-Identifier: ISC */

/*
 * Reads and writes the file ignored_vars in $PARALLEL_HOME or ~/.parallel.  It has names of
 * variables, one a line.  --record-env writes the file, and --env _ leaves out its names.
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
