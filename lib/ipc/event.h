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

#endif
