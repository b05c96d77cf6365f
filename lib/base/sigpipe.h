/* SPDX-License-Identifier: ISC */

/*
 * Lets a thread write to a pipe or a socket that nobody reads: the process gets no
 * SIGPIPE, and its disposition does not change.
 *
 *	sigpipe_block(&s);
 *	n = write(...);
 *	if (n == -1 && errno == EPIPE)
 *		sigpipe_forget(&s);
 *	sigpipe_restore(&s);
 */
#ifndef BASE_SIGPIPE_H
#define BASE_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct sigpipe {
	sigset_t set; /* SIGPIPE alone */
	bool blocked; /* SIGPIPE was blocked before sigpipe_block() */
	bool pending; /* a SIGPIPE was pending before; it is not ours */
};

/* Block SIGPIPE in the calling thread. */
void sigpipe_block(struct sigpipe *s);

/* Remove the pending SIGPIPE that the write has raised. */
void sigpipe_forget(const struct sigpipe *s);
void sigpipe_restore(const struct sigpipe *s);

#endif
