/* SPDX-License-Identifier: ISC */

/*
 * Owns the lock that processes share, and the functions of prun_lock.  The lock is
 * in memory that the caller provides.
 */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "ipc/lock.h"
#include "prun.h"

#define LOCK_MAGIC 0x6b636f6cU
#define NS_PER_S INT64_C(1000000000)

/*
 * A waiting thread looks at the lock again after this time.  It has to: if a process
 * is killed after it has released the lock and before it has woken a waiter, and a
 * third process acquires the lock meanwhile, the kernel wakes nobody.  Then threads
 * wait for a lock that is free.
 */
#define LOOK_EVERY (NS_PER_S / 50)

/*
 * ThreadSanitizer knows pthread_mutex_lock(), but not pthread_mutex_clocklock(),
 * and would report the release of a mutex that nobody holds.  So it is told by these
 * two functions.  In a program without ThreadSanitizer they are NULL.
 */
#define TSAN_TRY_LOCK (1U << 4)
#define TSAN_TRY_LOCK_FAILED (1U << 5)
extern void tsan_pre_lock(void *mutex,
    unsigned flags) __asm__("__tsan_mutex_pre_lock") __attribute__((weak));
extern void tsan_post_lock(void *mutex, unsigned flags,
    int recursion) __asm__("__tsan_mutex_post_lock") __attribute__((weak));

static int
set_kind(pthread_mutexattr_t *attr)
{
	int error = pthread_mutexattr_setpshared(attr, PTHREAD_PROCESS_SHARED);

	if (error == 0)
		error = pthread_mutexattr_setrobust(attr, PTHREAD_MUTEX_ROBUST);
	if (error == 0)
		error = pthread_mutexattr_settype(attr,
		    PTHREAD_MUTEX_RECURSIVE);
	return error;
}

int
lock_init(struct lock *l)
{
	pthread_mutexattr_t attr;
	int error = pthread_mutexattr_init(&attr);

	if (error != 0)
		return -error;
	error = set_kind(&attr);
	if (error == 0)
		error = pthread_mutex_init(&l->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
	if (error == 0)
		l->magic = LOCK_MAGIC;
	return -error;
}

/*
 * The mutex is made consistent at once.  If the caller dies too before it releases
 * the lock, the next holder gets -EOWNERDEAD again.
 */
static int
acquired(struct lock *l, int error)
{
	if (error == EOWNERDEAD)
		pthread_mutex_consistent(&l->mutex);
	return -error;
}

static int
lock_until(pthread_mutex_t *mutex, int64_t deadline)
{
	struct timespec at = { .tv_sec = deadline / NS_PER_S,
		.tv_nsec = deadline % NS_PER_S };
	int error;

	if (tsan_pre_lock != NULL)
		tsan_pre_lock(mutex, TSAN_TRY_LOCK);
	error = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &at);
	if (tsan_post_lock != NULL)
		tsan_post_lock(mutex,
		    error == 0 || error == EOWNERDEAD ?
			TSAN_TRY_LOCK :
			TSAN_TRY_LOCK | TSAN_TRY_LOCK_FAILED,
		    1);
	return error;
}

int
lock_acquire(struct lock *l, int64_t deadline)
{
	int64_t until;
	int error;

	if (l->magic != LOCK_MAGIC)
		return -EINVAL;
	do {
		until = clock_now() + LOOK_EVERY;
		if (until > deadline)
			until = deadline;
		error = lock_until(&l->mutex, until);
	} while (error == ETIMEDOUT && until < deadline);
	return acquired(l, error);
}

int
lock_try(struct lock *l)
{
	int error;

	if (l->magic != LOCK_MAGIC)
		return -EINVAL;
	error = pthread_mutex_trylock(&l->mutex);
	return error == EBUSY ? -EAGAIN : acquired(l, error);
}

int
lock_release(struct lock *l)
{
	if (l->magic != LOCK_MAGIC)
		return -EINVAL;
	return -pthread_mutex_unlock(&l->mutex);
}

_Static_assert(sizeof(struct lock) <= sizeof(struct prun_lock), "size");
_Static_assert(_Alignof(struct lock) <= _Alignof(struct prun_lock), "align");

static struct lock *
inner(struct prun_lock *l)
{
	return (struct lock *)(void *)l;
}

int
prun_lock_init(struct prun_lock *l)
{
	return lock_init(inner(l));
}

int
prun_lock_acquire(struct prun_lock *l, double timeout)
{
	return lock_acquire(inner(l), clock_deadline(timeout));
}

int
prun_lock_try(struct prun_lock *l)
{
	return lock_try(inner(l));
}

int
prun_lock_release(struct prun_lock *l)
{
	return lock_release(inner(l));
}
