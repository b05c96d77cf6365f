/* SPDX-License-Identifier: ISC */

/* Owns prun_sem and prun_event: what threads wait for, an event also processes. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/event.h"
#include "ipc/semaphore.h"
#include "ipc/shared_event.h"
#include "prun.h"

struct prun_sem {
	struct semaphore semaphore;
};

struct prun_event {
	int fd; /* of an event that processes share; -1: event counts */
	struct event event;
};

int
prun_sem_new(unsigned value, struct prun_sem **sp)
{
	struct prun_sem *s = malloc(sizeof(*s));
	int error;

	if (s == NULL)
		return -ENOMEM;
	error = semaphore_init(&s->semaphore, value);
	if (error != 0) {
		free(s);
		return error;
	}
	*sp = s;
	return 0;
}

void
prun_sem_free(struct prun_sem *s)
{
	if (s == NULL)
		return;
	semaphore_fini(&s->semaphore);
	free(s);
}

int
prun_sem_acquire(struct prun_sem *s, double timeout)
{
	return semaphore_acquire(&s->semaphore, clock_deadline(timeout));
}

int
prun_sem_try(struct prun_sem *s)
{
	return semaphore_try(&s->semaphore);
}

int
prun_sem_release(struct prun_sem *s)
{
	return semaphore_release(&s->semaphore);
}

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
