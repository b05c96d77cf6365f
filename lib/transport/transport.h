/* SPDX-License-Identifier: ISC */

/*
 * How a command is run on another machine, or as another user: a transport is a table
 * of functions, and every child has one.  Whoever starts children calls the functions
 * below and does not know which transport it is.
 *
 * These are called for a child's transport in this order:
 *     _plan (_attach _started _drained... _settle _detach)... _fini
 * The part in brackets is called once for each try.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <sys/types.h>

#include <stdbool.h>

#include "kill/tree.h"
#include "process/plan.h"
#include "process/stdio.h"
#include "prun.h"

/*
 * An entry that is NULL has nothing to do.  state is what plan has made; NULL without
 * plan.
 */
struct transport_ops {
	const char *name;
	/*
	 * Set plan to what is executed on this machine, by plan_set() with another
	 * spec, and make *state.  The spec has been checked.  0 or -errno.
	 */
	int (*plan)(struct plan *plan, const struct prun_spec *spec,
	    const struct plan_base *base, const char *extra, void **state);
	/*
	 * Before the child's start: take the child's ends out of stdio and put others
	 * in their place.  kinds are those of stdio_open(), which has made stdio.  Also
	 * take everything that a running child will need.  0, or -errno and stdio is as
	 * it was.  Called in the thread that starts the child.
	 */
	int (*attach)(void *state, const struct prun_stdio kinds[3],
	    struct stdio *stdio);
	/*
	 * The child runs.  pidfd is lent for the call.  Cannot fail.  Called in the
	 * same thread as attach.
	 */
	void (*started)(void *state, pid_t pid, int pidfd);
	/* The child has died: has all that it wrote before been handed on? */
	bool (*drained)(void *state);
	/*
	 * The child has died: wait until all that it wrote has been looked at.  Returns
	 * bits of prun_result.flags.
	 */
	unsigned (*settle)(void *state);
	/* End what attach and started have begun, if they were called. */
	void (*detach)(void *state);
	/*
	 * Do what tree_kill() does; processes that this process has no right to signal
	 * get the signal in another way.  It may start children, and wait for them.
	 * Any thread.
	 */
	int (*kill)(void *state, struct tree_kill *tree, int sig);
	/* The state gets one more user, and is freed once more. */
	void (*share)(void *state);
	void (*free)(void *state);
};

/* The transport of one child.  All zero is the local one. */
struct transport {
	const struct transport_ops *ops;
	void *state;
};

/*
 * The transport that a spec asks for.  For a command that this process runs itself, all
 * entries are NULL.
 */
const struct transport_ops *transport_of(const struct prun_spec *spec);

/*
 * Makes t a transport with that table, and calls plan_set() through it; what t was before
 * is forgotten.  ops is what transport_of() returns for the spec, or NULL for the local
 * transport.  0, -EINVAL, -ENOMEM or another -errno.
 */
int transport_plan(struct transport *t, const struct transport_ops *ops,
    struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra);

/* These call the entries of struct transport_ops. */
int transport_attach(struct transport *t, const struct prun_stdio kinds[3],
    struct stdio *stdio);
void transport_started(struct transport *t, pid_t pid, int pidfd);
bool transport_drained(struct transport *t);
unsigned transport_settle(struct transport *t);
void transport_detach(struct transport *t);

/*
 * May the child, or what it leaves behind, belong to another user?  Then this process
 * may have no right to signal it, and kills it with transport_kill().
 */
bool transport_is_foreign(const struct transport *t);

/*
 * For struct termination.  transport is a struct transport that is foreign.  Returns
 * what tree_kill() does.  Any thread.
 */
int transport_kill(struct tree_kill *tree, int sig, void *transport);

/*
 * As transport_kill() with SIGKILL, for one tree and for orphans; the transport may
 * also be local.  Returns how many live members are left, or -errno.  Only a thread
 * that may call tree_signal_orphans() may call it for orphans.
 */
int transport_kill_tree(struct transport *t, const struct tree_target *target);
int transport_kill_orphans(struct transport *t, struct tree_orphans *orphans);

/*
 * `to` gets the same state as `from`, of which it is one more user; what `to` had
 * before is forgotten.
 */
void transport_share(struct transport *to, const struct transport *from);

/* Makes t local again.  Everything must have been detached. */
void transport_fini(struct transport *t);

/* The transport of commands that sudo(8) runs as somebody else. */

extern const struct transport_ops transport_sudo;

#endif
