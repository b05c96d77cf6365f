/* SPDX-License-Identifier: ISC */

/*
 * Outlets whose output stays together though their jobs run among others: see
 * prun_output_group_new().  A group is ready when all of its outlets have finished and no
 * more will come.  With mux_opts.keep the first group has the turn, and what others write
 * waits; with PRUN_OUTPUT_GROUP all wait until they are ready; in the other modes nothing
 * does.  One thread.
 */
#ifndef OUTPUT_MUX_GROUP_H
#define OUTPUT_MUX_GROUP_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>

#include "output/task_output.h"

struct mux;

struct prun_output_group {
	TAILQ_ENTRY(prun_output_group) entry; /* in mux.groups */
	struct mux *mux;
	struct task_output_queue waiting; /* it is not their turn */
	size_t unfinished; /* outlets, and jobs that have none yet */
	bool ended; /* no more come */
};

TAILQ_HEAD(mux_groups, prun_output_group);

/* 0 or -ENOMEM. */
int mux_group_new(struct mux *mux, struct prun_output_group **gp);

/* No more jobs come: it is freed once it is ready and has had its turn. */
void mux_group_end(struct prun_output_group *group);

/* A job belongs to the group, which may be NULL; or does no longer, or has finished. */
void mux_group_join(struct prun_output_group *group);
void mux_group_leave(struct prun_output_group *group);

/* Where the outlet is to be queued. */
struct task_output_queue *mux_group_queue(struct mux *mux,
    const struct task_output *o);

/*
 * There is no room for more that waits.  Whatever has finished goes out, unless the order
 * forbids it: false, and what waits is what the group whose turn it is has to end first.
 */
bool mux_groups_let_out(struct mux *mux);

void mux_groups_fini(struct mux *mux);

#endif
