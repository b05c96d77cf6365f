/* SPDX-License-Identifier: ISC */

/* The start of one child: from a plan to a pid, or to the step that failed. */
#ifndef PROCESS_SPAWN_H
#define PROCESS_SPAWN_H

#include <sys/types.h>

#include "prun.h"

struct plan;

struct spawned {
	pid_t pid;
	int pidfd; /* close-on-exec; the caller's */
	enum prun_step step; /* that failed */
	int error; /* errno value, or 0 */
};

/*
 * spawn(&plan, fds, stack, &s): fds are what becomes 0, 1 and 2 of the child;
 * -1 leaves the caller's.  They stay the caller's.  Returns when the program
 * runs: 0, or -errno, and s tells the step.  stack: from spawn_stack_new(), for
 * one thread at a time; the plan is written to.
 */
int spawn(struct plan *plan, const int fds[3], void *stack, struct spawned *s);

void *spawn_stack_new(void);
void spawn_stack_free(void *stack);

#endif
