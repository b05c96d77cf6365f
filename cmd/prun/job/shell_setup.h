/* SPDX-License-Identifier: ISC */

/*
 * $PARALLEL_ENV: text that the shell of each job reads before the job's line, such as the
 * functions and aliases of the shell that has called prun.
 */
#ifndef JOB_SHELL_SETUP_H
#define JOB_SHELL_SETUP_H

#include <stdbool.h>

#include "template/shell.h"
#include "text/text.h"

struct mainloop;

/* All zero means that there is nothing to read; such a struct may be closed. */
struct shell_setup {
	bool wanted;
	/* a file without a name, which holds the text; -1 if there is none */
	int fd;
	/* the statement that reads the file, or the text itself; a newline follows */
	struct bytes line;
	/* the job's line must be quoted, as it is the argument of eval */
	bool quotes;
	struct bytes job; /* the statement, and the line of the present job */
};

/* Is the variable set?  Then every job needs the shell. */
bool shell_setup_is_wanted(void);

/*
 * Reads the text that the variable holds, or the file or FIFO that it names, and removes
 * the variable from the environment.  away says that jobs may run on other hosts.  Returns
 * 0; -ECANCELED without a message if the run was ended while it waited for a FIFO; or
 * -errno with a message.
 */
int shell_setup_open(struct shell_setup *s, const char *shell, bool away,
    struct mainloop *mainloop, struct message *m);
void shell_setup_close(struct shell_setup *s);

/*
 * Returns the job's line with the statement before it, lent until the next call; NULL if
 * there is no memory.
 */
const char *shell_setup_line(struct shell_setup *s, struct text line);

#endif
