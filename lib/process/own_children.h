/* SPDX-License-Identifier: ISC */

/*
 * The children that this library has started and not reaped, in whatever object:
 * what is none of these, and no child of the host's, has been left by a job.  The
 * one thing that all objects of a process share.  Any thread.
 */
#ifndef PROCESS_OWN_CHILDREN_H
#define PROCESS_OWN_CHILDREN_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

/* Embedded in what owns the child. */
struct own_child {
	LIST_ENTRY(own_child) entry;
	pid_t pid;
};

/*
 * Before a start, and after it in the same thread: the child, or NULL when there is
 * none.  A start waits while starts rest.
 */
void own_children_begin(void);
void own_children_started(struct own_child *child);

/* It has been reaped. */
void own_children_reaped(struct own_child *child);

bool own_children_has(pid_t pid);

/*
 * False: a child is being started.  True: none is, and none will be until
 * own_children_resume(), which is to come soon and from the same thread: every child of
 * this process is in the list, or none of this library's.
 */
bool own_children_rest(void);

/* The same, and waits until no child is being started. */
void own_children_await_rest(void);
void own_children_resume(void);

#endif
