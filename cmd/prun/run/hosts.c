/* SPDX-License-Identifier: ISC */

/*
 * Owns which hosts are there and what they have to do.  Knows no command line of a job.
 * It is one file although it is long: a host that comes, is lost and comes back changes what
 * all the others may get.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/courier.h"
#include "options/options.h"
#include "options/value.h"
#include "report/report.h"
#include "report/report_task.h"
#include "report/sink.h"
#include "run/host_variables.h"
#include "run/host_words.h"
#include "run/hosts.h"
#include "run/hosts_internal.h"
#include "run/resources.h"
#include "run/transfers.h"

/* Connections that are made at the same time: an sshd refuses more than ten. */
#define CONNECTING_MOST 8
/* A host that was there is looked for again, after 1, 2, 4, ... seconds. */
#define ATTEMPTS_MOST 5
/* Seconds after that, when a job finds that it is being connected. */
#define BEHIND 0.05

static unsigned
slots_of(const struct options *o, const struct login *login, unsigned cpus)
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
		    slots_of(o, &o->hosts.logins[i], 0) :
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

const char *
host_name(const struct host *host)
{
	return host->login->name;
}

/* Its last job has gone: nobody needs the connection. */
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
			host->state == HOST_AWAY ?
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
	    host->due + BEHIND - sink_now() :
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
		if (h->state == HOST_CONNECTING)
			other = h;
	}
	return other != NULL ? other : host;
}

/* The slots of all, and whether any host may still come. */
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

static void
host_again(void *arg)
{
	struct host *host = arg;

	if (host->state != HOST_AWAY)
		return;
	host->state = HOST_WAITING;
	hosts_connect(host->hosts);
}

static void
host_warn(const struct host *host, const char *why)
{
	report_message(host->hosts->context->report, true);
	warnx("host %s: %s", host->login->name, why);
	report_message(host->hosts->context->report, false);
}

/* An sshd that has too many beginners refuses some. */
static bool
is_refusal(const char *why)
{
	return strstr(why, "kex_exchange_identification") != NULL ||
	    strstr(why, "Connection closed by") != NULL ||
	    strstr(why, "Connection reset by") != NULL;
}

/* Prun is not there.  The next connection brings it along, where it can be sent. */
static bool
host_sends(struct host *host, const char *why)
{
	char *program, *text = NULL;

	if (host->state != HOST_CONNECTING || host->sends ||
	    !courier_helps(why))
		return false;
	program = courier_program();
	if (asprintf(&text,
		program != NULL ?
		    "%s; %s is sent there, to ~/.cache/prun" :
		    "%s; prun must be on the PATH of a login there, or here be a prun-static that can be sent: make static, $PRUN_STATIC",
		why, program) == -1)
		text = NULL;
	host_warn(host, text != NULL ? text : why);
	free(text);
	host->sends = program != NULL;
	host->state = program != NULL ? HOST_WAITING : HOST_GONE;
	free(program);
	return true;
}

static void
host_down(struct host *host, const char *why)
{
	struct hosts *hosts = host->hosts;
	const bool again = !hosts->context->options->hosts.filter &&
	    (host->state == HOST_UP || host->state == HOST_LEAVING ||
		host->attempts > 0 || is_refusal(why));
	const bool told = host->state == HOST_LEAVING;
	const double after = (double)(1u << host->attempts);

	if (!*hosts->context->killed && host_sends(host, why))
		return;
	host->state = HOST_GONE;
	if (*hosts->context->killed || host->leaving)
		return;
	if (!told)
		host_warn(host, why);
	if (again && host->attempts < ATTEMPTS_MOST &&
	    prun_pool_after(hosts->context->pool, after, host_again, host,
		NULL) == 0) {
		host->state = HOST_AWAY;
		host->due = sink_now() + after;
		host->attempts++;
	}
}

/* A node of Slurm does so when the time of the allocation is over. */
static void
host_leaving(struct host *host)
{
	const struct hosts_context *c = host->hosts->context;

	host->state = HOST_LEAVING;
	if (*c->killed)
		return;
	host_warn(host, "it was told to end");
	if (host->login->via != NULL)
		c->ended(c->arg);
}

