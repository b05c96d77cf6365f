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
#include "options/profile.h"
#include "options/value.h"
#include "report/report.h"
#include "report/report_task.h"
#include "report/sink.h"
#include "run/hosts.h"
#include "run/resources.h"

/* Connections that are made at the same time: an sshd refuses more than ten. */
#define CONNECTING_MOST 8
/* A host that was there is looked for again, after 1, 2, 4, ... seconds. */
#define ATTEMPTS_MOST 5
/* Seconds after that, when a job finds that it is being connected. */
#define BEHIND 0.05

enum host_state {
	HOST_WAITING, /* to be connected */
	HOST_CONNECTING,
	HOST_UP,
	HOST_LEAVING, /* it ends its jobs, and is lost then */
	HOST_AWAY, /* for a while */
	HOST_GONE
};

struct host {
	const struct login *login;
	struct hosts *hosts;
	struct prun_host *pool_host; /* NULL: it was never connected */
	enum host_state state;
	char *login_variable, *host_variable;
	const char *variables[3];
	unsigned slots, used;
	unsigned attempts; /* since it was there */
	bool sends; /* prun is sent there */
	double due; /* sink_now() time: AWAY, and looked for then */
};

struct hosts {
	struct hosts_context context;
	/* What was made of a job for this machine is of no use to another, nor the reverse. */
	bool apart;
	size_t n;
	struct host list[];
};

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

void
host_take(struct host *host, unsigned weight)
{
	host->used += weight;
}

void
host_give(struct host *host, unsigned weight)
{
	host->used -= weight;
}

