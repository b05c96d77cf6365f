/* SPDX-License-Identifier: ISC */

/*
 * A bounded semaphore with a name, for all processes of one user.  A count is
 * a kernel lock: it is free as soon as its holder is dead.  All functions: any
 * thread.  Deadlines are clock_now() times, INT64_MAX: none.
 */
#ifndef IPC_NAMED_SEM_H
#define IPC_NAMED_SEM_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct sem_claim;

struct named_sem {
	char *file;
	int dir;
	unsigned value; /* counts that may be held by all together */
	pthread_mutex_t lock; /* of what follows */
	struct sem_claim *held; /* by this object */
	size_t nheld, size;
};

/* dir as private_dir_open() takes it.  After a failure there is nothing to _fini(). */
int named_sem_init(struct named_sem *n, const char *dir, const char *name,
    unsigned value);

/* Counts that are still held are given back, unless a forked process shares them. */
void named_sem_fini(struct named_sem *n);

/* 0, or -EAGAIN, or -errno. */
int named_sem_try(struct named_sem *n);

/* 0, -ETIMEDOUT, or -errno. */
int named_sem_acquire(struct named_sem *n, int64_t deadline);

/* Hold one more, whatever is held already. */
int named_sem_force(struct named_sem *n);

/* The descriptor of the count acquired last, or -1; lent until it is released. */
int named_sem_fd(struct named_sem *n);

/* 0, or -EINVAL: this object holds none. */
int named_sem_release(struct named_sem *n);

/* Until no process holds a count or waits for one.  0, -ETIMEDOUT, or -errno. */
int named_sem_drain(struct named_sem *n, int64_t deadline);

#endif
