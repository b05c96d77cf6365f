/* SPDX-License-Identifier: ISC */

/*
 * Owns a number of counts that threads take and give back, and prun_sem, which is
 * such a semaphore.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/event.h"
#include "prun.h"

int
semaphore_init(struct semaphore *s, unsigned value)
{
	int error;

	if (value == 0)
		return -EINVAL;
	error = pthread_mutex_init(&s->lock, NULL);
	if (error != 0)
		return -error;
	error = condition_init(&s->released);
	if (error != 0) {
		pthread_mutex_destroy(&s->lock);
		return error;
	}
	s->value = s->bound = value;
	s->waiting = 0;
	return 0;
}

void
semaphore_fini(struct semaphore *s)
{
	/*
	 * In a forked process the waiting threads do not exist, so waiting never
	 * becomes 0: the objects must not be destroyed.
	 */
	if (s->waiting > 0)
		return;
	pthread_cond_destroy(&s->released);
	pthread_mutex_destroy(&s->lock);
}

/*
 * The caller holds the lock.  error is that of the wait; a count that is free is
 * taken even so.
 */
static int
semaphore_take(struct semaphore *s, int error)
{
	if (s->value == 0)
		return error;
	s->value--;
	return 0;
}

int
semaphore_try(struct semaphore *s)
{
	int error;

	pthread_mutex_lock(&s->lock);
	error = semaphore_take(s, -EAGAIN);
	pthread_mutex_unlock(&s->lock);
	return error;
}

int
semaphore_acquire(struct semaphore *s, int64_t deadline)
{
	int error = 0;

	pthread_mutex_lock(&s->lock);
	s->waiting++;
	while (s->value == 0 && error == 0)
		error = condition_wait(&s->released, &s->lock, deadline);
	s->waiting--;
	error = semaphore_take(s, error);
	pthread_mutex_unlock(&s->lock);
	return error;
}

int
semaphore_release(struct semaphore *s)
{
	int error = 0;

	pthread_mutex_lock(&s->lock);
	if (s->value == s->bound)
		error = -EINVAL;
	else
		s->value++;
	if (error == 0 && s->waiting > 0)
		pthread_cond_signal(&s->released);
	pthread_mutex_unlock(&s->lock);
	return error;
}

struct prun_sem {
	struct semaphore semaphore;
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
