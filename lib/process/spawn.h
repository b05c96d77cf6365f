/* SPDX-License-Identifier: ISC */

/* The start of one child: it makes a pid from a plan, or tells which step failed. */
#ifndef PROCESS_SPAWN_H
#define PROCESS_SPAWN_H

#include <sys/types.h>

#include "prun.h"

struct plan;

/* For functions that a process runs in the memory of the process that has started it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define NO_SANITIZE \
	__attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define NO_SANITIZE
#endif

/*
 * ThreadSanitizer cannot follow a process in shared memory, so with it there is none: a
 * child gets a copy of the memory.
 */
#ifdef __SANITIZE_THREAD__
#define SHARE_MEMORY 0
#else
#define SHARE_MEMORY CLONE_VM
#endif

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

/*
 * Close all descriptors from first to last.  It makes system calls alone, so a child may
 * call it before it executes its program.  Before Linux 5.9 it leaves open what was opened
 * above a limit that was lowered afterwards.
 */
void spawn_close(unsigned first, unsigned last);

void *spawn_stack_new(void);
void spawn_stack_free(void *stack);

#endif
