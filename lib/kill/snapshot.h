/* SPDX-License-Identifier: ISC */

/*
 * The jobs to be killed, one look at all processes, and which of these are members of
 * the jobs.
 */
#ifndef KILL_SNAPSHOT_H
#define KILL_SNAPSHOT_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/proc_list.h"

/* What is to be signalled: jobs, or what jobs have left behind. */

struct tree_target {
	/*
	 * The leader's pid, which is its process group as well.  The caller makes sure
	 * that the leader, alive or dead, is not reaped meanwhile, because its group is
	 * signalled by number.  0: the leader has been reaped; the other members are
	 * found by the mark.
	 */
	pid_t leader;
	const char *job_mark; /* lent; NULL: none */
	/*
	 * A proc_now() from before the leader was started: an older process is no
	 * member.  0: unknown.
	 */
	unsigned long long started;
	/* See tree_kill.runner_dead. */
	unsigned long long leader_known_at;
};

typedef bool tree_known_fn(pid_t pid, void *arg);

/* Orphans that are signalled instead of targets: see tree_signal_orphans(). */
struct tree_orphans {
	unsigned long long since;
	tree_known_fn *known;
	void *arg;
};

/*
 * Many jobs that are signalled in one pass, and a memory of their members: a member
 * that was found once is known again even when nothing links it to its job any more
 * (its parents are dead and it has cleared its environment).  Use the same one for a
 * whole kill sequence.  In a new one everything but targets and count is zero.
 */
struct tree_kill {
	const struct tree_target *targets; /* lent */
	size_t count;
	const struct tree_orphans *orphans; /* lent; NULL: signal the targets */
	/*
	 * Set by the guard: the runner, which was the parent of the leaders, is dead,
	 * so a leader may have been reaped and its pid be another process's.  A process
	 * is taken for one of the leader's group only if it is in the runner's session
	 * or in the leader's own, and if no process that started after
	 * target.leader_known_at (a proc_now() at which the leader certainly lived) has
	 * the leader's pid.
	 */
	bool runner_dead;
	pid_t session; /* the runner's session; only used with runner_dead */
	struct proc_list seen; /* all members that were found so far */
	/*
	 * Add to denied the members that the caller has no right to signal, unless
	 * their parent can catch the signal and passes it on.
	 */
	bool note_denied;
	struct proc_list denied;
};

/* Values of proc.role. */
enum tree_role {
	TREE_STRANGER = 0,
	TREE_MEMBER,
	TREE_KILLED, /* a member that has got SIGKILL */
};

/*
 * All processes as they were at the last look, and what is known of the process that
 * looks.
 */
struct snapshot {
	struct tree_kill *tree;
	struct proc_list list;
	pid_t self;
	pid_t group;
	pid_t session; /* the runner's */
	/* Self is a child subreaper: orphans become its children. */
	bool reaper;
	/* A proc_now(): no member was started before. */
	unsigned long long since;
	/*
	 * If known is set, the members are orphans and their descendants, and the
	 * targets are not looked at.
	 */
	tree_known_fn *known;
	void *arg;
};

/* The snapshot borrows the tree until snapshot_fini(). */
void snapshot_init(struct snapshot *snapshot, struct tree_kill *tree);
void snapshot_fini(struct snapshot *snapshot);

/* Take a new look: all members get the role TREE_MEMBER.  0 or -errno. */
int snapshot_scan(struct snapshot *snapshot);

/* The entry of tree->seen for the same process, or NULL. */
struct proc *snapshot_seen(const struct snapshot *snapshot,
    const struct proc *proc);

#endif
