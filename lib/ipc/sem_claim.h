/* SPDX-License-Identifier: ISC */

/*
 * One count of a named semaphore, from the moment that somebody wants it.
 *
 * A semaphore is an empty file; who holds a count holds the lock of one of its
 * first bytes, and who waits holds the lock of a byte far behind them, its
 * ticket: the lowest ticket is first in the queue.  Nothing is ever written.
 * The last to leave removes the file, holding all of its bytes meanwhile.
 */
#ifndef IPC_SEM_CLAIM_H
#define IPC_SEM_CLAIM_H

#include <sys/types.h>

/* Counts at a time. */
#define SEM_CLAIM_MAX (1u << 20)

struct sem_claim {
	int dir; /* lent */
	const char *file; /* lent */
	int fd; /* -1: not there */
	off_t ticket; /* 0: none */
};

/*
 * flags: O_CREAT or 0, then -ENOENT: nobody is there.  After a failure there is
 * nothing to leave.
 */
int sem_claim_open(struct sem_claim *v, int dir, const char *file, int flags);

/* Give back what is held, and remove the file after the last. */
void sem_claim_leave(struct sem_claim *v);

/* Close it alone: a process that shares the descriptor holds on. */
void sem_claim_close(struct sem_claim *v);

/*
 * The others return 0, or -EAGAIN: not now; -EBUSY: look again very soon;
 * -ESTALE: the file has been removed, open it again; or -errno.
 */

/* Hold a count, when less than value are held. */
int sem_claim_take(struct sem_claim *v, unsigned value);

/* Nobody holds any, or waits. */
int sem_claim_idle(struct sem_claim *v);

/* Take a ticket; given back with _unqueue() and _leave(). */
int sem_claim_queue(struct sem_claim *v);
void sem_claim_unqueue(struct sem_claim *v);

/* How many have a lower ticket, at most limit; with no ticket: any ticket.  Or -errno. */
int sem_claim_rank(struct sem_claim *v, unsigned limit);

#endif
