/* SPDX-License-Identifier: ISC */

/* A prun_queue, for the files that put, get and join.  Any thread. */
#ifndef IPC_QUEUE_H
#define IPC_QUEUE_H

#include <sys/types.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/proc.h"
#include "ipc/lock.h"
#include "prun.h"

/*
 * What all processes of a joinable queue share besides its messages: how many messages
 * were put, got and done, and which process has got messages that are not done.  It is in
 * a memfd, under a lock.
 *
 * A process can be killed anywhere between two stores.  So each number is stored by one
 * store, and what a number would repeat is computed: nothing has to be repaired.  Messages
 * have serial numbers from 1 on; a number that is missing belongs to a process that was
 * killed while it put or got that message.
 */

/* At most so many processes have messages that are not done. */
#define QUEUE_OWNERS 4096

struct queue_owner {
	_Atomic pid_t pid; /* 0: none */
	_Atomic uint32_t open; /* messages that it has got and not done */
	_Atomic unsigned long long started; /* with pid an identity */
};

struct queue_state {
	uint32_t magic;
	uint64_t most; /* messages that may wait; UINT64_MAX: any number */
	struct lock lock; /* over all that follows */
	_Atomic uint64_t put; /* serial number of the message put last */
	_Atomic uint64_t got; /* of the message got last */
	_Atomic uint64_t done; /* how many are done */
	/* Somebody waits for room, or for the end of all messages, and is to be told. */
	_Atomic uint32_t putter_waits, joiner_waits;
	_Atomic uint32_t owners_used;
	struct queue_owner owners[QUEUE_OWNERS];
};

/* A new one and its close-on-exec descriptor.  0 or -errno. */
int queue_state_new(uint64_t most, int *fd, struct queue_state **sp);

/* That of another's descriptor.  -EINVAL: it is none. */
int queue_state_map(int fd, struct queue_state **sp);
void queue_state_unmap(struct queue_state *s);

/*
 * Even after the deadline it waits a moment, as nobody holds the lock for long.
 * -ETIMEDOUT: a process that was stopped may hold it.
 */
int queue_state_lock(struct queue_state *s, int64_t deadline);
void queue_state_unlock(struct queue_state *s);

/* The rest is called under the lock. */

bool queue_state_has_room(const struct queue_state *s);

/* The process's row, NULL: it has none. */
struct queue_owner *queue_state_owner(struct queue_state *s,
    const struct proc *self);

/* Give it a row.  NULL: there is none. */
struct queue_owner *queue_state_add_owner(struct queue_state *s,
    const struct proc *self);

/* Messages that were got and are not done. */
uint64_t queue_state_open(const struct queue_state *s);

/* The messages of dead processes are lost: they are not open any more. */
void queue_state_sweep(struct queue_state *s);

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

/* Under the lock, with a row that it gets if it has none; 0 or -errno. */
int queue_own(struct prun_queue *q, bool add, struct queue_owner **op);

/* put and get of a joinable queue, as those of prun.h. */
int queue_put_counted(struct prun_queue *q, const void *data, size_t len,
    int64_t deadline);
ssize_t queue_get_counted(struct prun_queue *q, void *data, size_t size,
    int64_t deadline);

#endif
