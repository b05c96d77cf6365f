/* SPDX-License-Identifier: ISC */

/*
 * Owns which host gets jobs ahead, and which of these jobs are taken back for a host that
 * is idle.  Whether jobs are sent ahead at all is decided in run_slot.c.
 */
#include "loop/admission.h"
#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "report/report_task.h"

/* Seconds until hosts_balance() runs again by itself. */
#define BALANCE_AFTER 0.1

struct host *
hosts_ahead(struct hosts *hosts)
{
	struct host *best = NULL, *h;

	for (size_t i = 0; i < hosts->n; i++) {
		h = hosts->list[i];
		/*
		 * If this machine is one of the hosts, no job is sent ahead: a job that was
		 * made for another machine cannot come here.
		 */
		if (h->login->here)
			return NULL;
		if (h->state != HOST_UP || h->leaving || h->used < h->slots ||
		    (best != NULL &&
			(uint64_t)h->used * best->slots >=
			    (uint64_t)best->used * h->slots))
			continue;
		if (prun_host_ahead(hosts->context->pool, h->pool_host) > 0)
			best = h;
	}
	hosts->ahead |= best != NULL;
	return best;
}

static struct host *
find_idle(const struct hosts *hosts)
{
	for (size_t i = 0; i < hosts->n; i++) {
		struct host *h = hosts->list[i];

		if (h->state == HOST_UP && !h->leaving && h->used < h->slots)
			return h;
	}
	return NULL;
}

/* Jobs that have got a slot on their own host need no place on another one any more. */
static void
forget_late(struct hosts *hosts)
{
	struct report_task *task;

	TAILQ_FOREACH(task, hosts->context->live, live) {
		if (task->recalled_for == NULL ||
		    prun_pool_recall(hosts->context->pool, task->id) == 0)
			continue;
		host_give(task->recalled_for, 1);
		task->recalled_for = NULL;
	}
}

/* Takes back the youngest job of a host that has more jobs than it can start soon. */
static bool
recall_one(struct hosts *hosts, struct host *idle)
{
	struct prun_pool *pool = hosts->context->pool;
	struct report_task *task;

	TAILQ_FOREACH_REVERSE(task, hosts->context->live, live_list, live) {
		const struct host *host = task->host;

		if (!task->ahead || task->recalled_for != NULL ||
		    host == idle ||
		    (!hosts->drained &&
			prun_host_ahead(pool, host->pool_host) >= 0))
			continue;
		if (prun_pool_recall(pool, task->id) != 0) {
			task->ahead = false;
			continue;
		}
		task->recalled_for = idle;
		host_take(idle, 1);
		return true;
	}
	return false;
}

static void
balance_again(void *arg)
{
	struct hosts *hosts = arg;

	hosts->balancing = false;
	hosts_balance(hosts);
}

void
hosts_balance(struct hosts *hosts)
{
	struct host *idle;

	if (hosts == NULL || !hosts->ahead || find_idle(hosts) == NULL)
		return;
	forget_late(hosts);
	while ((idle = find_idle(hosts)) != NULL && recall_one(hosts, idle))
		continue;
	/*
	 * If no event comes for a while, the jobs ahead wait behind long jobs: so a timer
	 * looks again.
	 */
	if (idle != NULL && !hosts->balancing &&
	    prun_pool_ahead(hosts->context->pool) > 0)
		hosts->balancing = prun_pool_after(hosts->context->pool,
				       BALANCE_AFTER, balance_again, hosts,
				       NULL) == 0;
}

void
hosts_drain(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	hosts->drained = true;
	hosts_balance(hosts);
}
