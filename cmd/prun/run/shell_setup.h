/* SPDX-License-Identifier: ISC */

/*
 * $PARALLEL_ENV: what the shell of each job reads before the job's line, such as
 * the functions and aliases of the shell that has called prun.
 */
#ifndef RUN_SHELL_SETUP_H
#define RUN_SHELL_SETUP_H

#include <stdbool.h>

#include "template/shell.h"
#include "text/text.h"

struct mainloop;

/* All zero: there is nothing to read.  It may be closed. */
struct shell_setup {
	bool wanted;
	int fd; /* of a file without a name, which holds the text; -1: none */
	struct bytes
	    line; /* the statement that reads it, or the text, and a newline */
	bool quotes; /* the job's line is quoted, as the argument of eval */
	struct bytes job; /* the statement, and the line of the present job */
};

/* Is the variable set?  Then every job needs the shell. */
bool shell_setup_is_wanted(void);

/*
 * Reads the text that the variable holds, or the file or FIFO that it names, and
 * takes the variable out of the environment.  away: jobs may run on other hosts.  -ECANCELED without a message: the run
 * was ended while a FIFO was waited for; else -errno with one.
 */
int shell_setup_open(struct shell_setup *s, const char *shell, bool away,
    struct mainloop *mainloop, struct message *m);
void shell_setup_close(struct shell_setup *s);

/* The job's line with the statement before it, lent until the next call.  NULL: no memory. */
const char *shell_setup_line(struct shell_setup *s, struct text line);

#endif
