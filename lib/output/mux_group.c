/* SPDX-License-Identifier: ISC */

/* Owns the groups of outputs, and which group has its turn. */
#include <errno.h>
#include <stdlib.h>

#include "output/mux.h"

int
mux_group_new(struct mux *mux, struct prun_output_group **gp)
{
	struct prun_output_group *group = calloc(1, sizeof(*group));

	if (group == NULL)
		return -ENOMEM;
	group->mux = mux;
	TAILQ_INIT(&group->waiting);
	TAILQ_INSERT_TAIL(&mux->groups, group, entry);
	*gp = group;
	return 0;
}

static bool
group_is_ready(const struct prun_output_group *group)
{
	return group->ended && group->unfinished == 0;
}

/* The outputs that have waited in the group join the queue of the mux. */
static void
group_let_out(struct prun_output_group *group)
{
	struct mux *mux = group->mux;
	struct task_output *o;

	while ((o = TAILQ_FIRST(&group->waiting)) != NULL) {
		TAILQ_REMOVE(&group->waiting, o, entry);
		TAILQ_INSERT_TAIL(&mux->queue, o, entry);
		o->queue = &mux->queue;
	}
}

static void
group_free(struct prun_output_group *group)
{
	TAILQ_REMOVE(&group->mux->groups, group, entry);
	free(group);
}

static void
group_settle(struct prun_output_group *group)
{
	struct mux *mux = group->mux;

	if (!group_is_ready(group))
		return;
	if (!mux->opts.keep) {
		group_let_out(group);
		group_free(group);
		return;
	}
	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): group_free() removes it. */
	while ((group = TAILQ_FIRST(&mux->groups)) != NULL) {
		group_let_out(group);
		if (!group_is_ready(group))
			return;
		group_free(group);
	}
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
}

void
mux_group_end(struct prun_output_group *group)
{
	group->ended = true;
	group_settle(group);
}

void
mux_group_join(struct prun_output_group *group)
{
	if (group != NULL)
		group->unfinished++;
}

void
mux_group_leave(struct prun_output_group *group)
{
	if (group == NULL)
		return;
	group->unfinished--;
	group_settle(group);
}

struct task_output_queue *
mux_group_queue(struct mux *mux, const struct task_output *o)
{
	const bool waits = mux->opts.keep ?
	    o->group != TAILQ_FIRST(&mux->groups) :
	    mux->opts.mode == PRUN_OUTPUT_GROUP && !o->full;

	return o->group != NULL && waits ? &o->group->waiting : &mux->queue;
}

bool
mux_group_has_turn(const struct mux *mux)
{
	return mux->opts.keep && !TAILQ_EMPTY(&mux->groups);
}

void
mux_groups_let_out(struct mux *mux)
{
	struct prun_output_group *group;

	TAILQ_FOREACH(group, &mux->groups, entry)
		group_let_out(group);
}

void
mux_groups_fini(struct mux *mux)
{
	struct prun_output_group *group;

	/* NOLINTBEGIN(clang-analyzer-unix.Malloc): group_free() removes it. */
	while ((group = TAILQ_FIRST(&mux->groups)) != NULL)
		group_free(group);
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
}
