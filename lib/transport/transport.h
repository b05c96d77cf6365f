/* SPDX-License-Identifier: ISC */

/*
 * How a command is run somewhere else, or as somebody else: a transport is a table
 * of functions, and every child has one.  Whoever starts children calls the
 * functions below and does not know which transport it is.
 *
 * A child's transport goes through
 *	_plan (_attach _started _drained... _settle _detach)... _fini
 * and the part in brackets once for each try.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/tree.h"
#include "process/plan.h"
#include "process/stdio.h"
#include "prun.h"

/* NULL: nothing is to be done there.  state: what plan has made, NULL without plan. */
struct transport_ops {
	const char *name;
	/*
	 * Set plan to what is executed here, by plan_set() with another spec, and
	 * make *state.  The spec has been checked.  0 or -errno.
	 */
	int (*plan)(struct plan *plan, const struct prun_spec *spec,
	    const struct plan_base *base, const char *extra, void **state);
	/*
	 * Before the child's start: take the child's ends of stdio and give it others
	 * instead.  kinds are those of stdio_open(), which has made stdio.  Take all
	 * that a running child will need, too.  0, or -errno and stdio is as it was.
	 * In the thread that starts the child.
	 */
	int (*attach)(void *state, const struct prun_stdio kinds[3],
	    struct stdio *stdio);
	/* It runs.  pidfd is lent for the call.  Cannot fail.  In the same thread. */
	void (*started)(void *state, pid_t pid, int pidfd);
	/* It has died: has all that it wrote until then been handed on? */
	bool (*drained)(void *state);
	/*
	 * It has died: wait until what it wrote has been looked at.  Bits of
	 * prun_result.flags.
	 */
	unsigned (*settle)(void *state);
	/* The end of what attach and started have begun, or nothing. */
	void (*detach)(void *state);
	/*
	 * tree_kill(), and whom this process has no right to signal gets the signal
	 * in another way.  It may start children, and wait for them.  Any thread.
	 */
	int (*kill)(void *state, struct tree_kill *tree, int sig);
	/* The state is to be used twice, and freed twice. */
	void (*share)(void *state);
	void (*free)(void *state);
};

/* Of one child.  All zero is fine, and local. */
struct transport {
	const struct transport_ops *ops;
	void *state;
};

/* Which one a spec asks for; this process runs the command itself: all NULL. */
const struct transport_ops *transport_of(const struct prun_spec *spec);

/*
 * plan_set() with the spec's transport, which is forgotten first if there was one.
 * 0, -EINVAL, -ENOMEM or another -errno.
 */
int transport_plan(struct transport *t, struct plan *plan,
    const struct prun_spec *spec, const struct plan_base *base,
    const char *extra);

/* See struct transport_ops. */
int transport_attach(struct transport *t, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void transport_started(struct transport *t, pid_t pid, int pidfd);
bool transport_drained(struct transport *t);
unsigned transport_settle(struct transport *t);
void transport_detach(struct transport *t);

/*
 * May the child or what it leaves be another user's?  Then this process may have no
 * right to signal them, and kills with transport_kill().
 */
bool transport_is_foreign(const struct transport *t);

/*
 * For struct termination; transport: a struct transport that is foreign.  Returns
 * what tree_kill() does.  Any thread.
 */
int transport_kill(struct tree_kill *tree, int sig, void *transport);

/*
 * The same with SIGKILL, for one tree and for orphans; also with a transport that is
 * local.  Returns how many live ones are left, or -errno.  For orphans the thread is
 * such as may call tree_signal_orphans().
 */
int transport_kill_tree(struct transport *t, const struct tree_target *target);
int transport_kill_orphans(struct transport *t, struct tree_orphans *orphans);

/* to becomes another use of from's; what it was before is forgotten. */
void transport_share(struct transport *to, const struct transport *from);

/* Local again.  Everything was detached. */
void transport_fini(struct transport *t);

/* The transport of commands that sudo(8) runs as somebody else. */

extern const struct transport_ops transport_sudo;

#endif
