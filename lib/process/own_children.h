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

/* Before a start, whose pid is not known yet. */
void own_children_begin(void);

/* After it: the child, or NULL when there is none. */
void own_children_started(struct own_child *child);

/* It has been reaped. */
void own_children_reaped(struct own_child *child);

bool own_children_has(pid_t pid);

/* Is one being started right now? */
bool own_children_are_starting(void);

#endif
