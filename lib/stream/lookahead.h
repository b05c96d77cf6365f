/* SPDX-License-Identifier: ISC */

/*
 * A look at the bytes in a pipe, which stay there: tee(2) puts the same pages into
 * a second pipe, and only the last bytes of that one are read.  One thread.
 */
#ifndef STREAM_LOOKAHEAD_H
#define STREAM_LOOKAHEAD_H

#include <sys/types.h>

#include <stddef.h>

/* At most so many bytes are looked at. */
#define LOOKAHEAD_END ((size_t)4096)

struct lookahead {
	int pipe[2]; /* -1 until the first look */
	int null;
	char end[LOOKAHEAD_END]; /* the bytes that the last look has read */
	size_t len;
};

void lookahead_init(struct lookahead *p);
void lookahead_fini(struct lookahead *p);

/*
 * Copy the first bytes of the pipe fd, at most `most`, to the second pipe, and read
 * the last of them into p->end.  Returns how many bytes were copied; or -errno:
 * nothing is known.
 */
ssize_t lookahead_look(struct lookahead *p, int fd, size_t most);

#endif
