/* SPDX-License-Identifier: ISC */

/*
 * The descriptors that become 0, 1 and 2 of a child, and our ends of its
 * pipes and pseudo-terminals.
 */
#ifndef PROCESS_STDIO_H
#define PROCESS_STDIO_H

#include <stdbool.h>

#include "prun.h"

/* Pseudo-terminals that take the output of a child. */

/*
 * Make a pseudo-terminal.  fds[0] reads what is written to fds[1], a terminal that
 * changes no byte and is no process's controlling terminal.  It is as large as the
 * terminal like; if like is no terminal, 80 columns by 24 lines.  When no process
 * has fds[1] open any more, a read fails with EIO: see fd_read_output().  0;
 * -EAGAIN: the system has no more pseudo-terminals now; or another -errno.
 */
int pty_open(int fds[2], int like);

struct stdio {
	int child[3]; /* for spawn(); -1: inherited, or stderr goes to stdout */
	bool owned[3]; /* child[] is ours, and is closed when the child runs */
	int parent[3]; /* our ends; -1: no pipe */
	/* The pipe for PRUN_WORKER_FD: our end and the child's; -1: none. */
	int status[2];
};

/* Set all descriptors to "none". */
void stdio_init(struct stdio *s);

/*
 * Open the pipes and files that kinds ask for.  null is a descriptor of /dev/null,
 * which is lent.  nonblock: our ends do not block.  0; or -errno, and nothing is left
 * open.
 */
int stdio_open(struct stdio *s, const struct prun_stdio kinds[3], int null,
    bool nonblock);

/* Add the pipe for PRUN_WORKER_FD; our end does not block.  0 or -errno. */
int stdio_open_status(struct stdio *s);

/* Close the child's ends, because the child runs or will never run. */
void stdio_close_child(struct stdio *s);
void stdio_close(struct stdio *s);

#endif
