/* SPDX-License-Identifier: ISC */

/*
 * A look at what stands in a pipe, which stays there: a second pipe gets the
 * same pages, and only the end of them is read.  One thread.
 */
#ifndef STREAM_LOOKAHEAD_H
#define STREAM_LOOKAHEAD_H

#include <sys/types.h>

#include <stddef.h>

/* Bytes that are looked at. */
#define LOOKAHEAD_END ((size_t)4096)

struct lookahead {
	int pipe[2]; /* -1 until the first look */
	int null;
	char end[LOOKAHEAD_END]; /* what was seen at last, and how many bytes */
	size_t len;
};

void lookahead_init(struct lookahead *p);
void lookahead_fini(struct lookahead *p);

/*
 * Take the first bytes in the pipe fd, at most `most`, and look at the last of
 * them.  How many bytes that were, or -errno: nothing is known.
 */
ssize_t lookahead_look(struct lookahead *p, int fd, size_t most);

#endif
