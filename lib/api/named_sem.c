/* SPDX-License-Identifier: ISC */

/* Owns prun_named_sem: a semaphore that processes share by its name. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ipc/named_sem.h"
#include "prun.h"

struct prun_named_sem {
	struct named_sem named;
};

int
prun_named_sem_open(const char *dir, const char *name, unsigned value,
    struct prun_named_sem **sp)
{
	struct prun_named_sem *s = malloc(sizeof(*s));
	int error;

	if (s == NULL)
		return -ENOMEM;
	error = named_sem_init(&s->named, dir, name, value);
	if (error != 0) {
		free(s);
		return error;
	}
	*sp = s;
	return 0;
}

void
prun_named_sem_free(struct prun_named_sem *s)
{
	if (s == NULL)
		return;
	named_sem_fini(&s->named);
	free(s);
}

int
prun_named_sem_acquire(struct prun_named_sem *s, double timeout)
{
	return named_sem_acquire(&s->named, clock_deadline(timeout));
}

int
prun_named_sem_try(struct prun_named_sem *s)
{
	return named_sem_try(&s->named);
}

int
prun_named_sem_force(struct prun_named_sem *s)
{
	return named_sem_force(&s->named);
}

int
prun_named_sem_fd(struct prun_named_sem *s)
{
	return named_sem_fd(&s->named);
}

int
prun_named_sem_release(struct prun_named_sem *s)
{
	return named_sem_release(&s->named);
}

int
prun_named_sem_drain(struct prun_named_sem *s, double timeout)
{
	return named_sem_drain(&s->named, clock_deadline(timeout));
}
