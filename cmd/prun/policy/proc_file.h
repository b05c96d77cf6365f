/* SPDX-License-Identifier: ISC */

/* Files of /proc and /sys, which are lines with names and numbers. */
#ifndef POLICY_PROC_FILE_H
#define POLICY_PROC_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* line is without its newline, and lent.  True: no more lines are wanted. */
typedef bool proc_line_fn(const char *line, void *arg);

/* Calls fn for each line until it returns true.  0 or -errno. */
int proc_each_line(const char *path, proc_line_fn *fn, void *arg);

/* "name   123 kB", "name: 123": the number behind the name.  False: another line. */
bool proc_take_number(const char *line, const char *name, uint64_t *number);

#endif
