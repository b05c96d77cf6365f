/* SPDX-License-Identifier: ISC */

/* A flag that threads wait for.  All functions: any thread. */
#ifndef IPC_EVENT_H
#define IPC_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct event {
	pthread_mutex_t lock;
	pthread_cond_t happened;
	bool set;
	uint64_t sets; /* times it went from clear to set */
	unsigned waiting; /* threads in event_wait() */
};

/* Clear at first.  0 or -errno; after a failure there is nothing to _fini(). */
int event_init(struct event *e);

/* Nobody may wait any more. */
void event_fini(struct event *e);

/* Wakes all who wait; it stays set. */
void event_set(struct event *e);
void event_clear(struct event *e);
bool event_is_set(struct event *e);

/*
 * 0 once it is set, also when it was cleared again since; -ETIMEDOUT at the
 * deadline (clock_now() time; INT64_MAX: none).
 */
int event_wait(struct event *e, int64_t deadline);

#endif
