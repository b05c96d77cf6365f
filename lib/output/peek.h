/* SPDX-License-Identifier: ISC */

/*
 * A look at what stands in a pipe, which stays there: a second pipe gets the
 * same pages, and only the end of them is read.  One thread.
 */
#ifndef OUTPUT_PEEK_H
#define OUTPUT_PEEK_H

#include <sys/types.h>

#include <stddef.h>

/* Bytes that are looked at. */
#define PEEK_END ((size_t)4096)

struct peek {
	int pipe[2]; /* -1 until the first look */
	int null;
	char end[PEEK_END]; /* what was seen at last, and how many bytes */
	size_t len;
};

void peek_init(struct peek *p);
void peek_fini(struct peek *p);

/*
 * Take the first bytes in the pipe fd, at most `most`, and look at the last of
 * them.  How many bytes that were, or -errno: nothing is known.
 */
ssize_t peek_look(struct peek *p, int fd, size_t most);

#endif
