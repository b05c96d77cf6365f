/* SPDX-License-Identifier: ISC */

/* Condition variables that wait until a clock_now() time. */
#ifndef IPC_CONDITION_H
#define IPC_CONDITION_H

#include <pthread.h>
#include <stdint.h>

/* 0 or -errno.  The caller ends it with pthread_cond_destroy(). */
int condition_init(pthread_cond_t *cond);

/*
 * The caller holds lock.  0: cond was signalled, or the thread woke up without a
 * reason; -ETIMEDOUT: the deadline has passed.  INT64_MAX: no deadline.
 */
int condition_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t deadline);

#endif
