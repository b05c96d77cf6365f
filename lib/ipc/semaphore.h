/* SPDX-License-Identifier: ISC */

/* A bounded semaphore for the threads of one process.  All functions: any thread. */
#ifndef IPC_SEMAPHORE_H
#define IPC_SEMAPHORE_H

#include <pthread.h>
#include <stdint.h>

struct semaphore {
	pthread_mutex_t lock;
	pthread_cond_t released;
	unsigned value; /* how many counts are free */
	unsigned bound; /* how many counts there are */
	unsigned waiting; /* threads in semaphore_acquire() */
};

/* 0 or -errno (-EINVAL if value is 0); after a failure do not call _fini(). */
int semaphore_init(struct semaphore *s, unsigned value);

/* No thread may wait any more. */
void semaphore_fini(struct semaphore *s);

/* 0, or -EAGAIN: no count is free. */
int semaphore_try(struct semaphore *s);

/* 0, or -ETIMEDOUT at the deadline (clock_now() time; INT64_MAX: none). */
int semaphore_acquire(struct semaphore *s, int64_t deadline);

/* 0, or -EINVAL: released more often than acquired. */
int semaphore_release(struct semaphore *s);

#endif
