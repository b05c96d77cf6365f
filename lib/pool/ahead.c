/* SPDX-License-Identifier: ISC */

/*
 * Owns the tasks that are sent to hosts before they have a slot, so that a host need
 * not wait for its next job while the news travels.  Such a task is STARTING and has no
 * slot; it gets the slot of a task that has ended on the same host.  When there are no
 * more slots, or another host is idle, the host is asked to give the task back, and
 * does so unless it has started it.
 */
#include <errno.h>

#include "engine/host.h"
#include "pool/pool.h"
#include "transport/remote.h"

bool
ahead_is_possible(const struct prun_spec *spec)
{
	return spec->flags & PRUN_SPEC_AHEAD && spec->host != NULL &&
	    host_has_agent(spec->host) && spec->weight <= 1 &&
	    spec->task == NULL && spec->in.kind != PRUN_STDIO_PIPE &&
	    spec->nsend == 0 && spec->nfetch == 0 && spec->delay == 0;
}

int
ahead_wanted(const struct prun_pool *pool, const struct prun_host *host)
{
	const bool none = pool->delay > 0 || pool->dropped;

	return (none ? 0 : (int)host_wants_ahead(host)) - (int)host->ahead.n;
}

bool
ahead_may_go(const struct task *task)
{
	return task->ahead &&
	    ahead_wanted(task->pool,
		transport_remote_job(&task->transport)->host) > 0;
}

bool
ahead_inherits(const struct task *task)
{
	/* A worker that stays has already left its task. */
	const struct worker *w = task->worker != NULL ?
	    worker_next_ahead(task->worker) :
	    NULL;
	struct task *next = w != NULL ? w->owner : NULL;

	if (next == NULL)
		return false;
	next->slot = next->result.slot = task->slot;
	next->weight = task->weight;
	return true;
}

static bool
is_ahead(const struct task *task)
{
	return task->state == TASK_STARTING && task->worker != NULL &&
	    worker_is_ahead(task->worker);
}

bool
ahead_recall(struct prun_pool *pool, uint64_t id)
{
	struct task *task = task_find(&pool->tasks, TASK_STARTING, id);

	if (task == NULL || !is_ahead(task))
		return false;
	worker_recall(task->worker);
	return true;
}

void
ahead_recall_all(struct prun_pool *pool)
{
	struct task *task;

	TAILQ_FOREACH(task, &pool->tasks.list[TASK_STARTING], entry) {
		/*
		 * A task that is to be killed is not asked back: it is killed when it
		 * starts there.
		 */
		if (is_ahead(task) &&
		    (pool->dropped || !task->worker->kill_wanted))
			worker_recall(task->worker);
	}
}

unsigned
ahead_count(const struct prun_pool *pool)
{
	const struct task *task;
	unsigned n = 0;

	TAILQ_FOREACH(task, &pool->tasks.list[TASK_STARTING], entry)
		n += is_ahead(task);
	return n;
}
