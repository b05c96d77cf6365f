/* SPDX-License-Identifier: ISC */

/* How a process ended, in the terms of a prun_result. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <signal.h>

/* The exit status that a shell would report: 0-255, or 128 + *sig. */
int status_of(const siginfo_t *info, int *sig);

/* 127 if execve(2) found no program, 126 if it could not execute it. */
int status_of_exec_error(int error);

/* "TERM", "SIGTERM", "15" -> 15; 0 when there is no such signal. */
int status_signal(const char *name, size_t len);

#endif
