/* SPDX-License-Identifier: ISC */

/* A flag that threads or processes wait for.  All functions: any thread. */
#ifndef IPC_EVENT_H
#define IPC_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Condition variables with deadlines in clock_now() time. */

/* Initialize cond.  0 or -errno.  The caller ends it with pthread_cond_destroy(). */
int condition_init(pthread_cond_t *cond);

/*
 * Wait for cond; the caller holds lock.  0: cond was signalled, or the thread woke
 * up for no reason; -ETIMEDOUT: the deadline has passed (INT64_MAX: none).
 */
int condition_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t deadline);

struct event {
	pthread_mutex_t lock;
	pthread_cond_t happened;
	bool set;
	uint64_t sets; /* how many times the flag went from clear to set */
	unsigned waiting; /* threads in event_wait() */
};

/* Initialize an event whose flag is clear.  0; or -errno: do not call event_fini(). */
int event_init(struct event *e);

/* To be called when no thread waits any more. */
void event_fini(struct event *e);

/* Wake all threads that wait.  The flag stays set until event_clear(). */
void event_set(struct event *e);
void event_clear(struct event *e);
bool event_is_set(struct event *e);

/*
 * Wait for the flag.  0: it is set, or was set since the call began and has been
 * cleared; -ETIMEDOUT: the deadline has come (clock_now() time; INT64_MAX: none).
 */
int event_wait(struct event *e, int64_t deadline);

/*
 * A flag that processes wait for: an eventfd(2), which is readable while the flag
 * is set.  No process holds a lock, so one that is killed does not disturb the
 * others.  Any thread may call these functions.
 */

/*
 * Make an event whose flag is clear.  Returns a close-on-exec descriptor above 2, or
 * -errno.
 */
int shared_event_open(void);

/* Is fd the descriptor of such an event? 0; -EINVAL: no; or another -errno. */
int shared_event_check(int fd);

/*
 * Wake all threads that wait, in all processes.  The flag stays set until
 * shared_event_clear().
 */
void shared_event_set(int fd);
void shared_event_clear(int fd);
bool shared_event_is_set(int fd);

/*
 * Wait for the flag.  0: it is set; -ETIMEDOUT: the deadline has come (INT64_MAX:
 * none); or -errno.
 */
int shared_event_wait(int fd, int64_t deadline);

/*
 * A bounded semaphore for the threads of one process.  Any thread may call these
 * functions.
 */

struct semaphore {
	pthread_mutex_t lock;
	pthread_cond_t released;
	unsigned value; /* how many counts are free */
	unsigned bound; /* how many counts there are */
	unsigned waiting; /* threads in semaphore_acquire() */
};

/*
 * Initialize a semaphore with value free counts.  0; or -errno (-EINVAL if value is
 * 0): do not call semaphore_fini().
 */
int semaphore_init(struct semaphore *s, unsigned value);

/* To be called when no thread waits any more. */
void semaphore_fini(struct semaphore *s);

/* Take a count without waiting.  0; or -EAGAIN: no count is free. */
int semaphore_try(struct semaphore *s);

/*
 * Take a count.  0; or -ETIMEDOUT: the deadline has come (clock_now() time;
 * INT64_MAX: none).
 */
int semaphore_acquire(struct semaphore *s, int64_t deadline);

/* Give a count back.  0; or -EINVAL: all counts are free already. */
int semaphore_release(struct semaphore *s);

#endif
