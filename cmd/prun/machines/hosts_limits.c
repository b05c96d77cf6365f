/* SPDX-License-Identifier: ISC */

/*
 * Owns what the limits of each host say about the jobs there: those of its own machine
 * (--load, --memfree, --memsuspend, --noswap, --limit io), and --limit COMMAND, which runs
 * here once the machine has said yes.  Before each start, and once a second, the host is
 * asked; the answers may hold starts back, and suspend, resume or kill jobs there.
 * Also asks how many cores or sockets a host has, where -j counts these.  Which host a job
 * gets is in hosts_choose.c.
 */
#include <err.h>

#include "loop/relief.h"
#include "loop/signals.h"
#include "machines/hosts.h"
#include "machines/hosts_internal.h"
#include "options/options.h"
#include "options/value.h"
#include "text/clock.h"

#define INTERVAL 1.0 /* seconds from an answer to the next look */
#define NS_PER_S 1e9

/* Is a host's machine to be asked? */
static bool
machines_have_limits(const struct hosts *hosts)
{
	const struct policy_options *o = &hosts->context->options->policy;

	return o->load != NULL || limit_rules_look(&o->limits);
}

bool
hosts_have_limits(const struct hosts *hosts)
{
	return machines_have_limits(hosts) ||
	    hosts->context->options->policy.limits.command != NULL;
}

static int64_t
now(void)
{
	return (int64_t)(clock_steady() * NS_PER_S);
}

static struct relief_jobs
jobs_of(const struct host *host)
{
	return (struct relief_jobs){ .pool = host->hosts->context->pool,
		.live = host->hosts->context->live,
		.host = host };
}

static void
kill_youngest(struct host *host)
{
	const struct relief_jobs jobs = jobs_of(host);

	relief_kill_youngest(&jobs);
}

/* Jobs that are being killed are not suspended or resumed. */
static void
relieve(struct host *host, const struct limit_report *report)
{
	const struct relief_jobs jobs = jobs_of(host);

	for (size_t i = 0; i < report->nrelief; i++)
		relief_give(&jobs, report->relief[i]);
}

static void ask(struct host *host, bool look);

/* A yes that was not used is old: the next start asks again. */
static void
look_again(void *arg)
{
	struct host *host = arg;

	host->limits.waits = host->limits.granted = false;
	if (host->state == HOST_UP && (host->used > 0 || host->limits.held))
		ask(host, true);
}

/*
 * Some limits compare two looks, between which a second must have gone by.  If the timer
 * cannot be started, prun exits: nothing would ever let jobs start on that host again.
 */
static void
look_later(struct host *host)
{
	int error = 0;

	if (!host->limits.waits)
		error = prun_pool_after(host->hosts->context->pool, INTERVAL,
		    look_again, host, NULL);
	if (error != 0)
		errc(EXIT_OWN, -error, "a timer for the limits");
	host->limits.waits = true;
}

/*
 * Until the command has ended, what was known is kept.  Once the run is to stop, no job is
 * killed for the sake of others.
 */
static void
take_answer(struct host *host, enum limit_answer answer)
{
	host->limits.runs = answer == LIMIT_LATER;
	if (host->limits.runs)
		return;
	if (answer == LIMIT_KILL && !*host->hosts->context->stopped)
		kill_youngest(host);
	host->limits.granted = answer == LIMIT_YES;
	host->limits.held = !host->limits.granted;
	look_later(host);
}

/*
 * A limit_context.wake; arg is the host.  The command has ended.  Its answer is not used if
 * a look has said no since.
 */
static void
command_ended(void *arg)
{
	struct host *host = arg;

	if (host->limits.runs)
		take_answer(host, limits_try(&host->limits.command, now()));
}

/* A look at a host that holds nothing back is no start, so it does not run the command. */
static void
take_report(struct host *host, const struct limit_report *report)
{
	const struct hosts_context *c = host->hosts->context;
	const bool look = host->limits.look;

	host->limits.asked = host->limits.look = false;
	look_later(host);
	if (look && !*c->killed)
		relieve(host, report);
	if (report->start != LIMIT_YES)
		take_answer(host, report->start);
	else if (!look || host->limits.held)
		take_answer(host, limits_try(&host->limits.command, now()));
}

void
host_limits_shut(struct host *host)
{
	if (!hosts_have_limits(host->hosts))
		return;
	host->limits.held = true;
	host->limits.granted = host->limits.runs = false;
	look_later(host);
}

void
host_limits_answer(struct host *host, const char *answer)
{
	struct limit_report report;

	if (limit_report_get(answer, &report))
		take_report(host, &report);
	/* It cannot tell: nothing is held back, as on a machine that does not tell. */
	else
		take_report(host, &(struct limit_report){ 0 });
}

/* This machine answers at once. */
static void
ask_here(struct host *host)
{
	char answer[QUESTION_SIZE];

	question_answer(&host->hosts->here, host->limits.question, now(),
	    answer, sizeof(answer));
	host_limits_answer(host, answer);
}

static void
ask(struct host *host, bool look)
{
	host->limits.look |= look;
	if (host->limits.asked)
		return;
	host->limits.asked = true;
	if (!machines_have_limits(host->hosts))
		take_report(host, &(struct limit_report){ 0 });
	else if (host->login->here)
		ask_here(host);
	else if (prun_host_ask(host->pool_host, host->limits.question) != 0)
		host->limits.asked = false;
}

bool
host_limits_grant(struct host *host)
{
	if (!hosts_have_limits(host->hosts))
		return true;
	if (host->state != HOST_UP)
		return false;
	if (!host->limits.granted && !host->limits.held && !host->limits.runs)
		ask(host, false);
	return host->limits.granted;
}

bool
host_asks_cpus(struct host *host)
{
	const enum cpu_unit unit = host->hosts->context->options->cpu_unit;
	char question[QUESTION_SIZE];

	if (unit == CPU_THREADS || host->login->cpus > 0)
		return false;
	cpu_question_put(question, unit);
	host->asks_cpus = prun_host_ask(host->pool_host, question) == 0;
	return host->asks_cpus;
}

int
host_limits_open(struct host *host)
{
	static const struct limit_ops *const table[] = { &limit_command };
	const struct hosts_context *c = host->hosts->context;
	struct host_limits *l = &host->limits;

	l->rules.command = c->options->policy.limits.command;
	l->context = (struct limit_context){ .rules = &l->rules,
		.pool = c->pool,
		.shell = c->shell,
		.sigmask = c->sigmask,
		.sigdefault = c->sigdefault,
		.setenv = (const char *const *)host->variables,
		.wake = command_ended,
		.arg = host };
	return limits_open(&l->command, table, 1, &l->context);
}

void
host_limits_close(struct host *host)
{
	limits_close(&host->limits.command);
}

void
host_limits_begin(struct host *host, unsigned cpus)
{
	const struct policy_options *o = &host->hosts->context->options->policy;
	struct limit_rules rules = o->limits;
	struct message ignored = { "" };

	host->limits.asked = host->limits.look = host->limits.runs = false;
	host->limits.granted = host->limits.held = false;
	if (host->login->cpus > 0)
		cpus = host->login->cpus;
	/* run_setup.c has checked what it is. */
	if (o->load != NULL)
		(void)load_from_spec(o->load, cpus, &rules.load, &ignored);
	limit_question_put(host->limits.question, &rules);
}
