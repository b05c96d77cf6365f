/* SPDX-License-Identifier: ISC */

/* A process as /proc showed it, and lists of such. */
#ifndef KILL_PROC_LIST_H
#define KILL_PROC_LIST_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

struct proc {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	unsigned long long started; /* ticks since boot; with pid an identity */
	bool dead; /* a zombie: only its number is left */
	bool
	    had_children; /* from a child, which has ended and been waited for */
	unsigned char role; /* the owner's of the list; 0 at first */
};

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

#endif
