/* SPDX-License-Identifier: ISC */

/*
 * Owns the list of all children of this library, and its locks.  A start holds the lock
 * of starts for reading, from before its clone(2) until its child is in the list; who
 * reaps the children of others holds it for writing.
 */
#include <pthread.h>

#include "process/own_children.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t starts = PTHREAD_RWLOCK_INITIALIZER;
static LIST_HEAD(, own_child) children = LIST_HEAD_INITIALIZER(children);

void
own_children_begin(void)
{
	(void)pthread_rwlock_rdlock(&starts);
}

void
own_children_started(struct own_child *child)
{
	if (child != NULL) {
		pthread_mutex_lock(&lock);
		LIST_INSERT_HEAD(&children, child, entry);
		pthread_mutex_unlock(&lock);
	}
	(void)pthread_rwlock_unlock(&starts);
}

void
own_children_reaped(struct own_child *child)
{
	pthread_mutex_lock(&lock);
	LIST_REMOVE(child, entry);
	pthread_mutex_unlock(&lock);
}

bool
own_children_has(pid_t pid)
{
	const struct own_child *child;
	bool found = false;

	pthread_mutex_lock(&lock);
	LIST_FOREACH(child, &children, entry) {
		if (child->pid == pid)
			found = true;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

bool
own_children_rest(void)
{
	return pthread_rwlock_trywrlock(&starts) == 0;
}

void
own_children_await_rest(void)
{
	(void)pthread_rwlock_wrlock(&starts);
}

void
own_children_resume(void)
{
	(void)pthread_rwlock_unlock(&starts);
}
