/* SPDX-License-Identifier: ISC */

/*
 * Owns events: a flag that threads wait for, or an eventfd that processes share.
 * Owns also condition variables that wait by the clock of clock_now().
 */
#include <sys/eventfd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/event.h"
#include "prun.h"

int
condition_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;
	int error = pthread_condattr_init(&attr);

	if (error != 0)
		return -error;
	error = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (error == 0)
		error = pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
	return -error;
}

int
condition_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline)
{
	struct timespec ts;

	if (deadline == INT64_MAX)
		return -pthread_cond_wait(cond, lock);
	ts.tv_sec = deadline / 1000000000;
	ts.tv_nsec = deadline % 1000000000;
	return -pthread_cond_timedwait(cond, lock, &ts);
}

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
	/*
	 * In a forked process the waiting threads do not exist, so waiting never
	 * becomes 0: the objects must not be destroyed.
	 */
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
	/*
	 * A waiting thread must return after a set, even if a clear follows at once;
	 * so it compares the number of sets.
	 */
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

int
shared_event_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd == -1 ? -errno : fd_lift(fd);
}

int
shared_event_check(int fd)
{
	static const char kind[] = "anon_inode:[eventfd]";
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
	char is[sizeof(kind)];
	int flags = fcntl(fd, F_GETFL);
	ssize_t n;

	if (flags == -1)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, is, sizeof(is));
	if (n == -1)
		return -errno;
	/*
	 * With a blocking eventfd the calls of several processes would wait for each
	 * other.
	 */
	return (flags & O_NONBLOCK) != 0 && (size_t)n == sizeof(kind) - 1 &&
		memcmp(is, kind, sizeof(kind) - 1) == 0 ?
	    0 :
	    -EINVAL;
}

void
shared_event_set(int fd)
{
	/* It fails only when the counter is at its maximum, and then the flag is set. */
	(void)eventfd_write(fd, 1);
}

void
shared_event_clear(int fd)
{
	eventfd_t sets;

	(void)eventfd_read(fd, &sets);
}

bool
shared_event_is_set(int fd)
{
	return fd_await(fd, POLLIN, 0) == 1;
}

int
shared_event_wait(int fd, int64_t deadline)
{
	int ready = fd_await(fd, POLLIN, deadline);

	return ready == 1 ? 0 : ready == 0 ? -ETIMEDOUT : ready;
}

struct prun_event {
	/* The eventfd of an event that processes share; -1: event is used. */
	int fd;
	struct event event;
};

int
prun_event_new(struct prun_event **ep)
{
	struct prun_event *e = malloc(sizeof(*e));
	int error;

	if (e == NULL)
		return -ENOMEM;
	e->fd = -1;
	error = event_init(&e->event);
	if (error != 0) {
		free(e);
		return error;
	}
	*ep = e;
	return 0;
}

int
prun_event_from_fd(int fd, struct prun_event **ep)
{
	struct prun_event *e;
	int error = shared_event_check(fd);

	if (error != 0)
		return error;
	e = malloc(sizeof(*e));
	if (e == NULL)
		return -ENOMEM;
	fd_set_cloexec(fd);
	e->fd = fd;
	*ep = e;
	return 0;
}

int
prun_event_new_shared(struct prun_event **ep)
{
	int fd = shared_event_open();
	int error = fd < 0 ? fd : prun_event_from_fd(fd, ep);

	if (error != 0 && fd >= 0)
		fd_close(&fd);
	return error;
}

int
prun_event_fd(const struct prun_event *e)
{
	return e->fd;
}

void
prun_event_free(struct prun_event *e)
{
	if (e == NULL)
		return;
	if (e->fd == -1)
		event_fini(&e->event);
	fd_close(&e->fd);
	free(e);
}

void
prun_event_set(struct prun_event *e)
{
	if (e->fd != -1)
		shared_event_set(e->fd);
	else
		event_set(&e->event);
}

void
prun_event_clear(struct prun_event *e)
{
	if (e->fd != -1)
		shared_event_clear(e->fd);
	else
		event_clear(&e->event);
}

bool
prun_event_is_set(struct prun_event *e)
{
	return e->fd != -1 ? shared_event_is_set(e->fd) :
			     event_is_set(&e->event);
}

int
prun_event_wait(struct prun_event *e, double timeout)
{
	int64_t deadline = clock_deadline(timeout);

	return e->fd != -1 ? shared_event_wait(e->fd, deadline) :
			     event_wait(&e->event, deadline);
}
