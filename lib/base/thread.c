/* SPDX-License-Identifier: ISC */

/* Owns how the library's threads start, and how they wait until a time. */
#include <signal.h>
#include <time.h>

#include "base/thread.h"

int
thread_start(pthread_t *thread, thread_fn *fn, void *arg)
{
	sigset_t all, old;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(thread, NULL, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -error;
}

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
