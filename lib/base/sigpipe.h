/* SPDX-License-Identifier: ISC */

/*
 * Writes to what nobody reads, without a SIGPIPE for this process and without a change
 * of its disposition.
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
	bool blocked; /* it was already */
	bool pending; /* one was that is not ours */
};

/* Of the calling thread. */
void sigpipe_block(struct sigpipe *s);

/* Take back the signal that a write has raised meanwhile. */
void sigpipe_forget(const struct sigpipe *s);
void sigpipe_restore(const struct sigpipe *s);

#endif
