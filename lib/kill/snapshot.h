/* SPDX-License-Identifier: ISC */

/* One look at all processes, and which of them are members of what is to be killed. */
#ifndef KILL_SNAPSHOT_H
#define KILL_SNAPSHOT_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/proc_list.h"

/* Values of proc.role. */
enum tree_role {
	TREE_STRANGER = 0,
	TREE_MEMBER,
	TREE_KILLED, /* a member that has got SIGKILL */
};

/* All processes as they were, and what is known of the process that looks at them. */
struct snapshot {
	struct tree_kill *tree;
	struct proc_list list;
	pid_t self;
	pid_t group;
	pid_t session; /* the runner's */
	bool reaper; /* self is a subreaper: orphans become its children */
	unsigned long long since; /* no member was started before */
	/* When set, orphans are looked for, not targets. */
	tree_known_fn *known;
	void *arg;
};

/* The tree is lent. */
void snapshot_init(struct snapshot *snapshot, struct tree_kill *tree);
void snapshot_fini(struct snapshot *snapshot);

/* Look anew: members get the role TREE_MEMBER.  0 or -errno. */
int snapshot_scan(struct snapshot *snapshot);

/* The member of tree->seen that this is, or NULL. */
struct proc *snapshot_seen(const struct snapshot *snapshot,
    const struct proc *proc);

#endif
