/* SPDX-License-Identifier: ISC */

/*
 * The processes that descend from a job's leader, and how to signal them all.
 *
 * A job's members are
 *   - its leader, and whoever is in the leader's process group;
 *   - whoever carries the job's mark in the PRUN_JOB_ID of his environment
 *     (see job_mark_match() for what matches; nested runs append "/mark"),
 *     or its rlimit mark (see process/rlimit_mark.h);
 *   - whoever was found to be a member before (struct tree_kill);
 *   - whoever is in a session that a member made;
 *   - and all their descendants.
 * Never the caller, pid 1, or a process that started before the leader.
 *
 * Zombies are not counted.  Nothing here allocates from the heap, and there
 * are no globals: any thread, and the child of a multi-threaded process.  The
 * cost is one pass over /proc for each call, two or more for SIGKILL.
 */
#ifndef KILL_TREE_H
#define KILL_TREE_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/target.h"

/*
 * n = tree_signal(&target, SIGTERM);
 *
 * Signal every member; sig 0 only counts.  Returns how many live ones were
 * found: 0 means that the job is gone.  -errno when /proc cannot be read: then
 * the leader's group alone has got the signal.
 *
 * After a signal that ends processes comes SIGCONT, so that stopped ones end
 * too.  For SIGKILL the pass is repeated until it finds nobody new, for members
 * may fork meanwhile; when it returns they all have the signal, but some
 * may need a moment to be gone.
 */
int tree_signal(const struct tree_target *target, int sig);

/*
 * The same for many jobs in one pass, with a memory: see struct tree_kill.
 * tree_kill_fini() releases the memory.
 */
int tree_kill(struct tree_kill *tree, int sig);
void tree_kill_fini(struct tree_kill *tree);

/*
 * Orphans: while this process is a child subreaper, what jobs leave behind
 * becomes its child.  Every child that started at or after since (a proc_now())
 * and that known() does not own up to is taken for an orphan: known() must be
 * true of leaders, of the guard, and of a child that is just being started, so
 * call these where no other thread can be between fork and entering it.
 */

/* Become a child subreaper, or stop being one. */
int tree_subreaper(bool on);

/*
 * Signal the orphans and their descendants as tree_signal() does.  Returns how
 * many live ones were found, or -errno.  Next to free when there are no
 * children at all.
 */
int tree_signal_orphans(unsigned long long since, tree_known_fn *known,
    void *arg, int sig);

/* Are there any, dead ones included?  1, 0 or -errno. */
int tree_has_orphans(struct tree_orphans *orphans);

/* Reap orphans that are dead.  Returns how many, or -errno. */
int tree_reap_orphans(unsigned long long since, tree_known_fn *known,
    void *arg);

#endif
