/* SPDX-License-Identifier: ISC */

/* A flag that threads or processes wait for. All functions: any thread. */
#ifndef IPC_EVENT_H
#define IPC_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Condition variables that wait until a clock_now() time. */

/* 0 or -errno.  The caller ends it with pthread_cond_destroy(). */
int condition_init(pthread_cond_t *cond);

/*
 * The caller holds lock.  0: cond was signalled, or the thread woke up without a
 * reason; -ETIMEDOUT: the deadline has passed.  INT64_MAX: no deadline.
 */
int condition_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t deadline);

struct event {
	pthread_mutex_t lock;
	pthread_cond_t happened;
	bool set;
	uint64_t sets; /* how often it went from clear to set */
	unsigned waiting; /* threads in event_wait() */
};

/* The flag is clear.  0 or -errno; after a failure do not call _fini(). */
int event_init(struct event *e);

/* No thread may wait any more. */
void event_fini(struct event *e);

/* Wake all threads that wait.  The flag stays set until event_clear(). */
void event_set(struct event *e);
void event_clear(struct event *e);
bool event_is_set(struct event *e);

/*
 * 0 as soon as the flag is set, even if it has been cleared since; -ETIMEDOUT at
 * the deadline (clock_now() time; INT64_MAX: none).
 */
int event_wait(struct event *e, int64_t deadline);

/*
 * A flag that processes wait for: an eventfd(2), which is readable while it is set.
 * Nobody holds anything, so a process that is killed disturbs no other.  All
 * functions: any thread.
 */

/* A close-on-exec descriptor above 2, or -errno.  The flag is clear. */
int shared_event_open(void);

/* Is it such a descriptor?  0, -EINVAL or another -errno. */
int shared_event_check(int fd);

/* Wake all that wait.  The flag stays set until shared_event_clear(). */
void shared_event_set(int fd);
void shared_event_clear(int fd);
bool shared_event_is_set(int fd);

/* 0 when the flag is set; -ETIMEDOUT at the deadline (INT64_MAX: none), -errno. */
int shared_event_wait(int fd, int64_t deadline);

/* A bounded semaphore for the threads of one process.  All functions: any thread. */

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
