/* SPDX-License-Identifier: ISC */

/*
 * The mark by which a job's processes are known: the variable PRUN_JOB_ID of
 * their environment.  Its value is a list of tokens parted by '/', from the
 * outermost run to the innermost.
 */
#ifndef KILL_JOB_MARK_H
#define KILL_JOB_MARK_H

#include <stdbool.h>
#include <stddef.h>

#define PROC_TOKEN_NAME "PRUN_JOB_ID"
#define PROC_TOKEN_SIZE \
	4096 /* enough for a hundred runs, each within the other */

/*
 * The first value in the environment that is read from fd, which has the form of
 * /proc/PID/environ; NUL-terminated, cut at size.  Returns its length, 0 when
 * there is none, or -errno.  Async-signal-safe.
 */
int proc_token_read(int fd, char *value, size_t size);

/*
 * Is the token in that value?  It matches one that is equal to it, or that goes on
 * with a '.' where it ends: "r1" matches "r1", "r1.7" and "r0.3/r1.7", not
 * "r12".  An empty one matches nothing.
 */
bool proc_token_match(const char *value, const char *token);

#endif
