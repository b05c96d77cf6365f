/* SPDX-License-Identifier: ISC */

/* Owns which host gets a job: the first time, and when it is tried again. */
#include <stdint.h>
#include <string.h>

#include "options/options.h"
#include "run/hosts.h"
#include "run/hosts_internal.h"
#include "text/clock.h"

/* Seconds after that, when a job finds that it is being connected. */
#define BEHIND 0.05

/* A job that is heavier than the host gets all of it. */
static bool
host_has_room(const struct host *host, unsigned weight)
{
	return host->state == HOST_UP && !host->leaving &&
	    (host->used == 0 ||
		(host->used < host->slots &&
		    weight <= host->slots - host->used));
}

/* May a job of before be tried again on host? */
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

/* The same groups; NULL, any, when none of their hosts may ever run a job. */
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

/* The one that is the least busy. */
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
		    (except != NULL && !may_follow(h, except)))
			continue;
		if (best == NULL ||
		    (uint64_t)h->used * best->slots <
			(uint64_t)best->used * h->slots)
			best = h;
	}
	return best;
}

/* A host that is lost takes its job, too, which has failed then. */
struct host *
hosts_find(struct hosts *hosts, struct text name)
{
	for (size_t i = 0; i < hosts->n; i++) {
		struct host *host = hosts->list[i];

		if (!text_equals(name, host->login->name))
			continue;
		if (host->state == HOST_GONE && host->pool_host == NULL)
			hosts->context->lost(hosts->context->arg);
		return host->pool_host == NULL || host->state == HOST_WAITING ||
			host->state == HOST_LEAVING ||
			host->state == HOST_AWAY ||
			(host->state == HOST_CONNECTING && host->master > 0) ?
		    NULL :
		    host;
	}
	hosts->context->lost(hosts->context->arg);
	return NULL;
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

/* With no room anywhere it waits where there will be some; or for a host that comes. */
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
		/* A job may be given to a host that is being connected by an agent: it waits there. */
		if (h->state == HOST_CONNECTING && h->master == 0)
			other = h;
	}
	return other != NULL ? other : host;
}
