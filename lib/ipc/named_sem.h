/* SPDX-License-Identifier: ISC */

/*
 * A bounded semaphore with a name, for all processes of one user.  A count is a file
 * lock, which the kernel drops when its holder dies.  Any thread may call these
 * functions.  Deadlines are clock_now() times; INT64_MAX: none.
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
	unsigned value; /* how many counts all processes together may hold */
	pthread_mutex_t lock; /* protects held, nheld and size */
	struct sem_claim *held; /* the counts that this object holds */
	size_t nheld, size;
};

/* dir is a path for private_dir_open().  0; or -errno: do not call named_sem_fini(). */
int named_sem_init(struct named_sem *n, const char *dir, const char *name,
    unsigned value);

/* Give back the counts that are still held, except those that a forked process shares. */
void named_sem_fini(struct named_sem *n);

/* Take a count without waiting.  0; -EAGAIN: no count is free; or another -errno. */
int named_sem_try(struct named_sem *n);

/* Take a count.  0; -ETIMEDOUT: the deadline has come; or another -errno. */
int named_sem_acquire(struct named_sem *n, int64_t deadline);

/* Take a count, even if all are held. */
int named_sem_force(struct named_sem *n);

/* The descriptor of the newest count, or -1; lent until that count is released. */
int named_sem_fd(struct named_sem *n);

/* Give back the newest count.  0; or -EINVAL: this object holds none. */
int named_sem_release(struct named_sem *n);

/* Wait until no process holds a count or waits for one.  0, -ETIMEDOUT, or -errno. */
int named_sem_drain(struct named_sem *n, int64_t deadline);

#endif
