/* SPDX-License-Identifier: ISC */

/*
 * A password in memory that is locked, in no core dump, not there in a forked
 * process, and wiped when it is given up.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

struct prun_secret {
	char *text; /* up to its NUL; pages of its own */
	size_t size;
	size_t mapped;
};

/* All zero, room for size bytes with the NUL.  0, -EINVAL, or -errno: it cannot be locked. */
int secret_new(size_t size, struct prun_secret **sp);
void secret_free(struct prun_secret *s);

/*
 * Write it and a newline to fd, which may block.  0 or -errno: -EPIPE when
 * nobody reads; SIGPIPE must be blocked.
 */
int secret_write(const struct prun_secret *s, int fd);

#endif
