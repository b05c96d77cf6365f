/* SPDX-License-Identifier: ISC */

/*
 * Owns the list of hosts and their slots.  Knows no command line of a job.  hosts_connect.c
 * connects the hosts, hosts_choose.c chooses one for each job.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/options.h"
#include "options/value.h"
#include "run/hosts.h"
#include "run/hosts_internal.h"
#include "run/resources.h"
#include "run/transfers.h"

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
	    add_groups(hosts, login) != 0) {
		host_free(host);
		return -ENOMEM;
	}
	hosts->list[hosts->n++] = host;
	if (hosts->context->options->hosts.by_shell && !login->here)
		host->master = ssh_masters_add(&hosts->masters);
	return 0;
}

/*
 * The agent on the host sets these variables: only there a job that was sent ahead gets its
 * slot.
 */
static int
slot_variables(struct hosts *hosts)
{
	const char *own = hosts->context->options->policy.slot_variable;

	hosts->slot_variables[0] = strdup("PARALLEL_JOBSLOT=1");
	if (hosts->slot_variables[0] == NULL)
		return -ENOMEM;
	if (own != NULL &&
	    asprintf(&hosts->slot_variables[1], "%s=0", own) == -1) {
		hosts->slot_variables[1] = NULL;
		return -ENOMEM;
	}
	return 0;
}

int
hosts_open(const struct hosts_context *context, struct hosts **hp,
    struct message *m)
{
	const size_t n = context->options->hosts.n;
	struct hosts *hosts;
	int error = 0;

	*hp = NULL;
	if (n == 0)
		return 0;
	hosts = calloc(1, sizeof(*hosts));
	if (hosts == NULL ||
	    (hosts->context = malloc(sizeof(*context))) == NULL) {
		free(hosts);
		return message_errno(m, -ENOMEM, "--sshlogin");
	}
	*hosts->context = *context;
	hosts->apart = context->options->pipe.cat ||
	    context->options->pipe.fifo || context->worker != NULL ||
	    context->options->sudo.enabled ||
	    context->options->policy.workdir != NULL;
	if (slot_variables(hosts) != 0) {
		hosts_close(hosts);
		return message_errno(m, -ENOMEM, "--sshlogin");
	}
	error = context->options->hosts.by_shell ?
	    ssh_masters_open(&hosts->masters, m) :
	    transfers_base(context->options, &hosts->base, &hosts->files, m);
	for (size_t i = 0; i < n && error == 0; i++)
		error = hosts_add(hosts, &context->options->hosts.logins[i]);
	if (error != 0) {
		hosts_close(hosts);
		return *m->text != '\0' ? error :
					  message_errno(m, error, "--sshlogin");
	}
	*hp = hosts;
	hosts_connect(hosts);
	hosts_count_slots(hosts);
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
