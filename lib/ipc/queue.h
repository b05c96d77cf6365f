/* SPDX-License-Identifier: ISC */

/* A prun_queue, for the files that put, get and join.  Any thread. */
#ifndef IPC_QUEUE_H
#define IPC_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/proc.h"
#include "ipc/queue_state.h"
#include "prun.h"

struct prun_queue {
	int put, get; /* -1: this process does not put, or get */

	/* The rest is for a joinable queue; else state is NULL. */
	struct queue_state *state;
	int state_fd; /* of the memfd; -1: none */
	int changed; /* eventfd: written, and never read; -1: none */
	struct proc
	    self; /* under the lock: this process, which may have been forked */
};

/* A message of a joinable queue has 8 bytes in front: its serial number. */
#define QUEUE_HEAD sizeof(uint64_t)

/* How a thread waits for a change of the state, from its first look on. */
struct queue_wait {
	int epoll; /* -1: no wait so far */
};

/*
 * Wait until somebody writes to q->changed, both ends are closed elsewhere, or another
 * descriptor that the caller has added to the epoll(7) has an edge; the first call returns
 * at once.  -ETIMEDOUT at the deadline, -errno.
 */
int queue_wait(struct queue_wait *w, const struct prun_queue *q,
    int64_t deadline);
void queue_wait_fini(struct queue_wait *w);

/* Under the lock, before the change: those that wait look again when it is released. */
void queue_tell(const struct prun_queue *q, _Atomic uint32_t *waits);

/* Under the lock: messages that nobody can get any more are taken for got. */
void queue_settle(const struct prun_queue *q);

/* Under the lock: does no process have the other end? */
bool queue_has_no_getter(const struct prun_queue *q);

/* Under the lock, with a row that it gets if it has none; 0 or -errno. */
int queue_own(struct prun_queue *q, bool add, struct queue_owner **op);

/* put and get of a joinable queue, as those of prun.h. */
int queue_put_counted(struct prun_queue *q, const void *data, size_t len,
    int64_t deadline);
ssize_t queue_get_counted(struct prun_queue *q, void *data, size_t size,
    int64_t deadline);

#endif
