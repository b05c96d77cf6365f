/* SPDX-License-Identifier: ISC */

/* Threads that take no signals, and condition variables by the clock of clock_now(). */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>

typedef void *thread_fn(void *arg);

/* Start a thread in which all signals are blocked.  0 or -errno. */
int thread_start(pthread_t *thread, thread_fn *fn, void *arg);

/* Initialize cond.  0 or -errno.  The caller ends it with pthread_cond_destroy(). */
int condition_init(pthread_cond_t *cond);

/*
 * Wait for cond; the caller holds lock.  0: cond was signalled, or the thread woke
 * up for no reason; -ETIMEDOUT: the deadline has passed (INT64_MAX: none).
 */
int condition_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t deadline);

#endif
