/* SPDX-License-Identifier: ISC */

/*
 * One count of a named semaphore, from the moment that somebody wants it.
 *
 * A semaphore is an empty file; who holds a count holds the lock of one of its
 * first bytes, and who waits holds the lock of a byte far behind them, its
 * ticket: the lowest ticket is first in the queue.  Nothing is ever written.
 * The last to leave removes the file, holding all of its bytes meanwhile.
 */
#ifndef SYNC_VISIT_H
#define SYNC_VISIT_H

#include <sys/types.h>

/* Counts at a time. */
#define VISIT_MAX (1u << 20)

struct visit {
	int dir; /* lent */
	const char *file; /* lent */
	int fd; /* -1: not there */
	off_t ticket; /* 0: none */
};

/*
 * flags: O_CREAT or 0, then -ENOENT: nobody is there.  After a failure there is
 * nothing to leave.
 */
int visit_open(struct visit *v, int dir, const char *file, int flags);

/* Give back what is held, and remove the file after the last. */
void visit_leave(struct visit *v);

/* Close it alone: a process that shares the descriptor holds on. */
void visit_close(struct visit *v);

/*
 * The others return 0, or -EAGAIN: not now; -EBUSY: look again very soon;
 * -ESTALE: the file has been removed, open it again; or -errno.
 */

/* Hold a count, when less than value are held. */
int visit_take(struct visit *v, unsigned value);

/* Nobody holds any, or waits. */
int visit_idle(struct visit *v);

/* Take a ticket; given back with _unqueue() and _leave(). */
int visit_queue(struct visit *v);
void visit_unqueue(struct visit *v);

/* How many have a lower ticket, at most limit; with no ticket: any ticket.  Or -errno. */
int visit_rank(struct visit *v, unsigned limit);

#endif
