/* SPDX-License-Identifier: ISC */

/*
 * Lists of processes, all that there are, and the caller's children.  As in proc.h, any
 * thread and the child of a multi-threaded process may call these.
 */
#ifndef KILL_PROC_LIST_H
#define KILL_PROC_LIST_H

#include <stddef.h>

#include "base/proc.h"

/* All zero is an empty list. */
struct proc_list {
	struct proc *all;
	size_t count;
	size_t room; /* bytes mapped at all */
};

/* NULL when it is not there.  The list must be sorted by pid. */
struct proc *proc_find(const struct proc_list *list, pid_t pid);

int proc_list_add(struct proc_list *list, const struct proc *proc);
void proc_list_fini(struct proc_list *list);

/*
 * All processes, sorted by pid, in place of what the list held.  -ENOENT when
 * /proc is not that of the caller's pid namespace.
 */
int proc_scan(struct proc_list *list);

/*
 * Call fn for each child of the calling process, dead ones included, until it
 * returns 1, which is then returned.  A child that comes or goes
 * meanwhile may be missed.
 */
typedef int proc_child_fn(pid_t pid, void *arg);
int proc_children(proc_child_fn *fn, void *arg);

#endif
