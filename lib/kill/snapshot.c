/* SPDX-License-Identifier: ISC */

/*
 * Decides from one look at all processes who is a member of a job.  Knows jobs
 * only as targets (a leader's number, a token, a start), and sends no signal.
 */
#include <sys/types.h>
#include <sys/prctl.h>

#include <limits.h>
#include <unistd.h>

#include "kill/proc.h"
#include "kill/rlimit_mark.h"
#include "kill/snapshot.h"

void
tree_view_init(struct tree_view *view, struct tree_hunt *hunt)
{
	int on = 0;
	size_t i;

	*view = (struct tree_view){ .hunt = hunt, .since = ULLONG_MAX };
	view->self = getpid();
	view->group = getpgrp();
	view->session = hunt->runner_dead ? hunt->session : getsid(0);
	view->reaper = !hunt->runner_dead &&
	    prctl(PR_GET_CHILD_SUBREAPER, &on) == 0 && on != 0;
	if (hunt->orphans != NULL) {
		view->since = hunt->orphans->since;
		view->known = hunt->orphans->known;
		view->arg = hunt->orphans->arg;
	}
	for (i = 0; i < hunt->count; i++) {
		if (hunt->targets[i].started < view->since)
			view->since = hunt->targets[i].started;
	}
}

void
tree_view_fini(struct tree_view *view)
{
	proc_list_fini(&view->list);
}

static bool
is_candidate(const struct tree_view *view, const struct proc *proc)
{
	return proc->mark == TREE_STRANGER && proc->pid != view->self &&
	    proc->pid > 1 && proc->started >= view->since;
}

struct proc *
tree_view_met(const struct tree_view *view, const struct proc *proc)
{
	const struct proc_list *met = &view->hunt->met;
	size_t i;

	for (i = met->count; i-- > 0;) {
		if (met->all[i].pid == proc->pid &&
		    met->all[i].started == proc->started)
			return met->all + i;
	}
	return NULL;
}

/* The runner is dead: does the number still stand for the leader that it knew? */
static bool
is_still_leader(const struct tree_view *view, const struct tree_target *target,
    const struct proc *proc)
{
	const struct proc *leader;

	if (proc->session != view->session && proc->session != target->leader)
		return false;
	leader = proc_find(&view->list, target->leader);
	/* While its group has members, nobody else can get its number. */
	return leader == NULL || leader->started <= target->seen;
}

static bool
is_in_group(const struct tree_view *view, const struct tree_target *target,
    const struct proc *proc)
{
	if (target->leader <= 1 || proc->started < target->started)
		return false;
	if (proc->pid != target->leader && proc->group != target->leader)
		return false;
	return !view->hunt->runner_dead || is_still_leader(view, target, proc);
}

static bool
is_seed(const struct tree_view *view, const struct proc *proc)
{
	const struct tree_hunt *hunt = view->hunt;
	size_t i;

	if (tree_view_met(view, proc) != NULL)
		return true;
	if (view->known != NULL)
		return proc->parent == view->self &&
		    !view->known(proc->pid, view->arg);
	for (i = 0; i < hunt->count; i++) {
		if (is_in_group(view, hunt->targets + i, proc))
			return true;
	}
	return false;
}

static bool
has_token(const struct tree_view *view, const struct proc *proc)
{
	const struct tree_target *target;
	struct proc_brand brand;
	size_t i;

	if (proc->dead || (view->reaper && proc->parent != view->self))
		return false;
	proc_brand_read(proc->pid, &brand);
	for (i = 0; i < view->hunt->count; i++) {
		target = view->hunt->targets + i;
		if (target->token != NULL && proc->started >= target->started &&
		    proc_brand_match(&brand, target->token))
			return true;
	}
	return false;
}

/* A session cannot be joined: who is in one that a member made descends from it. */
static bool
is_in_session(const struct tree_view *view, const struct proc *proc)
{
	const struct proc_list *list = &view->list, *met = &view->hunt->met;
	const struct proc *maker;
	size_t i;

	if (view->known != NULL || proc->session <= 0 ||
	    proc->session == view->session)
		return false;
	maker = proc_find(list, proc->session);
	if (maker != NULL)
		return maker->mark != TREE_STRANGER;
	for (i = 0; i < list->count; i++) {
		if (list->all[i].mark != TREE_STRANGER &&
		    list->all[i].session == proc->session)
			return true;
	}
	for (i = 0; i < met->count; i++) {
		if (met->all[i].session == proc->session)
			return true;
	}
	return false;
}

static bool
is_descendant(const struct tree_view *view, const struct proc *proc)
{
	const struct proc *parent;

	parent = proc_find(&view->list, proc->parent);
	if (parent != NULL && parent->mark != TREE_STRANGER)
		return true;
	return is_in_session(view, proc);
}

typedef bool member_fn(const struct tree_view *view, const struct proc *proc);

/* Mark the candidates for which fn is true.  Returns whether there were any. */
static bool
mark(struct tree_view *view, member_fn *fn)
{
	struct proc *proc, *end = view->list.all + view->list.count;
	bool any = false;

	for (proc = view->list.all; proc < end; proc++) {
		if (is_candidate(view, proc) && fn(view, proc)) {
			proc->mark = TREE_MEMBER;
			any = true;
		}
	}
	return any;
}

/* Parents mostly have lower numbers than their children, so this is quick. */
static void
mark_descendants(struct tree_view *view)
{
	while (mark(view, is_descendant))
		continue;
}

int
tree_view_scan(struct tree_view *view)
{
	int error;

	error = proc_scan(&view->list);
	if (error != 0)
		return error;
	(void)mark(view, is_seed);
	mark_descendants(view);
	/* Files are to be read for this one: last, and for those left over only. */
	if (view->known == NULL && mark(view, has_token))
		mark_descendants(view);
	return 0;
}
