/* SPDX-License-Identifier: ISC */

/* Condition variables that wait until a moment of clock_now(). */
#ifndef IPC_CONDITION_H
#define IPC_CONDITION_H

#include <pthread.h>
#include <stdint.h>

/* 0 or -errno.  To be ended with pthread_cond_destroy(). */
int condition_init(pthread_cond_t *cond);

/*
 * Wait, holding lock, until cond is signalled (0, also for no reason) or the
 * deadline has passed (-ETIMEDOUT).  INT64_MAX: for ever.
 */
int condition_wait(pthread_cond_t *cond, pthread_mutex_t *lock,
    int64_t deadline);

#endif
