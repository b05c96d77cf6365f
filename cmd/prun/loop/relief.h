/* SPDX-License-Identifier: ISC */

/*
 * Does to the jobs of a machine what its limits want: suspends, resumes and kills them.
 */
#ifndef LOOP_RELIEF_H
#define LOOP_RELIEF_H

#include <sys/queue.h>

#include "policy/limit.h"
#include "prun.h"

struct report_task;

TAILQ_HEAD(live_list, report_task);

/* The jobs of a machine. */
struct relief_jobs {
	struct prun_pool *pool;
	/* all jobs that have started and not ended, the oldest first */
	const struct live_list *live;
	/* only jobs of that host (report_task.host); NULL: all */
	const void *host;
};

void relief_kill_youngest(const struct relief_jobs *jobs);

/*
 * Suspends or resumes.  Whatever the limits want, one job of the machine goes on running,
 * however little memory there is.  RELIEF_KILL is left to the caller.
 */
void relief_give(const struct relief_jobs *jobs, enum limit_relief relief);

#endif
