/* SPDX-License-Identifier: ISC */

/*
 * Signals the members of jobs, and signals and reaps orphans.  snapshot.c decides which
 * processes are members, and the callers decide when a job is killed.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/proc.h"
#include "kill/snapshot.h"
#include "kill/tree.h"

enum {
	/* Passes for SIGKILL, against members that keep forking. */
	KILL_ROUNDS = 50,
	/* From this pass on whole groups get SIGKILL: see kill_group(). */
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
 * Is this member new, or has it not been sent SIGKILL yet?  A dead member that nobody
 * has seen alive is new as well: such a short-lived process may have left a child.
 */
static bool
is_new(const struct snapshot *snapshot, const struct proc *proc,
    const struct proc *seen)
{
	if (proc->dead)
		return seen == NULL && !is_leader(snapshot->tree, proc->pid);
	return seen == NULL || seen->role != TREE_KILLED;
}

/*
 * Remember the members.  New ones keep the role TREE_MEMBER, the others get
 * TREE_KILLED.  *found grows by the number of new members that live.  Returns how many
 * are new, or -errno when there was no memory to remember them; the roles are right in
 * both cases.
 */
static int
note_members(struct snapshot *snapshot, int sig, int *found)
{
	struct proc_list *list = &snapshot->tree->seen;
	struct proc *proc, *end = snapshot->list.all + snapshot->list.count,
			   *seen;
	int fresh = 0, error = 0;

	for (proc = snapshot->list.all; proc < end; proc++) {
		if (proc->role == TREE_STRANGER)
			continue;
		seen = snapshot_seen(snapshot, proc);
		if (!is_new(snapshot, proc, seen)) {
			proc->role = TREE_KILLED;
			continue;
		}
		fresh++;
		*found += !proc->dead;
		if (seen == NULL && error == 0) {
			error = proc_list_add(list, proc);
			if (error == 0)
				seen = list->all + list->count - 1;
		}
		if (seen != NULL)
			seen->role = sig == SIGKILL ? TREE_KILLED : TREE_MEMBER;
	}
	return error != 0 ? error : fresh;
}

/* A stopped process acts on a signal only when SIGCONT follows. */
static bool
needs_cont(int sig)
{
	return sig != 0 && sig != SIGKILL && sig != SIGSTOP && sig != SIGTSTP &&
	    sig != SIGTTIN && sig != SIGTTOU && sig != SIGCONT;
}

/*
 * True of a dead child too.  The host program may have reaped the child, although
 * child_hold() keeps this library from doing so: then the pid may be another process's.
 */
static bool
is_our_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
	    0;
}

/*
 * Signals each leader's group by its number, which is safe only while the leader is not
 * reaped.
 */
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
 * A process that keeps forking and exiting is gone before its pid can be signalled, but
 * its group stays.  So the whole group gets SIGKILL if all processes in it are members.
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
 * Does the parent pass the signal on to proc?  A program that runs a command as another
 * user, as sudo does, keeps the real user id of its caller: so the caller may signal
 * that program, and it signals the command.
 */
static bool
has_relay(const struct snapshot *snapshot, const struct proc *proc, int sig)
{
	const struct proc *parent = proc_find(&snapshot->list, proc->parent);

	return sig != SIGKILL && sig != SIGSTOP && parent != NULL &&
	    parent->role != TREE_STRANGER && proc_signal(parent, 0) == 0;
}

/* If there is no memory for it, the next call finds it again. */
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
	int round, fresh, found = 0, calm = 0, enough = 1;

	for (round = 0; round < rounds && calm < enough; round++) {
		fresh = snapshot_scan(snapshot);
		if (fresh != 0) {
			signal_leaders(snapshot, sig);
			return fresh;
		}
		fresh = note_members(snapshot, sig, &found);
		if (round == 0 || fresh != 0)
			signal_members(snapshot, sig, round);
		if (fresh < 0)
			return fresh;
		/*
		 * New members after a SIGKILL: the job forks, and one look may miss a
		 * child, so more looks have to find nothing new.
		 */
		if (round != 0 && fresh != 0)
			enough = CALM_ROUNDS;
		calm = fresh == 0 ? calm + 1 : 0;
	}
	return found;
}

/* Let members that were sent SIGKILL in an earlier call and still live count again. */
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

static pthread_mutex_t subreaper_lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
	/* The process that set this: in a forked process nothing of it holds. */
	pid_t process;
	unsigned users;
	int former;
} subreaper;

static int
subreaper_set(int on)
{
	return prctl(PR_SET_CHILD_SUBREAPER, (unsigned long)on) == -1 ? -errno :
									0;
}

int
tree_subreaper(bool on)
{
	int error = 0;

	pthread_mutex_lock(&subreaper_lock);
	if (subreaper.process != getpid()) {
		subreaper.process = getpid();
		subreaper.users = 0;
	}
	if (on && subreaper.users == 0 &&
	    (prctl(PR_GET_CHILD_SUBREAPER, &subreaper.former) == -1 ||
		subreaper_set(1) != 0))
		error = -errno;
	if (on && error == 0)
		subreaper.users++;
	if (!on && --subreaper.users == 0)
		error = subreaper_set(subreaper.former);
	pthread_mutex_unlock(&subreaper_lock);
	return error;
}

struct reaping {
	struct tree_orphans orphans;
	int reaped;
};

static int
find_orphan(pid_t pid, void *arg)
{
	const struct tree_orphans *orphans = arg;

	return !orphans->known(pid, orphans->arg);
}

/* Dead children that are not reaped count as children. */
static bool
has_no_child(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == -1 &&
	    errno == ECHILD;
}

int
tree_has_orphans(struct tree_orphans *orphans)
{
	if (has_no_child())
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
	struct reaping *reaping = arg;
	struct proc proc;
	siginfo_t info = { 0 };

	if (reaping->orphans.known(pid, reaping->orphans.arg))
		return 0;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
		-1 ||
	    info.si_pid == 0)
		return 0;
	if (proc_read(pid, &proc) != 0 || proc.started < reaping->orphans.since)
		return 0;
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG) == 0)
		reaping->reaped++;
	return 0;
}

int
tree_reap_orphans(unsigned long long since, tree_known_fn *known, void *arg)
{
	struct reaping reaping = { .orphans = { since, known, arg } };
	int before, error;

	if (has_no_child())
		return 0;
	/*
	 * Reaping shortens the list of children while it is read, so one pass may skip
	 * some.
	 */
	do {
		before = reaping.reaped;
		error = proc_children(reap_orphan, &reaping);
	} while (error == 0 && reaping.reaped > before);
	return error != 0 ? error : reaping.reaped;
}
