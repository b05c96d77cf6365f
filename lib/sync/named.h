/* SPDX-License-Identifier: ISC */

/*
 * A bounded semaphore with a name, for all processes of one user.  A count is
 * a kernel lock: it is free as soon as its holder is dead.  All functions: any
 * thread.  Deadlines are clock_now() times, INT64_MAX: none.
 */
#ifndef SYNC_NAMED_H
#define SYNC_NAMED_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct visit;

struct named {
	char *file;
	int dir;
	unsigned value; /* counts that may be held by all together */
	pthread_mutex_t lock; /* of what follows */
	struct visit *held; /* by this object */
	size_t nheld, size;
};

/* dir as place_open() takes it.  After a failure there is nothing to _fini(). */
int named_init(struct named *n, const char *dir, const char *name,
    unsigned value);

/* Counts that are still held are given back, unless a forked process shares them. */
void named_fini(struct named *n);

/* 0, or -EAGAIN, or -errno. */
int named_try(struct named *n);

/* 0, -ETIMEDOUT, or -errno. */
int named_acquire(struct named *n, int64_t deadline);

/* Hold one more, whatever is held already. */
int named_force(struct named *n);

/* The descriptor of the count acquired last, or -1; lent until it is released. */
int named_fd(struct named *n);

/* 0, or -EINVAL: this object holds none. */
int named_release(struct named *n);

/* Until no process holds a count or waits for one.  0, -ETIMEDOUT, or -errno. */
int named_drain(struct named *n, int64_t deadline);

#endif
