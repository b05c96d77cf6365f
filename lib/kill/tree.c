/* SPDX-License-Identifier: ISC */

/*
 * Signals the members of jobs and the orphans of all jobs, and reaps the latter.
 * Who is a member is decided elsewhere; when a job is to be killed, too.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "kill/proc.h"
#include "kill/snapshot.h"
#include "kill/tree.h"

enum {
	KILL_ROUNDS = 50, /* against members that keep forking */
	/* From this round on groups are killed as a whole: see kill_group(). */
	GROUP_ROUND = 2,
	CALM_ROUNDS = 2,
};

static bool
is_leader(const struct tree_kill *tree, pid_t pid)
{
	size_t i;

	for (i = 0; i < tree->count; i++) {
		if (tree->targets[i].leader == pid)
			return true;
	}
	return false;
}

/*
 * Has this member not been seen to yet?  A dead one that was never seen alive is
 * news as well: whoever lives so short may have left a child.
 */
static bool
is_news(const struct snapshot *snapshot, const struct proc *proc,
    const struct proc *seen)
{
	if (proc->dead)
		return seen == NULL && !is_leader(snapshot->tree, proc->pid);
	return seen == NULL || seen->role != TREE_KILLED;
}

/*
 * Note the members, and leave the role TREE_MEMBER to the news among them.  Adds to
 * *found the live ones.  Returns how many news there are; -errno when they
 * could not be noted: the roles are right even so.
 */
static int
meet_members(struct snapshot *snapshot, int sig, int *found)
{
	struct proc_list *list = &snapshot->tree->seen;
	struct proc *proc, *end = snapshot->list.all + snapshot->list.count,
			   *seen;
	int news = 0, error = 0;

	for (proc = snapshot->list.all; proc < end; proc++) {
		if (proc->role == TREE_STRANGER)
			continue;
		seen = snapshot_seen(snapshot, proc);
		if (!is_news(snapshot, proc, seen)) {
			proc->role = TREE_KILLED;
			continue;
		}
		news++;
		*found += !proc->dead;
		if (seen == NULL && error == 0) {
			error = proc_list_add(list, proc);
			if (error == 0)
				seen = list->all + list->count - 1;
		}
		if (seen != NULL)
			seen->role = sig == SIGKILL ? TREE_KILLED : TREE_MEMBER;
	}
	return error != 0 ? error : news;
}

/* A stopped process cannot act on a signal that ends it. */
static bool
needs_cont(int sig)
{
	return sig != 0 && sig != SIGKILL && sig != SIGSTOP && sig != SIGTSTP &&
	    sig != SIGTTIN && sig != SIGTTOU && sig != SIGCONT;
}

/* Dead or not.  The host may have reaped it, though it is held: then its number is free. */
static bool
is_our_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
	    0;
}

/* By number: only while the leader is not reaped. */
static void
signal_leaders(const struct snapshot *snapshot, int sig)
{
	const struct tree_kill *tree = snapshot->tree;
	pid_t leader;
	size_t i;

	if (tree->runner_dead)
		return;
	for (i = 0; i < tree->count; i++) {
		leader = tree->targets[i].leader;
		if (leader <= 1 || leader == snapshot->group ||
		    !is_our_child(leader))
			continue;
		(void)kill(-leader, sig);
		if (needs_cont(sig))
			(void)kill(-leader, SIGCONT);
	}
}

static bool
has_group_signal(const struct snapshot *snapshot, const struct proc *proc)
{
	return !snapshot->tree->runner_dead && proc->group != snapshot->group &&
	    is_leader(snapshot->tree, proc->group);
}

/*
 * A process that keeps replacing itself by a child is gone by the time that its
 * number is signalled; its group stays.  The group is killed when all that
 * are in it are members.
 */
static void
kill_group(const struct snapshot *snapshot, pid_t group)
{
	const struct proc *proc,
	    *end = snapshot->list.all + snapshot->list.count;

	if (group <= 1 || group == snapshot->group)
		return;
	for (proc = snapshot->list.all; proc < end; proc++) {
		if (proc->group == group && !proc->dead &&
		    proc->role == TREE_STRANGER)
			return;
	}
	(void)kill(-group, SIGKILL);
}

/*
 * A program that runs a command as another user keeps the real user id of its caller:
 * the caller may signal it, and it passes the signal on to the command.
 */
static bool
has_relay(const struct snapshot *snapshot, const struct proc *proc, int sig)
{
	const struct proc *parent = proc_find(&snapshot->list, proc->parent);

	return sig != SIGKILL && sig != SIGSTOP && parent != NULL &&
	    parent->role != TREE_STRANGER && proc_signal(parent, 0) == 0;
}

