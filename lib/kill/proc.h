/* SPDX-License-Identifier: ISC */

/*
 * What /proc tells about processes.
 *
 * Nothing here calls malloc(3), opendir(3) or stdio: lists grow by mmap(2).  So
 * all of it may run in any thread and in the child of a multi-threaded process.
 */
#ifndef KILL_PROC_H
#define KILL_PROC_H

#include <sys/types.h>

#include <stddef.h>

#include "kill/proc_list.h"

/* Now in the unit of proc.started, rounded down as that is. */
unsigned long long proc_now(void);

/* -ESRCH when there is no such process. */
int proc_read(pid_t pid, struct proc *proc);

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

/*
 * Send a signal to this very process, never to another that got its number.
 * sig 0 only asks.  -ESRCH when it is gone, -EPERM.
 */
int proc_signal(const struct proc *proc, int sig);

#endif
