/* SPDX-License-Identifier: ISC */

/*
 * The processes that descend from a job's leader, and how to signal them all.
 *
 * A job's members are
 *   - its leader, and whoever is in the leader's process group;
 *   - whoever carries the job's token in the PRUN_JOB_ID of his environment
 *     (see proc_token_match() for what matches; nested runs append "/token"),
 *     or its brand (see proc_brand.h);
 *   - whoever was found to be a member before (struct tree_hunt);
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
#include <stddef.h>

#include "kill/proc_list.h"

struct tree_target {
	/*
	 * Its pid, which is its process group as well.  The caller sees to it
	 * that it is not reaped meanwhile (a zombie will do): its group is
	 * signalled by number.  0: it has been reaped; what is left is found by
	 * the token alone.
	 */
	pid_t leader;
	const char *token; /* lent; NULL: none */
	/*
	 * A proc_now() from before the leader was started.  Whatever is older is no
	 * member.  0: unknown.
	 */
	unsigned long long started;
	/* See tree_hunt.runner_dead. */
	unsigned long long seen;
};

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

typedef bool tree_known_fn(pid_t pid, void *arg);

/* Instead of targets: see tree_signal_orphans(). */
struct tree_orphans {
	unsigned long long since;
	tree_known_fn *known;
	void *arg;
};

/*
 * The same for many jobs in one pass, with a memory: a member that was found once
 * is known again when nothing links it to its job any more (its parents are
 * dead and it has cleared its environment).  For a kill sequence keep one of
 * these from the first signal to the last.  All zero but targets and count is
 * a fresh one.
 */
struct tree_hunt {
	const struct tree_target *targets; /* lent */
	size_t count;
	const struct tree_orphans *orphans; /* lent; NULL: the targets count */
	/*
	 * For who is not the runner, the parent of the leaders.  The runner is dead,
	 * the leaders may be reaped, and their numbers somebody else's: target.seen
	 * is a proc_now() at which the number was the leader's for certain, session
	 * was the runner's, and groups are checked by both.
	 */
	bool runner_dead;
	pid_t session;
	struct proc_list met; /* tree_hunt_fini() releases it */
	/*
	 * Add those that the caller has no right to signal to denied, unless a
	 * signal that can be caught is passed on to them by their parent.
	 */
	bool note_denied;
	struct proc_list denied;
};

int tree_hunt(struct tree_hunt *hunt, int sig);
void tree_hunt_fini(struct tree_hunt *hunt);

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
