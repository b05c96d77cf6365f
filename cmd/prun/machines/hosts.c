/* SPDX-License-Identifier: ISC */

/*
 * Owns the hosts and their slots.  Knows no command line of a job.  hosts_list.c says which
 * hosts there are, hosts_connect.c connects them, hosts_choose.c chooses one for each job.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/transfers.h"
#include "loop/resources.h"
#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "options/options.h"
#include "options/value.h"

unsigned
host_slots_of(const struct options *o, const struct login *login, unsigned cpus)
{
	struct message ignored = { "" };
	unsigned slots;

	if (login->cpus > 0)
		cpus = login->cpus;
	return jobs_from_spec(o->run.jobs, cpus, resources_max_jobs(), &slots,
		   &ignored) == 0 ?
	    slots :
	    1;
}

unsigned
hosts_slots(const struct options *o, unsigned slots)
{
	unsigned sum = 0;

	if (o->hosts.each)
		return slots;
	for (size_t i = 0; i < o->hosts.n; i++)
		sum += o->hosts.logins[i].cpus > 0 ?
		    host_slots_of(o, &o->hosts.logins[i], 0) :
		    slots;
	return sum < resources_max_jobs() ? sum : resources_max_jobs();
}

struct prun_host *
host_of_pool(const struct host *host)
{
	return host->pool_host;
}

bool
host_is_here(const struct host *host)
{
	return host->login->here;
}

bool
host_shares_files(const struct host *host)
{
	return host->login->via != NULL;
}

const char *
host_name(const struct host *host)
{
	return host->login->here ? NULL : host->login->name;
}

const struct login *
host_login(const struct host *host)
{
	return host->login;
}

/* Closes the connection only after the last job of the host. */
void
host_leave(struct host *host)
{
	if (!host->leaving || host->used > 0)
		return;
	if (host->state == HOST_UP || host->state == HOST_CONNECTING)
		prun_host_close(host->pool_host);
	host->state = HOST_GONE;
}

void
host_take(struct host *host, unsigned weight)
{
	host->used += weight;
	host->limits.granted = false;
}

void
host_give(struct host *host, unsigned weight)
{
	host->used -= weight;
	host_leave(host);
}

void
hosts_count_slots(struct hosts *hosts)
{
	unsigned slots = 0;
	bool hope = false;

	for (size_t i = 0; i < hosts->n; i++) {
		if (hosts->list[i]->state == HOST_UP &&
		    !hosts->list[i]->leaving)
			slots += hosts->list[i]->slots;
		hope |= hosts->list[i]->state != HOST_GONE;
	}
	if (slots > 0)
		hosts->context->resized(slots, hosts->context->arg);
	if (!hope && !hosts->context->options->hosts.each)
		hosts->context->lost(hosts->context->arg);
}

static int
add_groups(struct hosts *hosts, const struct login *login)
{
	int error = 0;

	if (login_groups_meet(text_of(login->groups),
		bytes_text(&hosts->groups)))
		return 0;
	if (hosts->groups.len > 0)
		error = bytes_add_char(&hosts->groups, '+');
	if (error == 0)
		error = bytes_add_string(&hosts->groups, login->groups);
	return error != 0 ? error : bytes_terminate(&hosts->groups);
}

static void
host_free(struct host *host)
{
	host_limits_close(host);
	host_variables_free(host->variables);
	login_fini(&host->own);
	free(host);
}

int
hosts_add(struct hosts *hosts, const struct login *login)
{
	struct host *host = calloc(1, sizeof(*host)), **list;

	if (host == NULL)
		return -ENOMEM;
	host->hosts = hosts;
	host->login = login;
	host->variables = host_variables_new(hosts->context->options, login);
	list = reallocarray(hosts->list, hosts->n + 1, sizeof(struct host *));
	if (list != NULL)
		hosts->list = list;
	if (list == NULL || host->variables == NULL ||
	    host_limits_open(host) != 0 || add_groups(hosts, login) != 0) {
		host_free(host);
		return -ENOMEM;
	}
	hosts->list[hosts->n++] = host;
	if (hosts->context->options->hosts.by_shell && !login->here)
		host->master = ssh_masters_add(&hosts->masters);
	return 0;
}

void
hosts_close(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	for (size_t i = 0; i < hosts->n; i++)
		host_free(hosts->list[i]);
	free(hosts->list);
	free(hosts->context);
	for (size_t i = 0; hosts->slot_variables[i] != NULL; i++)
		free(hosts->slot_variables[i]);
	bytes_fini(&hosts->groups);
	transfer_list_fini(&hosts->base);
	ssh_masters_close(&hosts->masters);
	answerer_fini(&hosts->here);
	free(hosts);
}

const char *
hosts_groups(const struct hosts *hosts)
{
	return hosts->groups.data;
}

const char *
host_groups(const struct host *host)
{
	return host->login->groups;
}
