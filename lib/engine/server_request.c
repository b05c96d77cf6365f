/* SPDX-License-Identifier: ISC */

/*
 * Owns how a request gets into the pipe of a worker that stays, and whether the worker
 * has read it.  What the bytes mean is known by the worker's framing.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <string.h>

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
