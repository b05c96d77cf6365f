/* SPDX-License-Identifier: ISC */

/*
 * What /proc tells about processes.
 *
 * Nothing here calls malloc(3), opendir(3) or stdio: lists grow by mmap(2).  So
 * all of it may run in any thread and in the child of a multi-threaded process.
 */
#ifndef EXEC_PROC_H
#define EXEC_PROC_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct proc {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	unsigned long long
	    started; /* ticks since boot; with pid it names a process for good */
	bool dead; /* a zombie: only its number is left */
	bool mark; /* the caller's own */
};

/* All zero is an empty list. */
struct proc_list {
	struct proc *all;
	size_t count;
	size_t room; /* bytes mapped at all */
};

/* Now in the unit of proc.started, rounded down as that is. */
unsigned long long proc_now(void);

/* -ESRCH when there is no such process. */
int proc_read(pid_t pid, struct proc *proc);

/*
 * All processes, sorted by pid, in place of what the list held.  -ENOENT when
 * /proc is not that of the caller's pid namespace.
 */
int proc_scan(struct proc_list *list);

/* NULL when it is not there.  The list must be sorted by pid. */
struct proc *proc_find(const struct proc_list *list, pid_t pid);

int proc_list_add(struct proc_list *list, const struct proc *proc);
void proc_list_fini(struct proc_list *list);

/*
 * Call fn for each child of the calling process, dead ones included, until it
 * returns other than 0, which is then returned.  A child that comes or goes
 * meanwhile may be missed.
 */
typedef int proc_child_fn(pid_t pid, void *arg);
int proc_children(proc_child_fn *fn, void *arg);

/*
 * Does the environment that the process was executed with hold PRUN_JOB_ID
 * with this token?  Its value is a list of tokens parted by '/'.  A token
 * matches one that is equal to it, or that goes on with a '.' where it ends:
 * "r1" matches "r1", "r1.7" and "r0.3/r1.7", not "r12".  False when the
 * environment cannot be read.
 */
bool proc_has_token(pid_t pid, const char *token);

/*
 * Send a signal to this very process, never to another that got its number.
 * sig 0 only asks.  -ESRCH when it is gone, -EPERM.
 */
int proc_signal(const struct proc *proc, int sig);

#endif