static void
host_event(struct prun_host *unused, const struct prun_host_info *info,
    void *arg)
{
	struct host *host = arg;

	(void)unused;
	if (info->state == PRUN_HOST_UP) {
		host->state = HOST_UP;
		host->attempts = 0;
		host->slots = slots_of(host->hosts->context->options,
		    host->login, info->cpus);
	} else if (info->state == PRUN_HOST_LEAVING) {
		host_leaving(host);
	} else {
		host_down(host, info->why);
	}
	hosts_connect(host->hosts);
	hosts_count_slots(host->hosts);
}

/* It never had that job: another one gets it. */
static struct prun_host *
host_move(struct prun_host *unused, const struct prun_result *r, void *job)
{
	struct report_task *task = job;
	struct host *host = task->host, *other;

	(void)unused, (void)r;
	other = hosts_other(host->hosts, host, task->host_weight,
	    task->host_groups);
	if (other->state != HOST_UP && other->state != HOST_CONNECTING)
		return NULL;
	host_give(host, task->host_weight);
	host_take(other, task->host_weight);
	task->host = other;
	task->host_name = host_name(other);
	return other->pool_host;
}

static int
host_connect(struct host *host)
{
	const struct hosts_context *c = host->hosts->context;
	const struct options *o = c->options;
	struct message m = { "" };
	struct profile argv = { 0 };
	struct courier courier = { 0 };
	struct prun_host_opts opts = { .size = sizeof(opts),
		.slots = resources_max_jobs(),
		.heartbeat = o->hosts.heartbeat,
		.connect_timeout = host->sends ? COURIER_SECONDS : 0,
		.setenv = (const char *const *)host->variables,
		.files = &host->hosts->files,
		.fn = host_event,
		.move = host_move,
		.worker = c->worker,
		.secret = c->secret,
		.arg = host };
	int error = 0;

	if (!host->login->here)
		error = host_words(&argv, o, host->login, &m);
	if (error == 0 && !host->login->here)
		opts.argv = (const char *const *)argv.words;
	if (error == 0 && host->sends) {
		error = courier_init(&courier, opts.argv);
		opts.argv = courier.argv;
	}
	if (error == 0)
		error = prun_host_new(c->pool, &opts, &host->pool_host);
	if (error != 0)
		host_warn(host, *m.text != '\0' ? m.text : strerror(-error));
	courier_fini(&courier);
	profile_fini(&argv);
	return error;
}

static void
connect_later(void *arg)
{
	struct hosts *hosts = arg;

	hosts->delayed = false;
	hosts_connect(hosts);
}

/* --sshdelay: is it too early for one more connection? */
static bool
is_too_early(struct hosts *hosts)
{
	const double delay = hosts->context->options->hosts.delay;
	const double left = hosts->connected + delay - sink_now();

	if (delay <= 0 || hosts->connected == 0 || left <= 0)
		return hosts->delayed;
	if (!hosts->delayed)
		hosts->delayed = prun_pool_after(hosts->context->pool, left,
				     connect_later, hosts, NULL) == 0;
	return hosts->delayed;
}

static void
connect_one(struct host *host)
{
	struct hosts *hosts = host->hosts;

	host->state = host_connect(host) != 0 ? HOST_GONE :
	    host->login->here                 ? HOST_UP :
						HOST_CONNECTING;
	if (host->state == HOST_UP)
		host->slots = slots_of(hosts->context->options, host->login,
		    hosts->context->options->run.cpus);
	else
		hosts->connected = sink_now();
}

void
hosts_connect(struct hosts *hosts)
{
	unsigned connecting = 0;

	for (size_t i = 0; i < hosts->n; i++)
		connecting += hosts->list[i]->state == HOST_CONNECTING;
	for (size_t i = 0; i < hosts->n && connecting < CONNECTING_MOST; i++) {
		struct host *host = hosts->list[i];

		if (host->state != HOST_WAITING)
			continue;
		if (!host->login->here && is_too_early(hosts))
			continue;
		connect_one(host);
		connecting += host->state == HOST_CONNECTING;
	}
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
	    context->options->sudo.enabled;
	error = transfers_base(context->options, &hosts->base, &hosts->files,
	    m);
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
	bytes_fini(&hosts->groups);
	transfer_list_fini(&hosts->base);
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
