/* SPDX-License-Identifier: ISC */

/* One look at all processes, and which of them are members of the jobs to be killed. */
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
