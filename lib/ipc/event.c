/* SPDX-License-Identifier: ISC */

/* Owns a flag, and the threads that wait for it. */
#include <errno.h>

#include "ipc/condition.h"
#include "ipc/event.h"

int
event_init(struct event *e)
{
	int error = pthread_mutex_init(&e->lock, NULL);

	if (error != 0)
		return -error;
	error = condition_init(&e->happened);
	if (error != 0) {
		pthread_mutex_destroy(&e->lock);
		return error;
	}
	e->set = false;
	e->sets = 0;
	e->waiting = 0;
	return 0;
}

void
event_fini(struct event *e)
{
	/* In a forked process those that wait are not there, and never go. */
	if (e->waiting > 0)
		return;
	pthread_cond_destroy(&e->happened);
	pthread_mutex_destroy(&e->lock);
}

void
event_set(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	if (!e->set) {
		e->set = true;
		e->sets++;
		if (e->waiting > 0)
			pthread_cond_broadcast(&e->happened);
	}
	pthread_mutex_unlock(&e->lock);
}

void
event_clear(struct event *e)
{
	pthread_mutex_lock(&e->lock);
	e->set = false;
	pthread_mutex_unlock(&e->lock);
}

bool
event_is_set(struct event *e)
{
	bool set;

	pthread_mutex_lock(&e->lock);
	set = e->set;
	pthread_mutex_unlock(&e->lock);
	return set;
}

int
event_wait(struct event *e, int64_t deadline)
{
	uint64_t before;
	int error = 0;

	pthread_mutex_lock(&e->lock);
	/* Whoever waits must notice a set even if a clear follows at once. */
	before = e->sets;
	e->waiting++;
	while (!e->set && e->sets == before && error == 0)
		error = condition_wait(&e->happened, &e->lock, deadline);
	e->waiting--;
	if (e->set || e->sets != before)
		error = 0;
	pthread_mutex_unlock(&e->lock);
	return error;
}
