/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_event: a flag that threads wait for, or an eventfd that processes share.
 */
#include <sys/eventfd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/thread.h"
#include "ipc/event.h"
#include "prun.h"

int
shared_event_open(void)
{
	return fd_lift(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
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

int
prun_event_new(struct prun_event **ep)
{
	struct prun_event *e = calloc(1, sizeof(*e));
	int error = e == NULL ? -ENOMEM : -pthread_mutex_init(&e->lock, NULL);

	if (error == 0) {
		e->fd = -1;
		error = condition_init(&e->happened);
		if (error != 0)
			pthread_mutex_destroy(&e->lock);
	}
	if (error != 0)
		free(e);
	else
		*ep = e;
	return error;
}

int
prun_event_from_fd(int fd, struct prun_event **ep)
{
	struct prun_event *e;
	int error = shared_event_check(fd);

	if (error != 0)
		return error;
	e = calloc(1, sizeof(*e));
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
	/*
	 * In a forked process the waiting threads do not exist, so waiting never
	 * becomes 0: the objects must not be destroyed.
	 */
	if (e->fd == -1 && e->waiting == 0) {
		pthread_cond_destroy(&e->happened);
		pthread_mutex_destroy(&e->lock);
	}
	fd_close(&e->fd);
	free(e);
}

void
prun_event_set(struct prun_event *e)
{
	if (e->fd != -1) {
		/* It fails only when the counter is at its maximum: the flag is set. */
		(void)eventfd_write(e->fd, 1);
		return;
	}
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
prun_event_clear(struct prun_event *e)
{
	eventfd_t sets;

	if (e->fd != -1) {
		(void)eventfd_read(e->fd, &sets);
		return;
	}
	pthread_mutex_lock(&e->lock);
	e->set = false;
	pthread_mutex_unlock(&e->lock);
}

bool
prun_event_is_set(struct prun_event *e)
{
	bool set;

	if (e->fd != -1)
		return fd_await(e->fd, POLLIN, 0) == 1;
	pthread_mutex_lock(&e->lock);
	set = e->set;
	pthread_mutex_unlock(&e->lock);
	return set;
}

static int
event_wait(struct prun_event *e, int64_t deadline)
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
prun_event_wait(struct prun_event *e, double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	int ready;

	if (e->fd == -1)
		return event_wait(e, deadline);
	ready = fd_await(e->fd, POLLIN, deadline);
	return ready == 1 ? 0 : ready == 0 ? -ETIMEDOUT : ready;
}
