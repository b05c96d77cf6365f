/* SPDX-License-Identifier: ISC */

/* Pseudo-terminals that take the output of a child. */
#ifndef PROCESS_PTY_H
#define PROCESS_PTY_H

/*
 * fds[0] reads what is written to fds[1], a terminal that changes no byte and is nobody's
 * controlling terminal.  Its size is that of the terminal like; if that is none, 80
 * columns and 24 lines.  When nobody holds fds[1] any more a read fails with EIO: see
 * fd_read_output().  0 or -errno; -EAGAIN: the system has no more of them now.
 */
int pty_open(int fds[2], int like);

#endif
