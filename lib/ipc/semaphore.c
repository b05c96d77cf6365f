/* SPDX-License-Identifier: ISC */

/* Owns prun_sem: a number of counts that threads take and give back. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "ipc/event.h"
#include "prun.h"

static int
semaphore_init(struct prun_sem *s, unsigned value)
{
	int error = pthread_mutex_init(&s->lock, NULL);

	if (error != 0)
		return -error;
	error = condition_init(&s->released);
	if (error != 0)
		pthread_mutex_destroy(&s->lock);
	s->value = s->bound = value;
	return error;
}

int
prun_sem_new(unsigned value, struct prun_sem **sp)
{
	struct prun_sem *s;
	int error;

	if (value == 0)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	error = semaphore_init(s, value);
	if (error != 0)
		free(s);
	else
		*sp = s;
	return error;
}

void
prun_sem_free(struct prun_sem *s)
{
	if (s == NULL)
		return;
	/*
	 * In a forked process the waiting threads do not exist, so waiting never
	 * becomes 0: the objects must not be destroyed.
	 */
	if (s->waiting == 0) {
		pthread_cond_destroy(&s->released);
		pthread_mutex_destroy(&s->lock);
	}
	free(s);
}

/*
 * The caller holds the lock.  error is that of the wait; a count that is free is
 * taken even so.
 */
static int
semaphore_take(struct prun_sem *s, int error)
{
	if (s->value == 0)
		return error;
	s->value--;
	return 0;
}

int
prun_sem_try(struct prun_sem *s)
{
	int error;

	pthread_mutex_lock(&s->lock);
	error = semaphore_take(s, -EAGAIN);
	pthread_mutex_unlock(&s->lock);
	return error;
}

int
prun_sem_acquire(struct prun_sem *s, double timeout)
{
	int64_t deadline = clock_deadline(timeout);
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
prun_sem_release(struct prun_sem *s)
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
