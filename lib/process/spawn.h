/* SPDX-License-Identifier: ISC */

/* The start of one child: it makes a pid from a plan, or tells which step failed. */
#ifndef PROCESS_SPAWN_H
#define PROCESS_SPAWN_H

#include <sys/types.h>

#include "prun.h"

struct plan;

struct spawned {
	pid_t pid;
	int pidfd; /* close-on-exec; it belongs to the caller */
	enum prun_step step; /* the step that failed */
	int error; /* errno value, or 0 */
};

/*
 * spawn(&plan, fds, stack, &s);
 *
 * Start a child whose descriptors 0, 1 and 2 are copies of fds; -1 leaves those of
 * the caller.  fds stay the caller's.  It returns when the program runs.  0; or
 * -errno: s tells which step failed.  stack is from spawn_stack_new(), for one
 * thread at a time.  The plan is written to.
 */
int spawn(struct plan *plan, const int fds[3], void *stack, struct spawned *s);

void *spawn_stack_new(void);
void spawn_stack_free(void *stack);

#endif
