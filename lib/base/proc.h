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

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Reading directories of /proc whose entries are numbers, and writing such numbers
 * as text.  All these functions are async-signal-safe, unlike readdir(3) and
 * snprintf(3).
 */

/*
 * Append text, or a number, to a string that has room for it.  Returns the end of
 * the string, for the next call.
 */
char *proc_dir_put(char *to, const char *text);
char *proc_dir_put_number(char *to, uint64_t number);

/* The number that name stands for; 0 if name is no number. */
pid_t proc_dir_number(const char *name);

typedef int proc_dir_fn(int dir, const char *name, void *arg);

struct proc_dir_place {
	pid_t number; /* the highest so far */
	/* The offset in /proc, for lseek(2), where higher numbers follow. */
	off_t next;
};

/*
 * Call fn for each entry of dir whose name is a number.  dir is an open descriptor
 * and is read from its current offset on.  When fn returns a value other than 0, the
 * function returns that value at once; else it returns 0 or -errno.  last may be
 * NULL.
 */
int proc_dir_each(int dir, proc_dir_fn *fn, void *arg,
    struct proc_dir_place *last);

/* How a process ended, in the terms of a prun_result. */

/* The exit status that a shell would report: 0-255, or 128 + *sig. */
int status_of(const siginfo_t *info, int *sig);

/* 127 if execve(2) found no program, 126 if it could not execute it. */
int status_of_exec_error(int error);

/* "TERM", "SIGTERM", "15" -> 15; 0 when there is no such signal. */
int status_signal(const char *name, size_t len);

struct proc {
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	unsigned long long started; /* ticks since boot; with pid an identity */
	bool dead; /* a zombie: only its number is left */
	bool
	    had_children; /* a child of it has ended, and it has waited for that child */
	/* Free for the owner of a list of processes; 0 at first. */
	unsigned char role;
};

/* The current time in the unit of proc.started, rounded down as proc.started is. */
unsigned long long proc_now(void);

/* Read what /proc tells of a process.  0; -ESRCH: there is no such process; or -errno. */
int proc_read(pid_t pid, struct proc *proc);

/* The same; name is the directory of the process, below the open directory dir. */
int proc_read_at(int dir, const char *name, pid_t pid, struct proc *proc);

/*
 * Read a small file of the process's directory in /proc, as a string: at most size - 1
 * bytes of it.  Returns the length, or -errno and data is not set.
 */
ssize_t proc_read_file(pid_t pid, const char *file, char *data, size_t size);

/*
 * Send a signal to exactly this process, never to another one that got its number.
 * sig 0 only asks whether it is there.  0; -ESRCH: it is gone; -EPERM.
 */
int proc_signal(const struct proc *proc, int sig);

#endif
