/* SPDX-License-Identifier: ISC */

/* What threads wait for: events and semaphores, whose functions are in prun_ipc.h. */
#ifndef IPC_EVENT_H
#define IPC_EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct prun_event {
	/*
	 * An eventfd(2), which is readable while the flag is set, if processes share the
	 * event: no process holds a lock, so one that is killed does not disturb the
	 * others.  -1: the members below are used.
	 */
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t happened;
	bool set;
	uint64_t sets; /* how many times the flag went from clear to set */
	unsigned waiting; /* threads that wait for the flag */
};

/*
 * Make an eventfd for such an event.  Returns a close-on-exec descriptor above 2, or
 * -errno.
 */
int shared_event_open(void);

/* Is fd the descriptor of such an event? 0; -EINVAL: no; or another -errno. */
int shared_event_check(int fd);

struct prun_sem {
	pthread_mutex_t lock;
	pthread_cond_t released;
	unsigned value; /* how many counts are free */
	unsigned bound; /* how many counts there are */
	unsigned waiting; /* threads that wait for a count */
};

#endif
