/* SPDX-License-Identifier: ISC */

/*
 * Owns the end of the connection to a host: how it is noticed, which reason is given,
 * and who is told.  Knows of what went through the connection only what a login printed
 * that started no agent.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/engine.h"
#include "engine/host.h"

/*
 * When the connection's process has closed its stdout, it gets so long to say why on
 * stderr and to die.
 */
#define ENDING_NS INT64_C(500000000)

/* The last line that the connection's process wrote to stderr. */
static const char *
host_said(struct prun_host *host)
{
	char *line;

	while (host->said_len > 0 &&
	    strchr("\r\n", host->said[host->said_len - 1]) != NULL)
		host->said_len--;
	host->said[host->said_len] = '\0';
	line = strrchr(host->said, '\n');
	return line != NULL ? line + 1 : host->said;
}

void
host_shut(struct prun_host *host)
{
	struct loop *loop = &host->engine->loop;

	for (int i = 0; i < 3; i++)
		loop_remove(loop, &host->watch[i]);
	stdio_close(&host->stdio);
	loop_timer_stop(loop, &host->pulse);
	loop_timer_stop(loop, &host->ending);
	loop_timer_stop(loop, &host->lull);
}

/*
 * host_shut() closes the stdin of the connection's process: so the agent ends, and then
 * the process.  If the process does not, hosts_free() kills it.
 */
static void
host_end(struct prun_host *host, const char *why)
{
	if (host->state == PRUN_HOST_DOWN)
		return;
	host->state = PRUN_HOST_DOWN;
	host_shut(host);
	host_tell(host, host->state, 0, why);
	host_lose_clients(host);
}

void
host_close(struct prun_host *host)
{
	host_end(host, "it was closed");
}

void
host_lose(struct prun_host *host, const char *why)
{
	(void)child_signal(&host->child, SIGKILL);
	host_end(host, why);
}

void
host_fail(struct prun_host *host, int error)
{
	host_lose(host,
	    error == -EPROTO ? "what it sends is not of this protocol" :
			       strerror(-error));
}

/* The last line that came from a login which printed text but started no agent. */
static int
host_noise(const struct prun_host *host, const char **line)
{
	const char *data = host->in.in.data;
	size_t end = host->greeted ? 0 : host->in.in.len, start;

	while (end > 0 && strchr("\r\n", data[end - 1]) != NULL)
		end--;
	for (start = end; start > 0 && data[start - 1] != '\n'; start--)
		;
	*line = end > start ? data + start : "";
	return (int)(end - start < HOST_SAID_SIZE / 2 ? end - start :
							HOST_SAID_SIZE / 2);
}

/*
 * The connection has ended by itself.  The reason is the last line that its process
 * wrote to stderr, or else its status; to it is added what a login printed that started
 * no agent.  The added text is left out at status 255, with which ssh has given its own
 * reason, and at 127, at which a shell that has not found prun may print anything.
 */
static void
host_ended(struct prun_host *host)
{
	const int status = host->result.status;
	const char *said = host_said(host), *noise;
	char why[HOST_SAID_SIZE];
	int len = host_noise(host, &noise);

	if (host->child.pidfd != -1 || status == 127 || status == 255)
		len = 0;
	if (*said != '\0' || host->child.pidfd != -1)
		(void)snprintf(why, sizeof(why), "%.*s%s%s%.*s",
		    HOST_SAID_SIZE / 2 - 32,
		    *said != '\0' ? said : "the connection was closed",
		    status == 127 ? " (status 127)" : "",
		    len > 0 ? ", after: " : "", len, noise);
	else
		(void)snprintf(why, sizeof(why),
		    "the connection was closed with status %d%s%s%.*s", status,
		    host->greeted ? "" : " before prun was there",
		    len > 0 ? ", after: " : "", len, noise);
	host_lose(host, why);
}

void
host_said_ready(struct watch *watch, uint32_t events)
{
	struct prun_host *host = watch->owner;
	char *said = host->said;
	ssize_t n;

	(void)events;
	/* Only the last line is wanted, so the older half is dropped. */
	if (host->said_len > HOST_SAID_SIZE / 2) {
		memmove(said, said + host->said_len - HOST_SAID_SIZE / 2,
		    HOST_SAID_SIZE / 2);
		host->said_len = HOST_SAID_SIZE / 2;
	}
	n = fd_read(watch->fd, said + host->said_len,
	    HOST_SAID_SIZE - 1 - host->said_len);
	if (n > 0)
		host->said_len += (size_t)n;
	else if (n != -EAGAIN)
		loop_remove(&host->engine->loop, watch);
}

/* Reads all that the process has written to stderr so far. */
static void
host_said_all(struct prun_host *host)
{
	while (host->watch[2].fd != -1 && fd_pending(host->watch[2].fd) > 0)
		host_said_ready(&host->watch[2], EPOLLIN);
}

void
host_forget_said(struct prun_host *host)
{
	host_said_all(host);
	host->said_len = 0;
}

static void
host_ending_due(void *arg)
{
	host_ended(arg);
}

void
host_died(struct watch *watch, uint32_t events)
{
	struct prun_host *host = watch->owner;

	(void)events;
	loop_remove(&host->engine->loop, watch);
	(void)child_reap(&host->child, &host->result);
	host_said_all(host);
	/*
	 * While stdout is open, frames that the process sent before its death are still
	 * to be read; the end of stdout then calls host_ended().
	 */
	if (host->watch[1].fd == -1)
		host_ended(host);
}

/*
 * No more frames come: the process dies now by itself, or it is killed when its time is
 * over.
 */
void
host_end_of_stdout(struct prun_host *host)
{
	struct loop *loop = &host->engine->loop;

	loop_remove(loop, &host->watch[1]);
	loop_remove(loop, &host->watch[0]);
	fd_close(&host->stdio.parent[0]);
	if (host->child.pidfd == -1 ||
	    loop_timer_start(loop, &host->ending, clock_now() + ENDING_NS,
		host_ending_due, host) != 0)
		host_ended(host);
}
