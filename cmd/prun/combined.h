/* SPDX-License-Identifier: ISC */

/*
 * --combine-executable: a copy of prun that holds a program and arguments behind its
 * own bytes, and runs that program.
 */
#ifndef COMBINED_H
#define COMBINED_H

#include "options/settings.h"
#include "text/text.h"

/*
 * Write the file that o asks for: the program is the first word of the command, and
 * the arguments are argv without this option.  0, or -errno and a message.
 */
int combined_make(int argc, char *const argv[], const struct options *o,
    struct message *m);

/*
 * What such a copy holds, and the arguments that are made of it.  It stays all zero if
 * this program is no such copy.
 */
struct combined {
	char **argv;
	char *words; /* each with a NUL behind it */
	char *path; /* of the unpacked program */
};

/*
 * If this program is such a copy: put the arguments that it holds before those of
 * *argv, which then belongs to *c.  0, or -errno and a message.
 */
int combined_expand(struct combined *c, int *argc, char ***argv,
    struct message *m);

void combined_fini(struct combined *c);

#endif
