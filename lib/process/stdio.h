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
 * fds[0] reads what is written to fds[1], a terminal that changes no byte and is nobody's
 * controlling terminal.  Its size is that of the terminal like; if that is none, 80
 * columns and 24 lines.  When nobody holds fds[1] any more a read fails with EIO: see
 * fd_read_output().  0 or -errno; -EAGAIN: the system has no more of them now.
 */
int pty_open(int fds[2], int like);

struct stdio {
	int child[3]; /* for spawn(); -1: inherited, or stderr into stdout */
	bool owned[3]; /* child[] is ours, to be closed once the child runs */
	int parent[3]; /* -1: no pipe */
	/* A pipe for PRUN_WORKER_FD: our end and the child's; -1: none. */
	int status[2];
};

/* All closed. */
void stdio_init(struct stdio *s);

/*
 * Open what kinds ask for.  null: a descriptor of /dev/null, lent.  nonblock: our ends
 * do not block.  0, or -errno with nothing left open.
 */
int stdio_open(struct stdio *s, const struct prun_stdio kinds[3], int null,
    bool nonblock);

/* Add the pipe for PRUN_WORKER_FD; our end does not block.  0 or -errno. */
int stdio_open_status(struct stdio *s);

/* Close the child's ends: it runs, or never will. */
void stdio_close_child(struct stdio *s);
void stdio_close(struct stdio *s);

#endif
