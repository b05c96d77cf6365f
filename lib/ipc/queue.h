/* SPDX-License-Identifier: ISC */

/* What the files that put, get and join share of a prun_queue.  Any thread. */
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
 * What all processes of a joinable queue share besides its messages: how many
 * messages were put, got and done, and which processes have got messages that are
 * not done.  It is in a memfd, and a lock protects it.
 *
 * A process can be killed between any two stores.  So each number is stored by one
 * store, and what follows from other numbers is computed and not stored: nothing
 * ever has to be repaired.  Messages have serial numbers from 1 on.  A serial number
 * without a message belongs to a process that was killed while it put or got that
 * message.
 */

/* At most so many processes can have messages that are not done. */
#define QUEUE_OWNERS 4096

struct queue_owner {
	_Atomic pid_t pid; /* 0: none */
	/* Messages that the process has got and that are not done. */
	_Atomic uint32_t open;
	/* Start time; with pid it identifies the process. */
	_Atomic unsigned long long started;
};

struct queue_state {
	uint32_t magic;
	uint64_t most; /* how many messages may wait; UINT64_MAX: any number */
	struct lock lock; /* protects all members below */
	/* Serial number of the message that was put last. */
	_Atomic uint64_t put;
	/* Serial number of the message that was got last. */
	_Atomic uint64_t got;
	_Atomic uint64_t done; /* how many messages are done */
	/*
	 * Not 0: a thread waits for room, or for the end of all messages, and has to
	 * be told.
	 */
	_Atomic uint32_t putter_waits, joiner_waits;
	_Atomic uint32_t owners_used;
	struct queue_owner owners[QUEUE_OWNERS];
};

/* Make a state; *fd is its close-on-exec descriptor.  0 or -errno. */
int queue_state_new(uint64_t most, int *fd, struct queue_state **sp);

/*
 * Map the state of a descriptor that another process has made.  0; -EINVAL: fd is no
 * such descriptor; or another -errno.
 */
int queue_state_map(int fd, struct queue_state **sp);
void queue_state_unmap(struct queue_state *s);

/*
 * Lock the state.  Even if the deadline has passed, it waits for a moment, because
 * no process holds the lock for long.  0; -ETIMEDOUT: perhaps a process that holds
 * the lock was stopped; or another -errno.
 */
int queue_state_lock(struct queue_state *s, int64_t deadline);
void queue_state_unlock(struct queue_state *s);

/* The caller of the functions below holds the lock. */

bool queue_state_has_room(const struct queue_state *s);

/* The row of a process; NULL: it has none. */
struct queue_owner *queue_state_owner(struct queue_state *s,
    const struct proc *self);

/* Give the process a row.  NULL: all rows are in use. */
struct queue_owner *queue_state_add_owner(struct queue_state *s,
    const struct proc *self);

/* How many messages were got and are not done. */
uint64_t queue_state_open(const struct queue_state *s);

/* Remove the rows of dead processes: their messages are lost, and count as open no longer. */
void queue_state_sweep(struct queue_state *s);

struct prun_queue {
	int put, get; /* sockets; -1: this process does not put, or get */

	/* The members below are for a joinable queue; in another state is NULL. */
	struct queue_state *state;
	int state_fd; /* of the memfd; -1: none */
	int changed; /* an eventfd that is written and never read; -1: none */
	struct proc
	    self; /* this process, which may have been forked; used under the lock */
};

/* A message of a joinable queue begins with its serial number, 8 bytes. */
#define QUEUE_HEAD sizeof(uint64_t)

/* Put to and get from a joinable queue, as prun.h describes it. */
int queue_put_counted(struct prun_queue *q, const void *data, size_t len,
    int64_t deadline);
ssize_t queue_get_counted(struct prun_queue *q, void *data, size_t size,
    int64_t deadline);

#endif
