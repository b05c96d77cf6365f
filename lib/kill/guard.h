/* SPDX-License-Identifier: ISC */

/*
 * The guard: a small process that kills the jobs when the runner itself has been killed.
 *
 * The runner notes its leaders in a table that both processes share.  When the runner
 * dies without having freed its guard, the guard sends SIGKILL to the groups in the table
 * and to all processes with the run's mark, until none is left; then the guard ends.
 *
 * The guard holds none of the runner's descriptors, save for those that it is told to hold.
 * It has a session of its own, stands in "/", and blocks every signal: only SIGKILL ends
 * it.
 */
#ifndef KILL_GUARD_H
#define KILL_GUARD_H

#include <sys/types.h>

#include <stddef.h>

struct guard;

/*
 * Make a table of so many slots, numbered from 0; the process does not run yet.  run_mark
 * is copied: every job mark of the run is equal to it or begins with it and a '.' (see
 * job_mark_match()).  NULL: the jobs have no marks.
 */
int guard_new(size_t slots, const char *run_mark, struct guard **guardp);

/*
 * Have the guard hold fd open too (above 2; -1: none), so that a lock on it lasts as long
 * as a job that outlives the runner.  Call it before guard_start().  fd stays the
 * caller's.
 */
void guard_hold(struct guard *guard, int fd);

/*
 * When the runner has died and no job is left, have the guard write to the descriptor of
 * guard_hold() what is in that pipe, which is non-blocking.  The same holds for it.
 */
void guard_return(struct guard *guard, int pipe_fd);

/*
 * Start a process that stands in for the guard until guard_start(): it runs in the runner's
 * memory, so it costs a tenth of a fork, but what the kernel does to all processes of one
 * memory (for want of memory, or to write a core) ends it as well.  Where there can be none
 * the guard itself is started.
 */
int guard_start_stand_in(struct guard *guard);

/*
 * Start the process; 0 as well when it runs already.  This is one fork(2) of the caller:
 * some hundred microseconds in a small process.  Owner's thread; others may call
 * guard_set() and guard_clear() meanwhile.
 */
int guard_start(struct guard *guard);

/*
 * Note a leader, whose pid is its process group, or strike it out.  Any thread.  Note it
 * as soon as it is started and strike it out before it is reaped: while it stands there
 * nobody else may get its number.  This is a store and no system call.
 */
void guard_set(struct guard *guard, size_t slot, pid_t leader);
void guard_clear(struct guard *guard, size_t slot);

/* That of the stand-in, as long as it stands in; 0 while there is no process. */
pid_t guard_pid(const struct guard *guard);

/* No job is left: what the guard and its stand-in need to end they can have now.  NULL is fine. */
void guard_end(const struct guard *guard);

/* End and reap the guard; the jobs are left alone.  NULL is fine. */
void guard_free(struct guard *guard);

#endif
