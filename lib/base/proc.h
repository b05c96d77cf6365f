/* SPDX-License-Identifier: ISC */

/*
 * A process as /proc shows it.
 *
 * Nothing here calls malloc(3), opendir(3) or stdio, so all of it may run in any thread
 * and in the child of a multi-threaded process.
 */
#ifndef BASE_PROC_H
#define BASE_PROC_H

#include <sys/types.h>

#include <stdbool.h>

struct proc {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	unsigned long long started; /* ticks since boot; with pid an identity */
	bool dead; /* a zombie: only its number is left */
	bool
	    had_children; /* from a child, which has ended and been waited for */
	unsigned char role; /* for the owner of a list; 0 at first */
};

/* Now in the unit of proc.started, rounded down as that is. */
unsigned long long proc_now(void);

/* 0, -ESRCH when there is no such process, or -errno. */
int proc_read(pid_t pid, struct proc *proc);

/* The same; name is the process's directory below the open directory dir. */
int proc_read_at(int dir, const char *name, pid_t pid, struct proc *proc);

/*
 * Send a signal to this very process, never to another that got its number.
 * sig 0 only asks.  -ESRCH when it is gone, -EPERM.
 */
int proc_signal(const struct proc *proc, int sig);

#endif
