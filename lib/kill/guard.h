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
 * Make a table with that many slots, numbered from 0.  No process is started yet.
 * run_mark is copied: every job mark of the run is equal to it or begins with it and a
 * '.' (see job_mark_match()).  NULL: the jobs have no marks.
 */
int guard_new(size_t slots, const char *run_mark, struct guard **guardp);

/*
 * Have the guard hold fd open too (a descriptor above 2; -1: none), so that a lock on
 * it lasts as long as a job that outlives the runner.  Call it before guard_start().
 * The caller still owns fd.
 */
void guard_hold(struct guard *guard, int fd);

/*
 * Have the guard, when the runner has died and no job is left, read all bytes that are
 * in the pipe pipe_fd and write them to the descriptor of guard_hold().  The pipe is
 * non-blocking.  The conditions of guard_hold() hold for pipe_fd too.
 */
void guard_return(struct guard *guard, int pipe_fd);

/*
 * Start the stand-in: a process that does the guard's work until guard_start() is
 * called.  It runs in the runner's memory, so starting it costs a tenth of a fork; but
 * what the kernel does to all processes that share one memory (to kill them when memory
 * is short, or when one of them dumps core) ends the stand-in as well.  Where no
 * stand-in is possible the guard itself is started.
 */
int guard_start_stand_in(struct guard *guard);

/*
 * Start the guard's process.  Returns 0, also when it runs already, or -errno.  This is
 * one fork(2) of the caller: some hundred microseconds in a small process.  Owner's
 * thread; other threads may call guard_set() and guard_clear() meanwhile.
 */
int guard_start(struct guard *guard);

/*
 * Note a leader, whose pid is also its process group, in a slot; or clear the slot.
 * Any thread.  Set the slot as soon as the leader is started and clear it before the
 * leader is reaped: as long as the slot is set, the leader's pid must not become
 * another process's.  Each call is one store and no system call.
 */
void guard_set(struct guard *guard, size_t slot, pid_t leader);
void guard_clear(struct guard *guard, size_t slot);

/* The pid of the guard, or of the stand-in while there is no guard; 0 if neither runs. */
pid_t guard_pid(const struct guard *guard);

/*
 * No job is left: send SIGKILL to the guard and the stand-in now, so that they are dead
 * by the time guard_free() waits for them.  NULL is fine.
 */
void guard_end(const struct guard *guard);

/* End and reap the guard; the jobs are left alone.  NULL is fine. */
void guard_free(struct guard *guard);

#endif
