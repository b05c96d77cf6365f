/* SPDX-License-Identifier: ISC */

/*
 * Owns the connections of the hosts: when each is made, what the user is told about it,
 * what happens when a host is lost, and when prun tries to connect it again.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/courier.h"
#include "job/job_attributes.h"
#include "loop/resources.h"
#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "options/options.h"
#include "report/report.h"
#include "report/report_task.h"
#include "text/clock.h"
#include "text/shown.h"

/* The most connections that are made at the same time: an sshd refuses more than ten. */
#define CONNECTING_MOST 8
/* How often prun tries to connect a lost host again: after 1, 2, 4, ... seconds. */
#define ATTEMPTS_MOST 5

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
	struct shown name;
	struct message m;

	(void)message_set(&m, 0, "host %s: %s",
	    shown(&name, text_of(host->login->name)), why);
	report_message(host->hosts->context->report, true);
	warnx("%s", m.text);
	report_message(host->hosts->context->report, false);
}

/* An sshd refuses connections while too many others are logging in. */
static bool
is_refusal(const char *why)
{
	return strstr(why, "kex_exchange_identification") != NULL ||
	    strstr(why, "Connection closed by") != NULL ||
	    strstr(why, "Connection reset by") != NULL;
}

/*
 * If prun is not installed on the host, the next connection sends it there, if a prun that
 * can be sent exists.
 */
static bool
host_sends(struct host *host, const char *why)
{
	char *program, *text = NULL;

	if (host->state != HOST_CONNECTING || host->sends || host->master > 0 ||
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
		host->due = clock_steady() + after;
		host->attempts++;
	}
}

/* A node of Slurm leaves when the time of its allocation is over. */
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

/*
 * One connection of ssh carries a limited number of sessions: another host of the same
 * login gets the rest of the slots.
 */
static void
host_divide(struct host *host)
{
	struct hosts *hosts = host->hosts;
	const unsigned slots = host->slots > host->before ?
	    host->slots - host->before :
	    1;

	host->slots = slots < SSH_MASTER_SESSIONS ? slots : SSH_MASTER_SESSIONS;
	if (slots <= SSH_MASTER_SESSIONS || host->divided ||
	    hosts_add(hosts, host->login) != 0)
		return;
	host->divided = true;
	hosts->list[hosts->n - 1]->before = host->before + SSH_MASTER_SESSIONS;
}

static void
tell_change(struct hosts *hosts)
{
	hosts_connect(hosts);
	hosts_count_slots(hosts);
	hosts_balance(hosts);
}

/* The host runs jobs from now on, and -j counts so many CPUs there. */
static void
host_is_up(struct host *host, unsigned cpus)
{
	const struct options *o = host->hosts->context->options;

	host->state = HOST_UP;
	host->attempts = 0;
	host->slots = host_slots_of(o, host->login, cpus);
	host_limits_begin(host, cpus);
	if (host->master > 0 && !o->hosts.each)
		host_divide(host);
	tell_change(host->hosts);
}

static void
host_event(struct prun_host *unused, const struct prun_host_info *info,
    void *arg)
{
	struct host *host = arg;

	(void)unused;
	if (info->state == PRUN_HOST_UP) {
		if (!host_asks_cpus(host))
			host_is_up(host, info->cpus);
		return;
	}
	if (info->state == PRUN_HOST_LEAVING)
		host_leaving(host);
	else
		host_down(host, info->why);
	tell_change(host->hosts);
}

/* A prun_host_answer_fn; arg is the host. */
static void
host_answered(struct prun_host *unused, const char *answer, void *arg)
{
	struct host *host = arg;
	unsigned cpus;

	(void)unused;
	if (!host->asks_cpus) {
		host_limits_answer(host, answer);
		return;
	}
	host->asks_cpus = false;
	host_is_up(host, cpu_answer_get(answer, &cpus) ? cpus : 1);
}

/*
 * Returns the host that has kept a place for a job that the job's own host gave back; NULL
 * if there is none.
 */
static struct host *
recalled_for(struct report_task *task)
{
	struct host *host = task->recalled_for;

	task->ahead = false;
	task->recalled_for = NULL;
	if (host == NULL || host->state == HOST_UP)
		return host;
	host_give(host, task->host_weight);
	return NULL;
}

/*
 * A prun_host_opts.move: the host has not started the job, or has given it back, so another
 * host gets it.
 */
