/* SPDX-License-Identifier: ISC */

/*
 * A flag that processes wait for: an eventfd(2), which is readable while it is set.
 * Nobody holds anything, so a process that is killed disturbs no other.  All
 * functions: any thread.
 */
#ifndef IPC_SHARED_EVENT_H
#define IPC_SHARED_EVENT_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
