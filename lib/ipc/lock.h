/* SPDX-License-Identifier: ISC */

/*
 * A lock in memory that processes share.  It is recursive, and robust: the next
 * holder is told that a holder has died.  Any thread may call these functions.
 */
#ifndef IPC_LOCK_H
#define IPC_LOCK_H

#include <pthread.h>
#include <stdint.h>

struct lock {
	uint32_t magic; /* marks memory that lock_init() has prepared */
	pthread_mutex_t mutex;
};

/* Prepare the memory of a lock.  0 or -errno. */
int lock_init(struct lock *l);

/*
 * Acquire the lock.  0: the caller holds it.  -EOWNERDEAD: the caller holds it, and
 * the previous holder has died.  -ETIMEDOUT: the deadline has come (clock_now()
 * time; INT64_MAX: none).  -EINVAL: it was not prepared.  -EAGAIN: the caller has
 * acquired it too many times.
 */
int lock_acquire(struct lock *l, int64_t deadline);

/* The same, but -EAGAIN instead of waiting. */
int lock_try(struct lock *l);

/*
 * Release the lock.  0; -EPERM: the calling thread does not hold it; -EINVAL: it was
 * not prepared.
 */
int lock_release(struct lock *l);

#endif
