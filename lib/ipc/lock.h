/* SPDX-License-Identifier: ISC */

/*
 * A lock in memory that processes share: recursive, and robust, which means
 * that the next holder is told when a holder died.  All functions: any thread.
 */
#ifndef IPC_LOCK_H
#define IPC_LOCK_H

#include <pthread.h>
#include <stdint.h>

struct lock {
	uint32_t magic; /* tells memory that lock_init() has prepared */
	pthread_mutex_t mutex;
};

/* 0 or -errno. */
int lock_init(struct lock *l);

/*
 * 0: the caller holds the lock.  -EOWNERDEAD: it holds the lock too, but the
 * holder before has died.  -ETIMEDOUT at the deadline (clock_now() time;
 * INT64_MAX: none), -EINVAL: not prepared, -EAGAIN: acquired too often.
 */
int lock_acquire(struct lock *l, int64_t deadline);

/* As lock_acquire(), but -EAGAIN instead of waiting. */
int lock_try(struct lock *l);

/* 0, -EPERM: the calling thread does not hold it, -EINVAL: not prepared. */
int lock_release(struct lock *l);

#endif
