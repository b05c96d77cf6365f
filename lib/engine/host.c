/* SPDX-License-Identifier: ISC */

/*
 * Owns what comes from the connection to a host: its greeting, the frames, its signs of
 * life.  host_clients.c knows which client wants the frames of which number.  host_life.c
 * starts and ends the connection, host_end.c has the end that comes by itself, and
 * host_outbox.c sends the frames.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/engine.h"
#include "engine/host.h"
#include "remote/job.h"

#define NS_PER_S 1e9
/* So many signs of life in a row may be missing. */
#define SILENT_BEATS 3
/*
 * When one read returns so many bytes, the pipe is made wider, so that the process need
 * not wait between small writes.
 */
#define BUSY_READ ((ssize_t)32 * 1024)
/*
 * While a long frame comes, so many bytes are waited for, but no longer than that: the
 * pipe holds what comes meanwhile.
 */
#define GATHER_SIZE ((size_t)256 * 1024)
#define GATHER_NS INT64_C(500000)

void
host_say_bye(struct prun_host *host)
{
	if (host->state != PRUN_HOST_UP || !host_has_agent(host))
		return;
	host_send(host, FRAME_BYE, 0, NULL, 0);
	host_flush(host);
}

static int64_t
host_beat(const struct prun_host *host)
{
	return (int64_t)(host->heartbeat * NS_PER_S);
}

/* The time at which the host has been silent for too long. */
static int64_t
host_silent(const struct prun_host *host)
{
	return host->heard + SILENT_BEATS * host_beat(host);
}

static void
host_pulse(void *arg)
{
	struct prun_host *host = arg;
	int64_t now = clock_now(), silent = host_silent(host), next;
	char why[64];

	if (!host->greeted) {
		host_lose(host, "it did not answer in time");
		return;
	}
	if (!host->resting && now >= silent) {
		(void)snprintf(why, sizeof(why), "no sign of life for %.0f s",
		    (double)(now - host->heard) / NS_PER_S);
		host_lose(host, why);
		return;
	}
	host_send_number(host, FRAME_PING, 0, 0);
	next = now + host_beat(host);
	if (!host->resting && next > silent)
		next = silent;
	if (host->state != PRUN_HOST_DOWN)
		(void)loop_timer_start(&host->engine->loop, &host->pulse, next,
		    host_pulse, host);
}

static int
host_set_up(struct prun_host *host)
{
	const struct engine *engine = host->engine;
	const struct job_setup setup = { .slots = host->slots,
		.heartbeat = host->heartbeat,
		.termseq = engine->termseq,
		.leak_timeout = engine->leak_timeout < 0 ?
		    -1 :
		    (double)engine->leak_timeout / NS_PER_S,
		.leak = engine->leak,
		.setenv = host->setenv,
		.slotenv = host->slotenv,
		.worker = host->worker };
	struct buf bytes = { 0 };
	int error = job_put_setup(&bytes, &setup);

	if (error == 0)
		host_send(host, FRAME_SETUP, 0, bytes.data, bytes.len);
	buf_fini(&bytes);
	return error;
}

/* A host without an agent has answered: its shell tells only how many CPUs there are. */
static int
host_shell_is_up(struct prun_host *host, unsigned cpus)
{
	host->greeted = true;
	host->cpus = cpus > 0 ? cpus : 1;
	loop_timer_stop(&host->engine->loop, &host->pulse);
	return host_is_up(host);
}

static int
host_greet(struct prun_host *host)
{
	char why[128];
	unsigned version;
	int r = frame_begin(&host->in, host->token, &version);

	if (r <= 0)
		return r;
	if (host->words != NULL)
		return host_shell_is_up(host, version);
	if (version != FRAME_VERSION) {
		(void)snprintf(why, sizeof(why),
		    "the prun there has version %u of the protocol, not %d",
		    version, FRAME_VERSION);
		host_lose(host, why);
		return 0;
	}
	/*
	 * A banner that the login printed must not be given as the reason of a later
	 * failure.
	 */
	host_forget_said(host);
	r = host_send_secret(host);
	if (r == 0)
		r = host_set_up(host);
	if (r == 0 && host->state != PRUN_HOST_DOWN)
		r = loop_resume(&host->engine->loop, &host->watch[0]);
	host->greeted = r == 0;
	return r;
}

