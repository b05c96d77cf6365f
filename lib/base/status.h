/* SPDX-License-Identifier: ISC */

/* How a process ended, in the words of a prun_result. */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <signal.h>

/* The exit status that a shell would tell of it: 0-255, 128 + signal. */
int status_of(const siginfo_t *info, int *sig);

/* 127 when the program is not there, 126 when it cannot be executed. */
int status_of_exec_error(int error);

/* "TERM", "SIGTERM", "15" -> 15; 0 when there is no such signal. */
int status_signal(const char *name, size_t len);

#endif
