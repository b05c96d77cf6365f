/* SPDX-License-Identifier: ISC */

/*
 * Owns when a worker's stdin is written to.  Knows not what it is fed with, and not
 * what comes of it.
 */
#include <sys/epoll.h>

#include <errno.h>

#include "base/fd.h"
#include "engine/worker.h"

void
worker_feed_close(struct worker *w)
{
	loop_remove(&w->engine->loop, &w->feed_watch);
	fd_close(&w->stdio.parent[0]);
	feed_fini(&w->feed);
}

static void
worker_feed_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = watch->owner;
	ssize_t n = feed_write(&w->feed, watch->fd);

	(void)events;
	if (n == -ENODATA)
		loop_pause(&w->engine->loop, watch);
	else if (n <= 0 && n != -EAGAIN)
		worker_feed_close(w);
}

static void
worker_feed_init(struct worker *w)
{
	const struct plan_input *input = &w->job.plan->input;

	if (input->fn != NULL)
		feed_function(&w->feed, input->fn, input->arg);
	else if (input->length > 0)
		feed_bytes_and_file(&w->feed, input->data, input->len,
		    input->fd, input->offset, input->length);
	else
		feed_bytes(&w->feed, input->data, input->len);
}

int
worker_feed_start(struct worker *w)
{
	int fd = w->stdio.parent[0], error;

	if (fd == -1)
		return 0;
	worker_feed_init(w);
	error = loop_add(&w->engine->loop, &w->feed_watch, fd, EPOLLOUT,
	    worker_feed_ready, w);
	/* What fits into the pipe needs no event. */
	if (error == 0)
		worker_feed_ready(&w->feed_watch, EPOLLOUT);
	return error;
}

void
worker_feed_more(struct worker *w)
{
	if (w->feed_watch.fd != -1 &&
	    loop_resume(&w->engine->loop, &w->feed_watch) != 0)
		worker_feed_close(w);
}
