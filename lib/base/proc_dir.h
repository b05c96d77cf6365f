/* SPDX-License-Identifier: ISC */

/*
 * Directories of /proc whose entries are numbers, and such numbers as text.
 * All of it is async-signal-safe, unlike readdir(3) and snprintf(3).
 */
#ifndef BASE_PROC_DIR_H
#define BASE_PROC_DIR_H

#include <sys/types.h>

/* Append to a string that has room for it.  Returns its end, for the next call. */
char *proc_dir_put(char *to, const char *text);
char *proc_dir_put_pid(char *to, pid_t pid);

/* 0 when the name is no number. */
pid_t proc_dir_number(const char *name);

typedef int proc_dir_fn(int dir, const char *name, void *arg);

struct proc_dir_place {
	pid_t number; /* the highest so far */
	/* Where higher numbers stand in /proc, for lseek(2). */
	off_t next;
};

/*
 * Call fn for each entry of dir whose name is a number.  dir is open and is read from its
 * offset on.  When fn returns other than 0, that is returned at once; else 0 or -errno.
 * last may be NULL.
 */
int proc_dir_each(int dir, proc_dir_fn *fn, void *arg,
    struct proc_dir_place *last);

#endif