static int
host_hello(struct prun_host *host, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	int error;

	if (host->state != PRUN_HOST_CONNECTING || host->cpus != 0)
		return -EPROTO;
	host->cpus = (unsigned)field_number_to(&r, 1000000);
	if (fields_end(&r) != 0 || host->cpus == 0)
		return -EPROTO;
	error = host->base != NULL && host->base->nsend > 0 ?
	    host_files_open(host, host->base) :
	    host_is_up(host);
	if (error != 0 || host->state == PRUN_HOST_DOWN)
		return error;
	return loop_timer_start(&host->engine->loop, &host->pulse,
	    clock_now() + host_beat(host), host_pulse, host);
}

const char *
host_fault(struct prun_host *host, const char *fault)
{
	(void)snprintf(host->fault, sizeof(host->fault), "%s", fault);
	return host->fault;
}

/* The agent tells that a worker there has a fault, or is silent. */
static int
host_take_worker(const struct prun_host *host, const struct frame *f)
{
	const struct prun_worker_opts *worker = host->worker;
	struct field_reader r = field_reader(f);
	const char *fault = field_string(&r);

	if (fields_end(&r) != 0 || worker == NULL || f->id > UINT_MAX)
		return -EPROTO;
	if (fault == NULL && worker->silent != NULL)
		worker->silent((unsigned)f->id, worker->fault_arg);
	if (fault != NULL && worker->fault != NULL)
		worker->fault(fault, worker->fault_arg);
	return 0;
}

static int
host_leaving(struct prun_host *host)
{
	if (host->state != PRUN_HOST_UP || host->leaving)
		return -EPROTO;
	host->leaving = true;
	host_tell(host, PRUN_HOST_LEAVING, 0, NULL);
	return 0;
}

static int
host_take(struct prun_host *host, const struct frame *f)
{
	struct host_client *client;

	if (f->type == FRAME_HELLO)
		return host_hello(host, f);
	if (f->type == FRAME_LEAVING)
		return host_leaving(host);
	if (f->type == FRAME_PONG)
		return 0;
	if (f->type == FRAME_WORKER)
		return host_take_worker(host, f);
	if (f->type == FRAME_ANSWER)
		return host_take_answer(host, f);
	client = host_client_find(host, f->id);
	return client != NULL ? client->ops->take(client, f) : -EPROTO;
}

/* Take some of the bytes with which a long frame ends.  Returns what fd_read() does. */
static ssize_t
host_take_rest(struct prun_host *host, int fd)
{
	struct host_client *client = host_client_find(host, host->rest.id);
	struct frame f = host->rest;
	ssize_t n = -EOPNOTSUPP;
	int error;

	if (client == NULL)
		return -EPROTO;
	if (client->ops->move != NULL)
		n = client->ops->move(client, f.type, fd, host->coming);
	if (n == -EOPNOTSUPP) {
		n = frame_read_rest(&host->in, fd, host->coming, &f);
		error = n > 0 ? client->ops->take(client, &f) : 0;
		if (error != 0)
			return error;
	}
	if (n > 0)
		host->coming -= (size_t)n;
	return n;
}

static void
host_lull_due(void *arg)
{
	struct prun_host *host = arg;
	int error = loop_resume(&host->engine->loop, &host->watch[1]);

	if (error != 0)
		host_fail(host, error);
}

/*
 * While a long frame comes, the process writes many pieces that are small.  So they are
 * let gather for a moment: each would wake this thread.
 */
static bool
host_lets_gather(struct prun_host *host, struct watch *watch, uint32_t events)
{
	const size_t want = host->coming < GATHER_SIZE ? host->coming :
							 GATHER_SIZE;

	host->waited = !host->waited && !(events & EPOLLHUP) &&
	    fd_pending(watch->fd) < (ssize_t)want &&
	    loop_timer_start(&host->engine->loop, &host->lull,
		clock_now() + GATHER_NS, host_lull_due, host) == 0;
	if (host->waited)
		loop_pause(&host->engine->loop, watch);
	return host->waited;
}

