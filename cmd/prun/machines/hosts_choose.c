/* SPDX-License-Identifier: ISC */

/*
 * Owns which host a job gets: the first time, when its host has not started the job, and
 * when the job is tried again.
 */
#include <stdint.h>
#include <string.h>

#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "options/options.h"
#include "report/report_task.h"
#include "text/clock.h"

/*
 * A job that waits for a host that is away looks so many seconds after the host is to be
 * connected again.
 */
#define BEHIND 0.05

/*
 * A host without jobs has room for any job: a job that is heavier than the host gets all of
 * it.
 */
static bool
host_has_room(const struct host *host, unsigned weight)
{
	return host->state == HOST_UP && !host->leaving &&
	    (host->used == 0 ||
		(host->used < host->slots &&
		    weight <= host->slots - host->used));
}

/* May a job that was made for the host `before` be tried again on `host`? */
static bool
may_follow(const struct host *host, const struct host *before)
{
	return !host->hosts->apart || host->login->here == before->login->here;
}

static bool
host_is_in(const struct host *host, const char *groups)
{
	return groups == NULL ||
	    login_groups_meet(text_of(groups), text_of(host->login->groups));
}

/*
 * Returns groups, or NULL (any host) if none of the hosts in these groups can ever run a
 * job.
 */
static const char *
known_groups(const struct hosts *hosts, const char *groups)
{
	for (size_t i = 0; groups != NULL && i < hosts->n; i++) {
		const struct host *h = hosts->list[i];

		if (h->state != HOST_GONE && !h->leaving &&
		    host_is_in(h, groups))
			return groups;
	}
	return NULL;
}

/*
 * Chooses the host that is the least busy.  A job that comes from another host has its place
 * in the run already, and asks no limits; but it goes to no host whose limits are known to
 * say no.
 */
static struct host *
choose(struct hosts *hosts, unsigned weight, const char *groups,
    const struct host *except)
{
	struct host *best = NULL, *h;

	groups = known_groups(hosts, groups);
	for (size_t i = 0; i < hosts->n; i++) {
		h = hosts->list[i];
		if (h == except || !host_has_room(h, weight) ||
		    !host_is_in(h, groups) ||
		    (except != NULL &&
			(!may_follow(h, except) || h->limits.held)) ||
		    (except == NULL && !host_limits_grant(h)))
			continue;
		if (best == NULL ||
		    (uint64_t)h->used * best->slots <
			(uint64_t)best->used * h->slots)
			best = h;
	}
	return best;
}

struct host *
hosts_find(struct hosts *hosts, const struct login *login)
{
	for (size_t i = 0; i < hosts->n; i++) {
		if (hosts->list[i]->login == login)
			return hosts->list[i];
	}
	hosts->context->lost(hosts->context->arg);
	return NULL;
}

bool
host_may_start(struct host *host)
{
	if (host->state == HOST_GONE && host->pool_host == NULL)
		host->hosts->context->lost(host->hosts->context->arg);
	return host->pool_host != NULL && host->used == 0 &&
	    host->state != HOST_WAITING && host->state != HOST_LEAVING &&
	    host->state != HOST_AWAY &&
	    (host->state != HOST_CONNECTING || host->master == 0) &&
	    (host->state == HOST_GONE || host_limits_grant(host));
}

bool
host_is_busy(const struct host *host)
{
	return host->used > 0;
}

void
host_failed(struct host *host)
{
	host->failed = true;
}

uint64_t
hosts_failed(const struct hosts *hosts)
{
	uint64_t n = 0;

	for (size_t i = 0; i < hosts->n; i++)
		n += hosts->list[i]->failed;
	return n;
}

bool
host_is_gone(const struct host *host)
{
	return host->state == HOST_GONE;
}

struct host *
hosts_choose(struct hosts *hosts, unsigned weight, const char *groups)
{
	if (hosts->context->options->hosts.filter && !hosts_are_known(hosts))
		return NULL;
	return choose(hosts, weight, groups, NULL);
}

bool
hosts_are_known(const struct hosts *hosts)
{
	for (size_t i = 0; hosts != NULL && i < hosts->n; i++) {
		if (hosts->list[i]->state == HOST_WAITING ||
		    hosts->list[i]->state == HOST_CONNECTING)
			return false;
	}
	return true;
}

double
host_wait(const struct host *host)
{
	const double wait = host->state == HOST_AWAY ?
	    host->due + BEHIND - clock_steady() :
	    0;

	return wait > 0 ? wait : 0;
}

/*
 * If no host has room, the job waits at a host that is connected, or at one that is being
 * connected.
 */
