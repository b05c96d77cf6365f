/* SPDX-License-Identifier: ISC */

/*
 * Signals to all processes of a job.
 *
 * A job's members are
 *   - its leader, and every process in the leader's process group;
 *   - every process with the job's mark in the PRUN_JOB_ID of its environment
 *     (see job_mark_match() for what matches; nested runs append "/mark"),
 *     or its rlimit mark (see process/rlimit_mark.h);
 *   - every process that was found to be a member before (struct tree_kill);
 *   - every process in a session that a member made;
 *   - and all their descendants.
 * The caller, pid 1, and a process that started before the leader are never members.
 *
 * Zombies are not counted.  Nothing here allocates from the heap, and there are no
 * globals: any thread may call these, and so may the child of a multi-threaded process.
 * Each call costs one pass over /proc, SIGKILL two or more.
 */
#ifndef KILL_TREE_H
#define KILL_TREE_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/snapshot.h"

/*
 * n = tree_signal(&target, SIGTERM);
 *
 * Signal every member; sig 0 only counts.  Returns how many live members were found: 0
 * means that the job is gone.  -errno when /proc cannot be read: then only the leader's
 * group has got the signal.
 *
 * After a signal that ends processes, SIGCONT is sent, so that stopped ones end too.  For
 * SIGKILL the pass is repeated until it finds no new member, since members may fork
 * meanwhile.  When this returns, all members have the signal, but some may need a moment
 * to be gone.
 */
int tree_signal(const struct tree_target *target, int sig);

/*
 * Signals many jobs in one pass as tree_signal() does, and remembers their members: see
 * struct tree_kill. tree_kill_fini() releases that memory.
 */
int tree_kill(struct tree_kill *tree, int sig);
void tree_kill_fini(struct tree_kill *tree);

/*
 * Orphans: while this process is a child subreaper, processes that jobs leave behind
 * become its children.  A child is taken for an orphan if it was started at since (a
 * proc_now()) or later and known() is false of it. known() must be true of leaders and
 * of the guard.  A child that is just being started is not known yet, so call these
 * functions only while no child is being started (own_children_rest()).
 */

/*
 * The first call with on true makes this process a child subreaper.  Each such call
 * needs one with on false; the last of these restores the state from before.  0 or
 * -errno.  Any thread.
 */
int tree_subreaper(bool on);

/*
 * Signal the orphans and their descendants as tree_signal() does.  Returns how many live
 * ones were found, or -errno.  Costs next to nothing when there are no children.
 */
int tree_signal_orphans(unsigned long long since, tree_known_fn *known,
    void *arg, int sig);

/* Is there any orphan, alive or dead?  1, 0 or -errno. */
int tree_has_orphans(struct tree_orphans *orphans);

/* Reap the orphans that are dead.  Returns how many they were, or -errno. */
int tree_reap_orphans(unsigned long long since, tree_known_fn *known,
    void *arg);

#endif
