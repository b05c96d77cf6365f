/* SPDX-License-Identifier: ISC */

/*
 * Decides from one look at all processes which are members of a job.  Knows a job only as
 * a target (its leader's number, its mark, when it was started), and sends no signal.
 */
#include <sys/types.h>
#include <sys/prctl.h>

#include <limits.h>
#include <unistd.h>

#include "base/proc.h"
#include "kill/job_mark.h"
#include "kill/snapshot.h"

void
snapshot_init(struct snapshot *snapshot, struct tree_kill *tree)
{
	int on = 0;
	size_t i;

	*snapshot = (struct snapshot){ .tree = tree, .since = ULLONG_MAX };
	snapshot->self = getpid();
	snapshot->group = getpgrp();
	snapshot->session = tree->runner_dead ? tree->session : getsid(0);
	snapshot->reaper = !tree->runner_dead &&
	    prctl(PR_GET_CHILD_SUBREAPER, &on) == 0 && on != 0;
	if (tree->orphans != NULL) {
		snapshot->since = tree->orphans->since;
		snapshot->known = tree->orphans->known;
		snapshot->arg = tree->orphans->arg;
	}
	for (i = 0; i < tree->count; i++) {
		if (tree->targets[i].started < snapshot->since)
			snapshot->since = tree->targets[i].started;
	}
}

void
snapshot_fini(struct snapshot *snapshot)
{
	proc_list_fini(&snapshot->list);
}

static bool
is_candidate(const struct snapshot *snapshot, const struct proc *proc)
{
	return proc->role == TREE_STRANGER && proc->pid != snapshot->self &&
	    proc->pid > 1 && proc->started >= snapshot->since;
}

struct proc *
snapshot_seen(const struct snapshot *snapshot, const struct proc *proc)
{
	const struct proc_list *seen = &snapshot->tree->seen;
	size_t i;

	for (i = seen->count; i-- > 0;) {
		if (seen->all[i].pid == proc->pid &&
		    seen->all[i].started == proc->started)
			return seen->all + i;
	}
	return NULL;
}

/*
 * The runner is dead, so the leader's pid may be another process's by now: does proc
 * still belong to the leader's group?
 */
static bool
is_still_leader(const struct snapshot *snapshot,
    const struct tree_target *target, const struct proc *proc)
{
	const struct proc *leader;

	if (proc->session != snapshot->session &&
	    proc->session != target->leader)
		return false;
	leader = proc_find(&snapshot->list, target->leader);
	/*
	 * If the leader is gone and its group has members, the number still means that
	 * group: the kernel gives a pid to nobody as long as a group with that number
	 * exists.
	 */
	return leader == NULL || leader->started <= target->leader_known_at;
}

static bool
is_in_group(const struct snapshot *snapshot, const struct tree_target *target,
    const struct proc *proc)
{
	if (target->leader <= 1 || proc->started < target->started)
		return false;
	if (proc->pid != target->leader && proc->group != target->leader)
		return false;
	return !snapshot->tree->runner_dead ||
	    is_still_leader(snapshot, target, proc);
}

static bool
is_seed(const struct snapshot *snapshot, const struct proc *proc)
{
	const struct tree_kill *tree = snapshot->tree;
	size_t i;

	if (snapshot_seen(snapshot, proc) != NULL)
		return true;
	if (snapshot->known != NULL)
		return proc->parent == snapshot->self &&
		    !snapshot->known(proc->pid, snapshot->arg);
	for (i = 0; i < tree->count; i++) {
		if (is_in_group(snapshot, tree->targets + i, proc))
			return true;
	}
	return false;
}

static bool
has_job_mark(const struct snapshot *snapshot, const struct proc *proc)
{
	const struct tree_target *target;
	struct job_marks marks;
	size_t i;

	if (proc->dead || (snapshot->reaper && proc->parent != snapshot->self))
		return false;
	job_marks_read(proc->pid, &marks);
	for (i = 0; i < snapshot->tree->count; i++) {
		target = snapshot->tree->targets + i;
		if (target->job_mark != NULL &&
		    proc->started >= target->started &&
		    job_marks_match(&marks, target->job_mark))
			return true;
	}
	return false;
}

/*
 * Nobody can join a session: a process in a session that a member made descends from
 * that member.
 */
static bool
is_in_session(const struct snapshot *snapshot, const struct proc *proc)
{
	const struct proc_list *list = &snapshot->list,
			       *seen = &snapshot->tree->seen;
	const struct proc *maker;
	size_t i;

	if (snapshot->known != NULL || proc->session <= 0 ||
	    proc->session == snapshot->session)
		return false;
	maker = proc_find(list, proc->session);
	if (maker != NULL)
		return maker->role != TREE_STRANGER;
	for (i = 0; i < list->count; i++) {
		if (list->all[i].role != TREE_STRANGER &&
		    list->all[i].session == proc->session)
			return true;
	}
	for (i = 0; i < seen->count; i++) {
		if (seen->all[i].session == proc->session)
			return true;
	}
	return false;
}

static bool
is_descendant(const struct snapshot *snapshot, const struct proc *proc)
{
	const struct proc *parent;

	parent = proc_find(&snapshot->list, proc->parent);
	if (parent != NULL && parent->role != TREE_STRANGER)
		return true;
	return is_in_session(snapshot, proc);
}

typedef bool member_fn(const struct snapshot *snapshot,
    const struct proc *proc);

/*
 * Mark those strangers as members for which fn is true.  Returns whether there were
 * any.
 */
static bool
mark_members(struct snapshot *snapshot, member_fn *fn)
{
	struct proc *proc, *end = snapshot->list.all + snapshot->list.count;
	bool any = false;

	for (proc = snapshot->list.all; proc < end; proc++) {
		if (is_candidate(snapshot, proc) && fn(snapshot, proc)) {
			proc->role = TREE_MEMBER;
			any = true;
		}
	}
	return any;
}

/*
 * The list is sorted by pid, and most parents have lower pids than their children, so
 * few passes are enough.
 */
static void
mark_descendants(struct snapshot *snapshot)
{
	while (mark_members(snapshot, is_descendant))
		continue;
}

int
snapshot_scan(struct snapshot *snapshot)
{
	int error;

	error = proc_scan(&snapshot->list);
	if (error != 0)
		return error;
	(void)mark_members(snapshot, is_seed);
	mark_descendants(snapshot);
	/*
	 * has_job_mark() reads files in /proc, so it comes last, when fewer processes
	 * are left to look at.
	 */
	if (snapshot->known == NULL && mark_members(snapshot, has_job_mark))
		mark_descendants(snapshot);
	return 0;
}
