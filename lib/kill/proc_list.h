/* SPDX-License-Identifier: ISC */

/*
 * Lists of processes: all processes, and the caller's children.  As in proc.h, any
 * thread and the child of a multi-threaded process may call these.
 */
#ifndef KILL_PROC_LIST_H
#define KILL_PROC_LIST_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/proc.h"

/* All zero is an empty list. */
struct proc_list {
	struct proc *all;
	size_t count;
	size_t room; /* bytes that are mapped */
};

/* The process with that pid, or NULL.  The list must be sorted by pid. */
struct proc *proc_find(const struct proc_list *list, pid_t pid);

int proc_list_add(struct proc_list *list, const struct proc *proc);
void proc_list_fini(struct proc_list *list);

/*
 * Fill the list with all processes, sorted by pid; what it held before is dropped.
 * -ENOENT when /proc does not belong to the caller's pid namespace.
 */
int proc_scan(struct proc_list *list);

/*
 * Call fn for each child of the calling process, dead ones included, until fn returns
 * 1, which is then returned.  A child that is started or reaped meanwhile may be
 * missed.
 */
typedef int proc_child_fn(pid_t pid, void *arg);
int proc_children(proc_child_fn *fn, void *arg);

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

#endif