/* What does not fit into the list is found again by the next call. */
static void
note_denied(const struct snapshot *snapshot, const struct proc *proc, int sig)
{
	if (snapshot->tree->note_denied && !proc->dead &&
	    proc_signal(proc, 0) == -EPERM && !has_relay(snapshot, proc, sig))
		(void)proc_list_add(&snapshot->tree->denied, proc);
}

static void
signal_members(const struct snapshot *snapshot, int sig, int round)
{
	const struct proc *proc,
	    *end = snapshot->list.all + snapshot->list.count;
	pid_t last = 0;

	if (sig == 0)
		return;
	signal_leaders(snapshot, sig);
	for (proc = snapshot->list.all; proc < end; proc++) {
		if (proc->role != TREE_MEMBER)
			continue;
		note_denied(snapshot, proc, sig);
		if (has_group_signal(snapshot, proc))
			continue;
		if (!proc->dead && proc_signal(proc, sig) == 0 &&
		    needs_cont(sig))
			(void)proc_signal(proc, SIGCONT);
		if (round >= GROUP_ROUND && proc->group != last)
			kill_group(snapshot, last = proc->group);
	}
}

static int
run_rounds(struct snapshot *snapshot, int sig)
{
	int rounds = sig == SIGKILL ? KILL_ROUNDS : 1;
	int round, news, found = 0, calm = 0, enough = 1;

	for (round = 0; round < rounds && calm < enough; round++) {
		news = snapshot_scan(snapshot);
		if (news != 0) {
			signal_leaders(snapshot, sig);
			return news;
		}
		news = meet_members(snapshot, sig, &found);
		if (round == 0 || news != 0)
			signal_members(snapshot, sig, round);
		if (news < 0)
			return news;
		/* News after a kill: they fork, and one look may miss a child. */
		if (round != 0 && news != 0)
			enough = CALM_ROUNDS;
		calm = news == 0 ? calm + 1 : 0;
	}
	return found;
}

/* Those that had SIGKILL in an earlier call and live still are counted again. */
static void
forget_kills(struct tree_kill *tree)
{
	size_t i;

	for (i = 0; i < tree->seen.count; i++)
		tree->seen.all[i].role = TREE_MEMBER;
}

int
tree_kill(struct tree_kill *tree, int sig)
{
	struct snapshot snapshot;
	int found;

	forget_kills(tree);
	snapshot_init(&snapshot, tree);
	found = run_rounds(&snapshot, sig);
	snapshot_fini(&snapshot);
	return found;
}

void
tree_kill_fini(struct tree_kill *tree)
{
	proc_list_fini(&tree->seen);
	proc_list_fini(&tree->denied);
}

int
tree_signal(const struct tree_target *target, int sig)
{
	struct tree_kill tree = { .targets = target, .count = 1 };
	int found;

	found = tree_kill(&tree, sig);
	tree_kill_fini(&tree);
	return found;
}

int
tree_subreaper(bool on)
{
	return prctl(PR_SET_CHILD_SUBREAPER, on ? 1UL : 0UL) == -1 ? -errno : 0;
}

struct orphanage {
	struct tree_orphans orphans;
	int reaped;
};

static int
find_orphan(pid_t pid, void *arg)
{
	const struct tree_orphans *orphans = arg;

	return !orphans->known(pid, orphans->arg);
}

int
tree_has_orphans(struct tree_orphans *orphans)
{
	siginfo_t info;

	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 &&
	    errno == ECHILD)
		return 0;
	return proc_children(find_orphan, orphans);
}

int
tree_signal_orphans(unsigned long long since, tree_known_fn *known, void *arg,
    int sig)
{
	struct tree_orphans orphans = { since, known, arg };
	struct tree_kill tree = { .orphans = &orphans };
	int found = tree_has_orphans(&orphans);

	if (found <= 0)
		return found;
	found = tree_kill(&tree, sig);
	tree_kill_fini(&tree);
	return found;
}

static int
reap_orphan(pid_t pid, void *arg)
{
	struct orphanage *orphanage = arg;
	struct proc proc;
	siginfo_t info = { 0 };

	if (orphanage->orphans.known(pid, orphanage->orphans.arg))
		return 0;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
		-1 ||
	    info.si_pid == 0)
		return 0;
	if (proc_read(pid, &proc) != 0 ||
	    proc.started < orphanage->orphans.since)
		return 0;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0)
		orphanage->reaped++;
	return 0;
}

int
tree_reap_orphans(unsigned long long since, tree_known_fn *known, void *arg)
{
	struct orphanage orphanage = { .orphans = { since, known, arg } };
	int before, error;

	/* The list that is read shrinks by what is reaped, and may skip some. */
	do {
		before = orphanage.reaped;
		error = proc_children(reap_orphan, &orphanage);
	} while (error == 0 && orphanage.reaped > before);
	return error != 0 ? error : orphanage.reaped;
}
