/* SPDX-License-Identifier: ISC */

/*
 * Lists of processes: all processes, and the caller's children.  As in proc.h, any
 * thread and the child of a multi-threaded process may call these.
 */
#ifndef KILL_PROC_LIST_H
#define KILL_PROC_LIST_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/proc.h"

/* All zero is an empty list. */
struct proc_list {
	struct proc *all;
	size_t count;
	size_t room; /* bytes that are mapped */
};

/* The process with that pid, or NULL.  The list must be sorted by pid. */
struct proc *proc_find(const struct proc_list *list, pid_t pid);

int proc_list_add(struct proc_list *list, const struct proc *proc);
void proc_list_fini(struct proc_list *list);

/*
 * Fill the list with all processes, sorted by pid; what it held before is dropped.
 * -ENOENT when /proc does not belong to the caller's pid namespace.
 */
int proc_scan(struct proc_list *list);

/*
 * Call fn for each child of the calling process, dead ones included, until fn returns
 * 1, which is then returned.  A child that is started or reaped meanwhile may be
 * missed.
 */
typedef int proc_child_fn(pid_t pid, void *arg);
int proc_children(proc_child_fn *fn, void *arg);

#endif