static struct prun_host *
host_move(struct prun_host *unused, const struct prun_result *r, void *job)
{
	struct report_task *task = job;
	struct host *host = task->host, *other = recalled_for(task);
	const bool kept = other != NULL;

	(void)unused, (void)r;
	if (!kept)
		other = hosts_other(host->hosts, host, task->host_weight,
		    task->host_groups);
	if (other->state != HOST_UP && other->state != HOST_CONNECTING)
		return NULL;
	if (!kept)
		host_take(other, task->host_weight);
	host_give(host, task->host_weight);
	task->host = other;
	task->host_name = host_name(other);
	return other->pool_host;
}

/* The programs that connect to a host. */
struct way {
	struct profile argv, job;
	struct courier courier;
};

static void
way_fini(struct way *way)
{
	courier_fini(&way->courier);
	profile_fini(&way->argv);
	profile_fini(&way->job);
}

/*
 * --remote ssh: makes the words of an ssh master, and of the programs that use its
 * connection.
 */
static int
way_to_shell(struct way *way, struct host *host, struct prun_host_opts *opts,
    struct message *m)
{
	const struct options *o = host->hosts->context->options;
	const char *socket = ssh_masters_path(&host->hosts->masters,
	    host->master);
	int error;

	if (socket == NULL)
		return -ENOMEM;
	/* An ssh master that was killed has left its socket behind. */
	(void)unlink(socket);
	error = host_words(&way->argv, o, host->login, HOST_END_MASTER, socket,
	    m);
	if (error == 0)
		error = host_words(&way->job, o, host->login, HOST_END_JOB,
		    socket, m);
	opts->argv = (const char *const *)way->argv.words;
	opts->job_argv = (const char *const *)way->job.words;
	return error;
}

static int
way_to(struct way *way, struct host *host, struct prun_host_opts *opts,
    struct message *m)
{
	int error;

	if (host->master > 0)
		return way_to_shell(way, host, opts, m);
	error = host_words(&way->argv, host->hosts->context->options,
	    host->login, HOST_END_AGENT, NULL, m);
	opts->argv = (const char *const *)way->argv.words;
	if (error == 0 && host->sends) {
		error = courier_init(&way->courier, opts->argv);
		opts->argv = way->courier.argv;
	}
	return error;
}

static int
host_connect(struct host *host)
{
	const struct hosts_context *c = host->hosts->context;
	const struct options *o = c->options;
	struct message m = { "" };
	struct way way = { 0 };
	struct prun_host_opts opts = { .size = sizeof(opts),
		.slots = resources_max_jobs(),
		.heartbeat = o->hosts.heartbeat,
		.connect_timeout = host->sends ? COURIER_SECONDS : 0,
		.setenv = (const char *const *)host->variables,
		.files = o->hosts.by_shell ? NULL : &host->files,
		.slotenv = (const char *const *)host->hosts->slot_variables,
		.fn = host_event,
		.move = host_move,
		.worker = c->worker,
		.secret = c->secret,
		.sigmask = c->sigmask,
		.sigdefault = c->sigdefault,
		.answered = host_answered,
		.arg = host };
	int error = 0;

	host->files = host->hosts->files;
	host->files.cwd = workdir_base(c->workdir, host_shares_files(host));
	if (!host->login->here)
		error = way_to(&way, host, &opts, &m);
	if (error == 0)
		error = prun_host_new(c->pool, &opts, &host->pool_host);
	if (error != 0 && *m.text == '\0')
		(void)message_errno(&m, error, "%s",
		    opts.argv != NULL ? opts.argv[0] : "prun");
	if (error != 0)
		host_warn(host, m.text);
	way_fini(&way);
	return error;
}

static void
connect_later(void *arg)
{
	struct hosts *hosts = arg;

	hosts->delayed = false;
	hosts_connect(hosts);
}

/* With --sshdelay: must the next connection wait? */
static bool
is_too_early(struct hosts *hosts)
{
	const double delay = hosts->context->options->hosts.delay;
	const double left = hosts->connected + delay - clock_steady();

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
	const unsigned cpus = hosts->context->options->run.cpus;

	host->asks_cpus = false;
	host->state = host_connect(host) != 0 ? HOST_GONE :
	    host->login->here                 ? HOST_UP :
						HOST_CONNECTING;
	if (host->state == HOST_UP) {
		host->slots = host_slots_of(hosts->context->options,
		    host->login, cpus);
		host_limits_begin(host,
		    cpus > 0 ? cpus : (unsigned)prun_cpu_count());
	} else
		hosts->connected = clock_steady();
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