struct host *
hosts_other(struct hosts *hosts, struct host *host, unsigned weight,
    const char *groups)
{
	struct host *other = hosts->context->options->hosts.each ?
	    host :
	    choose(hosts, weight, groups, host);

	if (other == host)
		return host;
	if (other != NULL || host->state == HOST_UP)
		return other != NULL ? other : host;
	groups = known_groups(hosts, groups);
	for (size_t i = 0; i < hosts->n; i++) {
		struct host *h = hosts->list[i];

		if (h->leaving || !host_is_in(h, groups) ||
		    !may_follow(h, host))
			continue;
		if (h->state == HOST_UP)
			return h;
		/*
		 * A host with an agent takes jobs while it is being connected: they wait
		 * there.
		 */
		if (h->state == HOST_CONNECTING && h->master == 0)
			other = h;
	}
	return other != NULL ? other : host;
}

/* Are they the same machine? */
static bool
same_login(const struct host *host, const struct host *other)
{
	return strcmp(host->login->name, other->login->name) == 0;
}

/* Notes that the job has failed on the machine of its host. */
static int
note_failure(const struct hosts *hosts, struct report_task *task)
{
	struct bytes *failed_on = &task->failed_on;
	int error = 0;

	while (failed_on->len < hosts->n && error == 0)
		error = bytes_add_char(failed_on, false);
	for (size_t i = 0; i < failed_on->len; i++) {
		if (same_login(hosts->list[i], task->host))
			failed_on->data[i] = true;
	}
	return error;
}

/* Does the job avoid host number i?  It always avoids the one of its last try. */
static bool
avoids(const struct hosts *hosts, const struct report_task *task, size_t i)
{
	return same_login(hosts->list[i], task->host) ||
	    (i < task->failed_on.len && task->failed_on.data[i]);
}

/*
 * The lower the rank, the better the host is for the job's next try.  Negative: it cannot
 * get the job.
 */
static int
rank(const struct host *host, const struct report_task *task)
{
	const struct host *own = task->host;

	if (host->leaving)
		return -1;
	switch (host->state) {
	case HOST_UP:
		return !host_has_room(host, task->host_weight) ||
		    host->limits.held;
	case HOST_WAITING:
	case HOST_CONNECTING:
		return 2;
	case HOST_AWAY:
		return own->state == HOST_UP ? -1 : 3;
	case HOST_LEAVING:
	case HOST_GONE:
	default:
		return -1;
	}
}

/* Chooses the best of the hosts on which the job has not failed. */
static struct host *
choose_for_try(struct hosts *hosts, const struct report_task *task)
{
	const char *groups = known_groups(hosts, task->host_groups);
	struct host *best = NULL;
	int best_rank = -1;

	for (size_t i = 0; i < hosts->n; i++) {
		struct host *h = hosts->list[i];
		const int r = rank(h, task);

		if (r < 0 || avoids(hosts, task, i) || !host_is_in(h, groups) ||
		    !may_follow(h, task->host))
			continue;
		if (best == NULL || r < best_rank ||
		    (r == best_rank &&
			(uint64_t)h->used * best->slots <
			    (uint64_t)best->used * h->slots)) {
			best = h;
			best_rank = r;
		}
	}
	return best;
}

/* Moves the place that is kept for the job from its host to this one. */
static void
move_place(struct host *host, struct report_task *task)
{
	struct host *before = task->host;

	if (task->host_kept)
		before->kept -= task->host_weight;
	host_take(host, task->host_weight);
	host->kept += task->host_weight;
	host_give(before, task->host_weight);
	task->host = host;
	task->host_name = host_name(host);
	task->host_kept = true;
}

void
hosts_try_again(struct hosts *hosts, struct report_task *task)
{
	struct host *other;

	if (hosts->context->options->hosts.each)
		return;
	other = note_failure(hosts, task) == 0 ? choose_for_try(hosts, task) :
						 NULL;
	if (other == NULL) {
		/*
		 * The job has failed on all hosts, or there is no memory to note where it
		 * has: only the last host is avoided.
		 */
		task->failed_on.len = 0;
		(void)note_failure(hosts, task);
		other = choose_for_try(hosts, task);
	}
	move_place(other != NULL ? other : task->host, task);
}

bool
hosts_let_in(struct hosts *hosts, struct report_task *task)
{
	struct host *host = task->host;
	unsigned busy;

	/* With --onall the job stays on its host. */
	if (!task->host_kept)
		return host->state != HOST_UP || !host->limits.held;
	if (rank(host, task) < 0)
		hosts_try_again(hosts, task);
	host = task->host;
	busy = host->used - host->kept;
	/*
	 * If the rank is negative, no host is left: the try begins all the same, and fails
	 * as lost.  A job of a stream may be the one that the jobs of a full host wait for.
	 */
	if (rank(host, task) >= 0 &&
	    (host->state != HOST_UP || host->limits.held ||
		(busy > 0 && busy + task->host_weight > host->slots &&
		    task->lane == NULL)))
		return false;
	host_let_go(task);
	return true;
}

void
host_let_go(struct report_task *task)
{
	struct host *host = task->host;

	if (task->host_kept)
		host->kept -= task->host_weight;
	task->host_kept = false;
}
