/* SPDX-License-Identifier: ISC */

/* Owns the list of all children of this library, and its lock. */
#include <pthread.h>

#include "process/own_children.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, own_child) children = LIST_HEAD_INITIALIZER(children);
static unsigned starting;

void
own_children_begin(void)
{
	pthread_mutex_lock(&lock);
	starting++;
	pthread_mutex_unlock(&lock);
}

void
own_children_started(struct own_child *child)
{
	pthread_mutex_lock(&lock);
	starting--;
	if (child != NULL)
		LIST_INSERT_HEAD(&children, child, entry);
	pthread_mutex_unlock(&lock);
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
own_children_are_starting(void)
{
	bool some;

	pthread_mutex_lock(&lock);
	some = starting > 0;
	pthread_mutex_unlock(&lock);
	return some;
}
