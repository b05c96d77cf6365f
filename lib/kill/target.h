/* SPDX-License-Identifier: ISC */

/* What is to be signalled: jobs, or what jobs have left behind. */
#ifndef KILL_TARGET_H
#define KILL_TARGET_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "kill/proc_list.h"

struct tree_target {
	/*
	 * Its pid, which is its process group as well.  The caller sees to it
	 * that it is not reaped meanwhile (a zombie will do): its group is
	 * signalled by number.  0: it has been reaped; what is left is found by
	 * the mark alone.
	 */
	pid_t leader;
	const char *job_mark; /* lent; NULL: none */
	/*
	 * A proc_now() from before the leader was started.  Whatever is older is no
	 * member.  0: unknown.
	 */
	unsigned long long started;
	/* See tree_kill.runner_dead. */
	unsigned long long leader_known_at;
};

typedef bool tree_known_fn(pid_t pid, void *arg);

/* Instead of targets: see tree_signal_orphans(). */
struct tree_orphans {
	unsigned long long since;
	tree_known_fn *known;
	void *arg;
};

/*
 * Many jobs to be signalled in one pass, with a memory: a member that was found once
 * is known again when nothing links it to its job any more (its parents are
 * dead and it has cleared its environment).  For a kill sequence keep one of
 * these from the first signal to the last.  All zero but targets and count is
 * a fresh one.
 */
struct tree_kill {
	const struct tree_target *targets; /* lent */
	size_t count;
	const struct tree_orphans *orphans; /* lent; NULL: the targets count */
	/*
	 * For who is not the runner, the parent of the leaders.  The runner is dead,
	 * the leaders may be reaped, and their numbers somebody else's: target.leader_known_at
	 * is a proc_now() at which the number was the leader's for certain, session
	 * was the runner's, and groups are checked by both.
	 */
	bool runner_dead;
	pid_t session;
	struct proc_list seen; /* tree_kill_fini() releases it */
	/*
	 * Add those that the caller has no right to signal to denied, unless a
	 * signal that can be caught is passed on to them by their parent.
	 */
	bool note_denied;
	struct proc_list denied;
};

#endif
