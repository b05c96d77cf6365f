/* SPDX-License-Identifier: ISC */

/*
 * Owns the beginning and the end of a host: the process that is its connection.  Knows
 * nothing of what goes through the connection.
 */
#include <sys/random.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "engine/host.h"
#include "process/plan.h"
#include "transport/start.h"
#include "transport/transport.h"

/* When everything ends, the agent gets so long to end as well. */
#define FAREWELL_NS INT64_C(2000000000)

/* The plan executes the words of the connection's program, and the token behind them. */
static int
host_plan(struct prun_host *host, const struct prun_host_opts *opts,
    struct plan *plan)
{
	struct prun_spec spec = {
		.in = { .kind = PRUN_STDIO_PIPE },
		.out = { .kind = PRUN_STDIO_PIPE },
		.err = { .kind = PRUN_STDIO_PIPE },
		/*
		 * The process may ask nobody on the terminal, and Ctrl-C does not reach
		 * it.
		 */
		.flags = PRUN_SPEC_NEW_SESSION | PRUN_SPEC_DIE_WITH_PARENT,
		.sigmask = opts->sigmask,
		.sigdefault = opts->sigdefault,
	};
	struct plan_base base;
	const size_t n = list_length(opts->argv);
	const char **words = calloc(n + 2, sizeof(*words));
	int error;

	if (words == NULL)
		return -ENOMEM;
	memcpy(words, opts->argv, n * sizeof(*words));
	if (host->words == NULL)
		words[n] = host->token;
	spec.argv = words;
	plan_base_init(&base);
	error = plan_set(plan, &spec, &base, NULL);
	free(words);
	return error;
}

static int
host_start(struct prun_host *host, const struct prun_host_opts *opts)
{
	struct plan plan = { 0 };
	struct transport local = { 0 };
	struct start_request start = { .plan = &plan,
		.transport = &local,
		.child = &host->child,
		.stdio = &host->stdio,
		.nonblock = true,
		.result = &host->result };
	int error = host_plan(host, opts, &plan);

	for (int i = 0; i < 3; i++)
		start.kinds[i] = plan.stdio[i];
	if (error == 0)
		error = start_one(&start);
	plan_fini(&plan);
	return error;
}

static int
host_token(struct prun_host *host)
{
	unsigned char random[(FRAME_TOKEN_SIZE - 1) / 2];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return errno != 0 ? -errno : -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(host->token + 2 * i, 3, "%02x", random[i]);
	return 0;
}

/*
 * Copies the words.  The first bytes that are sent ask the shell there how many CPUs it
 * has.
 */
static int
host_without_agent(struct prun_host *host, const char *const *argv)
{
	const size_t n = list_length(argv);
	char line[256];

	host->words = calloc(n + 1, sizeof(*host->words));
	if (host->words == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		host->words[i] = strdup(argv[i]);
		if (host->words[i] == NULL)
			return -ENOMEM;
	}
	(void)snprintf(line, sizeof(line),
	    "echo; echo \"%s%s $(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN || echo 1)\"\n",
	    FRAME_GREETING + 1, host->token);
	return buf_add(&host->out, line, strlen(line));
}

static int
host_connect(struct prun_host *host, const struct prun_host_opts *opts)
{
	int error = host_token(host);

	if (error == 0 && opts->job_argv != NULL)
		error = host_without_agent(host, opts->job_argv);
	if (error == 0)
		error = host_start(host, opts);
	return error != 0 ? error : host_watch(host);
}

static void
host_init(struct prun_host *host, struct engine *engine,
    const struct prun_host_opts *opts)
{
	host->engine = engine;
	host->fn = opts->fn;
	host->move = opts->move;
	host->arg = opts->arg;
	host->slots = opts->slots;
	host->setenv = opts->setenv;
	host->slotenv = opts->slotenv;
	host->answered = opts->answered;
	host->worker = opts->worker;
	host->secret = opts->secret;
	host->base = opts->files;
	host->heartbeat = opts->heartbeat;
	host->heard = clock_now();
	host->deadline = clock_deadline(opts->connect_timeout);
	RB_INIT(&host->clients);
	TAILQ_INIT(&host->ahead.clients);
	child_init(&host->child);
	stdio_init(&host->stdio);
	host->death.fd = -1;
	for (int i = 0; i < 3; i++)
		host->watch[i].fd = -1;
}

/*
 * The connection's process ends by itself when its stdin ends.  If it has not by the
 * deadline, it is killed.
 */
static void
host_bury(struct prun_host *host, int64_t deadline)
{
	host_shut(host);
	loop_timer_stop(&host->engine->loop, &host->losing);
	loop_remove(&host->engine->loop, &host->death);
	if (host->child.pidfd != -1) {
		if (child_await(&host->child, deadline) != 1)
			(void)child_signal(&host->child, SIGKILL);
		(void)child_await(&host->child, INT64_MAX);
		(void)child_reap(&host->child, &host->result);
	}
}

static void
host_free(struct prun_host *host)
{
	child_fini(&host->child);
	stdio_close(&host->stdio);
	buf_fini(&host->out);
	buf_fini(&host->later);
	host_files_close(host);
	frame_reader_fini(&host->in);
	for (char **word = host->words; word != NULL && *word != NULL; word++)
		free(*word);
	free(host->words);
	free(host);
}

int
host_open(struct engine *engine, const struct prun_host_opts *opts,
    struct prun_host **hp)
{
	struct prun_host *host = calloc(1, sizeof(*host));
	int error;

	if (host == NULL)
		return -ENOMEM;
	host_init(host, engine, opts);
	if (opts->argv == NULL) {
		host->here = true;
		host->state = PRUN_HOST_UP;
	}
	error = host->here ? 0 : host_connect(host, opts);
	if (error != 0) {
		host_bury(host, 0);
		host_free(host);
		return error;
	}
	LIST_INSERT_HEAD(&engine->hosts, host, entry);
	*hp = host;
	return 0;
}

void
hosts_free(struct engine *engine, bool done)
{
	int64_t deadline = clock_now() + FAREWELL_NS;
	struct prun_host *host;

	/* All connections are told to end before the first of them is waited for. */
	LIST_FOREACH(host, &engine->hosts, entry) {
		if (done)
			host_say_bye(host);
		host_shut(host);
	}
	while ((host = LIST_FIRST(&engine->hosts)) != NULL) {
		LIST_REMOVE(host, entry);
		host_bury(host, deadline);
		host_free(host);
	}
}

void
hosts_forget(struct engine *engine)
{
	struct prun_host *host;

	while ((host = LIST_FIRST(&engine->hosts)) != NULL) {
		LIST_REMOVE(host, entry);
		host_free(host);
	}
}
