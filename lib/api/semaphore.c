/* SPDX-License-Identifier: ISC */

/* Owns prun_sem and prun_event: what threads of one process wait for. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ipc/event.h"
#include "ipc/semaphore.h"
#include "prun.h"

struct prun_sem {
	struct semaphore semaphore;
};

struct prun_event {
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
	error = event_init(&e->event);
	if (error != 0) {
		free(e);
		return error;
	}
	*ep = e;
	return 0;
}

void
prun_event_free(struct prun_event *e)
{
	if (e == NULL)
		return;
	event_fini(&e->event);
	free(e);
}

void
prun_event_set(struct prun_event *e)
{
	event_set(&e->event);
}

void
prun_event_clear(struct prun_event *e)
{
	event_clear(&e->event);
}

bool
prun_event_is_set(struct prun_event *e)
{
	return event_is_set(&e->event);
}

int
prun_event_wait(struct prun_event *e, double timeout)
{
	return event_wait(&e->event, clock_deadline(timeout));
}
