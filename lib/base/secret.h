/* SPDX-License-Identifier: ISC */

/*
 * A password in memory that is locked, is in no core dump and in no forked
 * process, and is wiped before it is freed.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <sys/types.h>

#include <stddef.h>

struct prun_secret {
	char *text; /* NUL-terminated, on pages of its own */
	size_t size;
	size_t mapped;
	pid_t owner; /* the process that has the pages */
};

/*
 * Make a secret whose text is all zero, with room for size bytes including the NUL.
 * 0; -EINVAL: size is 0 or too large; or -errno: the memory cannot be locked.
 */
int secret_new(size_t size, struct prun_secret **sp);
void secret_free(struct prun_secret *s);

/*
 * Write the text and a newline to fd; it may block.  The caller has blocked SIGPIPE.
 * 0; -EPIPE: nobody reads; or -errno.
 */
int secret_write(const struct prun_secret *s, int fd);

#endif
