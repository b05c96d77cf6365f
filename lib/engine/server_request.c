/* SPDX-License-Identifier: ISC */

/*
 * Owns how a request gets into the pipe of a worker that stays, and whether the worker
 * has read it.  What the bytes mean is known by the worker's framing.  A worker of the line
 * kind that has read its first task, waits for the next one and has not answered may keep
 * its answer in a buffer: the program is told so.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/worker.h"

static void
server_feed_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = watch->owner;
	ssize_t n;

	(void)events;
	n = feed_write(&w->feed, watch->fd);
	if (n == -EAGAIN || (n > 0 && !feed_is_written(&w->feed)))
		return;
	loop_remove(&w->engine->loop, watch);
	feed_fini(&w->feed);
	if (n >= 0)
		return;
	/* The worker does not read any more, but may live on. */
	w->server->unread = w->state == WORKER_RUNNING;
	w->server->spoiled = true;
	worker_abort(w);
}

void
server_write(struct worker *w)
{
	const struct buf *request = &w->server->request;
	const int fd = w->stdio.parent[0];
	ssize_t n = fd_put(fd, request->data, request->len);
	int error;

	if (n == (ssize_t)request->len)
		return;
	if (n < 0 && n != -EAGAIN) {
		w->server->unread = w->state == WORKER_RUNNING;
		w->server->spoiled = true;
		worker_abort(w);
		return;
	}
	n = n < 0 ? 0 : n;
	feed_bytes(&w->feed, request->data + n, request->len - (size_t)n);
	error = loop_add(&w->engine->loop, &w->feed_watch, fd, EPOLLOUT,
	    server_feed_ready, w);
	if (error != 0)
		server_fault(w, "could not be given its task", "", 0);
}

void
server_initialize(struct worker *w)
{
	struct server *s = w->server;

	s->initializing = true;
	buf_clear(&s->request, SERVER_KEEP);
	if (s->framing->put(&s->request, s->init, strlen(s->init)) != 0 ||
	    fd_put(w->stdio.parent[0], s->request.data, s->request.len) !=
		(ssize_t)s->request.len)
		s->spoiled = true;
}

bool
server_has_not_read(const struct worker *w)
{
	const struct server *s = w->server;
	size_t sent = s->request.len;

	if (s->initializing && w->job.task != NULL)
		sent += strlen(s->init) + 1;
	return !feed_is_written(&w->feed) ||
	    (w->stdio.parent[0] != -1 &&
		fd_pending(w->stdio.parent[0]) >= (ssize_t)sent);
}

#define SILENT_NS INT64_C(1000000000)

/*
 * Does the process wait in read(2) for its stdin?  Where this process may not see that,
 * the answer is no.
 */
static bool
reads_stdin(pid_t pid)
{
	char path[40], text[64], want[16];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/syscall", (long)pid);
	fd = fd_open(path, O_RDONLY, 0);
	if (fd < 0)
		return false;
	n = fd_read(fd, text, sizeof(text) - 1);
	fd_close(&fd);
	text[n > 0 ? n : 0] = '\0';
	n = snprintf(want, sizeof(want), "%d 0x0 ", SYS_read);
	return strncmp(text, want, (size_t)n) == 0;
}

static void server_silent_due(void *arg);

void
server_expect(struct worker *w)
{
	struct server *s = w->server;

	/* If there is no memory for the timer, nobody is told of a silent worker. */
	if (!s->framing->has_status && s->served == 0)
		(void)loop_timer_start(&w->engine->loop, &s->grace,
		    clock_now() + SILENT_NS, server_silent_due, w);
}

static void
server_silent_due(void *arg)
{
	struct worker *w = arg;
	const struct server *s = w->server;

	if (w->state != WORKER_RUNNING || s->answer.complete ||
	    w->stdio.parent[0] == -1)
		return;
	/*
	 * The answer may have come after the loop looked at the pipe, so the pipe is
	 * looked at again.
	 */
	if (fd_pending(w->stdio.parent[0]) == 0 && reads_stdin(w->child.pid) &&
	    fd_pending(w->stdio.parent[1]) == 0)
		w->engine->ops->silent(w);
	else
		server_expect(w);
}