static void
host_rest_ready(struct prun_host *host, struct watch *watch, uint32_t events)
{
	ssize_t n;

	if (host_lets_gather(host, watch, events))
		return;
	n = host_take_rest(host, watch->fd);
	host->heard = clock_now();
	if (n == 0)
		host_end_of_stdout(host);
	else if (n < 0 && n != -EAGAIN)
		host_fail(host, (int)n);
}

/* Take the frames that have come, and the beginning of a long one. */
static int
host_take_all(struct prun_host *host)
{
	struct frame f;
	int r = 0;

	while (host->state != PRUN_HOST_DOWN &&
	    (r = frame_next(&host->in, &f)) > 0) {
		r = host_take(host, &f);
		if (r < 0)
			return r;
	}
	host->flows = r == 0 && host->state != PRUN_HOST_DOWN &&
	    frame_next_begun(&host->in, &f, &host->coming) > 0;
	if (!host->flows)
		return r;
	host->rest = f;
	return f.len > 0 ? host_take(host, &f) : 0;
}

static void
host_readable(struct watch *watch, uint32_t events)
{
	struct prun_host *host = watch->owner;
	ssize_t n;
	int r = 0;

	if (host->coming > 0) {
		host_rest_ready(host, watch, events);
		return;
	}
	n = host->flows ? frame_read_head(&host->in, watch->fd) :
			  frame_read(&host->in, watch->fd);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		host_end_of_stdout(host);
		return;
	}
	if (n >= BUSY_READ && !host->wide) {
		host->wide = true;
		(void)fd_widen_pipe(watch->fd, FD_PIPE_WIDE);
	}
	host->heard = clock_now();
	/* A shell has nothing to say after its greeting. */
	if (host->greeted && host->words != NULL)
		buf_clear(&host->in.in, 0);
	else if (!host->greeted)
		r = host_greet(host);
	if (host->words == NULL && r >= 0 && host->greeted)
		r = host_take_all(host);
	if (r < 0)
		host_fail(host, r);
}

int
host_watch(struct prun_host *host)
{
	static watch_fn *const ready[3] = { host_writable, host_readable,
		host_said_ready };
	struct loop *loop = &host->engine->loop;
	int error = loop_add(loop, &host->death, host->child.pidfd, EPOLLIN,
	    host_died, host);

	for (int i = 0; i < 3 && error == 0; i++)
		error = loop_add(loop, &host->watch[i], host->stdio.parent[i],
		    i == 0 ? EPOLLOUT : EPOLLIN, ready[i], host);
	/*
	 * A shell is asked its question at once; an agent is sent nothing before it has
	 * greeted.
	 */
	if (error == 0 && host->words == NULL)
		loop_pause(loop, &host->watch[0]);
	if (error == 0)
		error = loop_timer_start(loop, &host->pulse, host->deadline,
		    host_pulse, host);
	return error;
}

void
hosts_drop(struct engine *engine)
{
	struct prun_host *host;

	LIST_FOREACH(host, &engine->hosts, entry)
		host_close(host);
}

bool
hosts_may_tell(const struct engine *engine)
{
	const struct prun_host *host;

	LIST_FOREACH(host, &engine->hosts, entry) {
		if (host->state != PRUN_HOST_DOWN && !host->here)
			return true;
	}
	return false;
}

void
hosts_rest(struct engine *engine, bool rest)
{
	struct prun_host *host;

	LIST_FOREACH(host, &engine->hosts, entry) {
		if (host->state != PRUN_HOST_UP || !host_has_agent(host))
			continue;
		host->resting = rest;
		host->heard = clock_now();
		host_send_number(host, FRAME_PING, 0, rest);
		/*
		 * The frame is sent now, since this process may be stopped before the
		 * loop turns again.
		 */
		host_flush(host);
	}
}
