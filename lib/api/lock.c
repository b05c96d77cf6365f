/* SPDX-License-Identifier: ISC */

/* The calls of prun_lock.  They own nothing, as the lock lies in the memory of the caller. */
#include "base/clock.h"
#include "ipc/lock.h"
#include "prun.h"

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
