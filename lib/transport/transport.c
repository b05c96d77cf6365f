/* SPDX-License-Identifier: ISC */

/*
 * Owns the calls through a transport's table.  For an entry that is NULL it does what a
 * local process needs.  Knows no transport.
 */
#include <signal.h>
#include <stddef.h>

#include "transport/transport.h"

#define HAS(t, entry) ((t)->ops != NULL && (t)->ops->entry != NULL)

int
transport_plan(struct transport *t, const struct transport_ops *ops,
    struct plan *plan, const struct prun_spec *spec,
    const struct plan_base *base, const char *extra)
{
	int error;

	transport_fini(t);
	t->ops = ops;
	if (!HAS(t, plan))
		return plan_set(plan, spec, base, extra);
	error = spec->task != NULL ? plan_check_task(spec) : plan_check(spec);
	if (error == 0)
		error = t->ops->plan(plan, spec, base, extra, &t->state);
	if (error != 0)
		*t = (struct transport){ 0 };
	return error;
}

int
transport_attach(struct transport *t, const struct prun_stdio kinds[3],
    struct stdio *stdio)
{
	return HAS(t, attach) ? t->ops->attach(t->state, kinds, stdio) : 0;
}

void
transport_started(struct transport *t, pid_t pid, int pidfd)
{
	if (HAS(t, started))
		t->ops->started(t->state, pid, pidfd);
}

bool
transport_drained(struct transport *t)
{
	return !HAS(t, drained) || t->ops->drained(t->state);
}

unsigned
transport_settle(struct transport *t)
{
	return HAS(t, settle) ? t->ops->settle(t->state) : 0;
}

void
transport_detach(struct transport *t)
{
	if (HAS(t, detach))
		t->ops->detach(t->state);
}

bool
transport_is_foreign(const struct transport *t)
{
	return HAS(t, kill);
}

int
transport_kill(struct tree_kill *tree, int sig, void *transport)
{
	struct transport *t = transport;

	return HAS(t, kill) ? t->ops->kill(t->state, tree, sig) :
			      tree_kill(tree, sig);
}

int
transport_kill_tree(struct transport *t, const struct tree_target *target)
{
	struct tree_kill tree = { .targets = target, .count = 1 };
	int found = transport_kill(&tree, SIGKILL, t);

	tree_kill_fini(&tree);
	return found;
}

int
transport_kill_orphans(struct transport *t, struct tree_orphans *orphans)
{
	struct tree_kill tree = { .orphans = orphans };
	int found = tree_has_orphans(orphans);

	if (found <= 0)
		return found;
	found = transport_kill(&tree, SIGKILL, t);
	tree_kill_fini(&tree);
	return found;
}

void
transport_share(struct transport *to, const struct transport *from)
{
	if (to->ops == from->ops && to->state == from->state)
		return;
	transport_fini(to);
	*to = *from;
	if (HAS(to, share))
		to->ops->share(to->state);
}

void
transport_fini(struct transport *t)
{
	if (HAS(t, free))
		t->ops->free(t->state);
	*t = (struct transport){ 0 };
}
