/* SPDX-License-Identifier: ISC */

/* One look at all processes, and which of them are members of what is hunted. */
#ifndef KILL_SNAPSHOT_H
#define KILL_SNAPSHOT_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/proc_list.h"
#include "kill/tree.h"

/* What proc.mark tells. */
enum tree_mark {
	TREE_STRANGER = 0,
	TREE_MEMBER,
	TREE_KILLED, /* a member that has got SIGKILL */
};

/* One call: how the world looked, from whose point of view. */
struct tree_view {
	struct tree_hunt *hunt;
	struct proc_list list;
	pid_t self;
	pid_t group;
	pid_t session; /* the runner's */
	bool reaper; /* orphans become children of self */
	unsigned long long since; /* members are not older */
	/* When set, orphans are looked for, not targets. */
	tree_known_fn *known;
	void *arg;
};

/* The hunt is lent. */
void tree_view_init(struct tree_view *view, struct tree_hunt *hunt);
void tree_view_fini(struct tree_view *view);

/* Look anew: members get the mark TREE_MEMBER.  0 or -errno. */
int tree_view_scan(struct tree_view *view);

/* The member of hunt->met that this is, or NULL. */
struct proc *tree_view_met(const struct tree_view *view,
    const struct proc *proc);

#endif