/* A job that is heavier than the host gets all of it. */
static bool
host_has_room(const struct host *host, unsigned weight)
{
	return host->state == HOST_UP &&
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

/* The one that is the least busy. */
static struct host *
choose(struct hosts *hosts, unsigned weight, const struct host *except)
{
	struct host *best = NULL, *h;

	for (size_t i = 0; i < hosts->n; i++) {
		h = &hosts->list[i];
		if (h == except || !host_has_room(h, weight) ||
		    (except != NULL && !may_follow(h, except)))
			continue;
		if (best == NULL ||
		    (uint64_t)h->used * best->slots <
			(uint64_t)best->used * h->slots)
			best = h;
	}
	return best;
}

struct host *
hosts_choose(struct hosts *hosts, unsigned weight)
{
	return choose(hosts, weight, NULL);
}

bool
hosts_are_known(const struct hosts *hosts)
{
	for (size_t i = 0; hosts != NULL && i < hosts->n; i++) {
		if (hosts->list[i].state == HOST_WAITING ||
		    hosts->list[i].state == HOST_CONNECTING)
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
hosts_other(struct hosts *hosts, struct host *host, unsigned weight)
{
	struct host *other = choose(hosts, weight, host);

	if (other != NULL || host->state == HOST_UP)
		return other != NULL ? other : host;
	for (size_t i = 0; i < hosts->n; i++) {
		struct host *h = &hosts->list[i];

		if (!may_follow(h, host))
			continue;
		if (h->state == HOST_UP)
			return h;
		if (h->state == HOST_CONNECTING)
			other = h;
	}
	return other != NULL ? other : host;
}

static void connect_some(struct hosts *hosts);

/* The slots of all, and whether any host may still come. */
static void
count_slots(struct hosts *hosts)
{
	unsigned slots = 0;
	bool hope = false;

	for (size_t i = 0; i < hosts->n; i++) {
		if (hosts->list[i].state == HOST_UP)
			slots += hosts->list[i].slots;
		hope |= hosts->list[i].state != HOST_GONE;
	}
	if (slots > 0)
		hosts->context.resized(slots, hosts->context.arg);
	if (!hope)
		hosts->context.lost(hosts->context.arg);
}

static void
host_again(void *arg)
{
	struct host *host = arg;

	host->state = HOST_WAITING;
	connect_some(host->hosts);
}

static void
host_warn(const struct host *host, const char *why)
{
	report_message(host->hosts->context.report, true);
	warnx("host %s: %s", host->login->name, why);
	report_message(host->hosts->context.report, false);
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
	const bool again = host->state == HOST_UP ||
	    host->state == HOST_LEAVING || host->attempts > 0 ||
	    is_refusal(why);
	const bool told = host->state == HOST_LEAVING;
	const double after = (double)(1u << host->attempts);

	if (!*hosts->context.killed && host_sends(host, why))
		return;
	host->state = HOST_GONE;
	if (*hosts->context.killed)
		return;
	if (!told)
		host_warn(host, why);
	if (again && host->attempts < ATTEMPTS_MOST &&
	    prun_pool_after(hosts->context.pool, after, host_again, host,
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
	const struct hosts_context *c = &host->hosts->context;

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
		host->slots = slots_of(host->hosts->context.options,
		    host->login, info->cpus);
	} else if (info->state == PRUN_HOST_LEAVING) {
		host_leaving(host);
	} else {
		host_down(host, info->why);
	}
	connect_some(host->hosts);
	count_slots(host->hosts);
}

/* It never had that job: another one gets it. */
static struct prun_host *
host_move(struct prun_host *unused, const struct prun_result *r, void *job)
{
	struct report_task *task = job;
	struct host *host = task->host, *other;

	(void)unused, (void)r;
	other = hosts_other(host->hosts, host, task->host_weight);
	if (other->state != HOST_UP && other->state != HOST_CONNECTING)
		return NULL;
	host_give(host, task->host_weight);
	host_take(other, task->host_weight);
	task->host = other;
	task->host_name = host_name(other);
	return other->pool_host;
}

/* Appends copies of the words of text, in which {host} is the host's name. */
static int
add_words(struct profile *p, const char *option, const char *text,
    const struct login *login, struct message *m)
{
	static const char name[] = "{host}";
	struct profile words = { 0 };
	struct bytes word = { 0 };
	int error = profile_split(&words, option, text_of(text), m);

	for (size_t i = 0; i < words.nwords && error == 0; i++) {
		const char *from = words.words[i], *found;

		word.len = 0;
		while ((found = strstr(from, name)) != NULL && error == 0) {
			error = bytes_add(&word, from, (size_t)(found - from));
			if (error == 0)
				error = bytes_add_string(&word, login->name);
			from = found + strlen(name);
		}
		if (error == 0)
			error = bytes_add_string(&word, from);
		if (error == 0)
			error = bytes_terminate(&word);
		if (error == 0)
			error = profile_add(p, word.data, option);
	}
	bytes_fini(&word);
	profile_fini(&words);
	return error;
}

/* How OpenSSH is called: it asks nothing, and finds out when the line is dead. */
static int
add_ssh(struct profile *p, const struct options *o, const struct login *login,
    struct message *m)
{
	static const char *const own[] = { "-T", "-oBatchMode=yes",
		"-oConnectTimeout=10", "-oServerAliveInterval=5",
		"-oServerAliveCountMax=3" };
	const char *variable = getenv("PARALLEL_SSH"), *program;
	struct profile words = { 0 };
	int error = 0;

	program = o->hosts.ssh != NULL ? o->hosts.ssh :
	    variable != NULL           ? variable :
					 "ssh";
	if (strchr(login->name, ' ') == NULL)
		error = add_words(&words, "--ssh", program, login, m);
	if (error == 0)
		error = add_words(&words, "--sshlogin", login->name, login, m);
	for (size_t i = 0; i < words.nwords && error == 0; i++) {
		const char *slash = strrchr(words.words[i], '/');

		error = profile_add(p, words.words[i], "--ssh");
		if (i > 0 ||
		    strcmp(slash != NULL ? slash + 1 : words.words[i], "ssh") !=
			0)
			continue;
		for (size_t j = 0;
		     j < sizeof(own) / sizeof(own[0]) && error == 0; j++)
			error = profile_add(p, own[j], "--ssh");
	}
	profile_fini(&words);
	return error;
}

/* The words of the connection's program; a NULL ends them. */
static int
make_argv(struct profile *p, const struct options *o, const struct login *login,
    struct message *m)
{
	const char *via = o->hosts.via != NULL ? o->hosts.via : login->via;
	char **words;
	int error = via != NULL ? add_words(p, "--via", via, login, m) :
				  add_ssh(p, o, login, m);

	if (error == 0)
		error = profile_add(p, "prun", "--ssh");
	if (error == 0)
		error = profile_add(p, "--remote-agent", "--ssh");
	if (error == 0) {
		words = reallocarray(p->words, p->nwords + 1, sizeof(*words));
		error = words == NULL ? -ENOMEM : 0;
		if (words != NULL)
			p->words = words;
	}
	if (error == 0)
		p->words[p->nwords] = NULL;
	return error;
}

static int
host_connect(struct host *host)
{
	const struct hosts_context *c = &host->hosts->context;
	const struct options *o = c->options;
	struct message m = { "" };
	struct profile argv = { 0 };
	struct courier courier = { 0 };
	struct prun_host_opts opts = { .size = sizeof(opts),
		.slots = resources_max_jobs(),
		.heartbeat = o->hosts.heartbeat,
		.connect_timeout = host->sends ? COURIER_SECONDS : 0,
		.setenv = host->variables,
		.fn = host_event,
		.move = host_move,
		.worker = c->worker,
		.secret = c->secret,
		.arg = host };
	int error = 0;

	if (!host->login->here)
		error = make_argv(&argv, o, host->login, &m);
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
connect_some(struct hosts *hosts)
{
	unsigned connecting = 0;

	for (size_t i = 0; i < hosts->n; i++)
		connecting += hosts->list[i].state == HOST_CONNECTING;
	for (size_t i = 0; i < hosts->n && connecting < CONNECTING_MOST; i++) {
		struct host *host = &hosts->list[i];

		if (host->state != HOST_WAITING)
			continue;
		host->state = host_connect(host) != 0 ? HOST_GONE :
		    host->login->here                 ? HOST_UP :
							HOST_CONNECTING;
		if (host->state == HOST_UP)
			host->slots = slots_of(hosts->context.options,
			    host->login, hosts->context.options->run.cpus);
		connecting += host->state == HOST_CONNECTING;
	}
}

static int
host_init(struct host *host, struct hosts *hosts, const struct login *login)
{
	host->hosts = hosts;
	host->login = login;
	if (asprintf(&host->login_variable, "PARALLEL_SSHLOGIN=%s",
		login->name) == -1)
		host->login_variable = NULL;
	if (asprintf(&host->host_variable, "PARALLEL_SSHHOST=%s",
		login->host) == -1)
		host->host_variable = NULL;
	host->variables[0] = host->login_variable;
	host->variables[1] = host->host_variable;
	return host->login_variable == NULL || host->host_variable == NULL ?
	    -ENOMEM :
	    0;
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
	hosts = calloc(1, sizeof(*hosts) + n * sizeof(hosts->list[0]));
	if (hosts == NULL)
		return message_errno(m, -ENOMEM, "--sshlogin");
	hosts->context = *context;
	hosts->n = n;
	hosts->apart = context->options->pipe.cat ||
	    context->options->pipe.fifo || context->worker != NULL ||
	    context->options->sudo.enabled;
	for (size_t i = 0; i < n && error == 0; i++)
		error = host_init(&hosts->list[i], hosts,
		    &context->options->hosts.logins[i]);
	if (error != 0) {
		hosts_close(hosts);
		return message_errno(m, error, "--sshlogin");
	}
	*hp = hosts;
	connect_some(hosts);
	count_slots(hosts);
	return 0;
}

void
hosts_close(struct hosts *hosts)
{
	if (hosts == NULL)
		return;
	for (size_t i = 0; i < hosts->n; i++) {
		free(hosts->list[i].login_variable);
		free(hosts->list[i].host_variable);
	}
	free(hosts);
}
