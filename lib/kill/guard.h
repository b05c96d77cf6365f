/* SPDX-License-Identifier: ISC */

/*
 * A small process that kills the jobs when the runner was killed itself.
 *
 * The runner notes its leaders in a table that both share.  When the runner is
 * gone without having freed its guard, the guard kills (SIGKILL) the noted
 * groups and everything that carries the run's mark, until nothing of it is
 * left; then it ends.
 *
 * The guard holds none of the runner's descriptors but one that it is told to,
 * sits in a session of its own, in "/", with every signal blocked: only SIGKILL
 * ends it.
 */
#ifndef KILL_GUARD_H
#define KILL_GUARD_H

#include <sys/types.h>

#include <stddef.h>

struct guard;

/*
 * A table of so many slots, numbered from 0; no process yet.  All job marks of
 * the run are run_mark or begin with it and a '.' (see job_mark_match()); it
 * is copied; NULL: none.
 */
int guard_new(size_t slots, const char *run_mark, struct guard **guardp);

/*
 * Have the process hold fd open, too (above 2, -1: none): a lock on it lasts as
 * long as a job that outlives the runner.  Before guard_start(); fd stays the caller's.
 */
void guard_hold(struct guard *guard, int fd);

/*
 * Start the process; 0 as well when it runs already.  Costs one fork(2) of the
 * caller: some hundred microseconds in a small process.  Owner's thread, while
 * others may call _set() and _clear().
 */
int guard_start(struct guard *guard);

/*
 * Note a leader (pid == process group), or strike it out.  Any thread.  Set it
 * as soon as it is started and clear it before it is reaped: as long as it
 * stands there its number must be its own.  A store, no system call.
 */
void guard_set(struct guard *guard, size_t slot, pid_t leader);
void guard_clear(struct guard *guard, size_t slot);

/* 0 while there is no process. */
pid_t guard_pid(const struct guard *guard);

/* End and reap the guard; the jobs are left alone.  NULL is fine. */
void guard_free(struct guard *guard);

#endif
