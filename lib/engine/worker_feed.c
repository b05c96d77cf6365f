/* SPDX-License-Identifier: ISC */

/*
 * Owns when a worker's stdin is written to.  Knows not what it is fed with, and not
 * what comes of it.
 */
#include <sys/epoll.h>

#include <errno.h>

#include "base/fd.h"
#include "base/tuning.h"
#include "engine/worker.h"

void
worker_feed_close(struct worker *w)
{
	loop_remove(&w->engine->loop, &w->feed_watch);
	fd_close(&w->stdio.parent[0]);
	feed_fini(&w->feed);
	w->engine->wide -= w->feed_wide;
	w->feed_wide = 0;
}

/* End the feed.  -EPIPE, a job that reads no more, is no failure. */
static void
worker_feed_end(struct worker *w, int error)
{
	if (error != 0 && error != -EPIPE) {
		w->job.result->flags |= PRUN_RESULT_INPUT_LOST;
		w->job.result->error = -error;
	}
	worker_feed_close(w);
}

/*
 * Write what the pipe takes.  A function gives the next piece at once when the last one
 * is written, so that its owner can use that memory again.
 */
static ssize_t
worker_feed_write(struct worker *w)
{
	ssize_t n;
	int turns = 0;

	do {
		n = feed_write(&w->feed, w->feed_watch.fd);
		if (n > 0)
			w->job.result->in_bytes += (uint64_t)n;
	} while (n > 0 && w->feed.fn != NULL && ++turns < FEED_TURNS);
	return n;
}

static void
worker_feed_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = watch->owner;
	ssize_t n = worker_feed_write(w);

	(void)events;
	if (n == -ENOMSG)
		loop_pause(&w->engine->loop, watch);
	else if (n <= 0 && n != -EAGAIN)
		worker_feed_end(w, (int)n);
}

static void
worker_feed_init(struct worker *w)
{
	const struct plan *plan = w->job.plan;
	struct prun_input piece = plan->input;

	if (plan->input_copy != NULL)
		piece.data = plan->input_copy;
	if (plan->input_fn != NULL)
		feed_function(&w->feed, plan->input_fn, plan->input_arg);
	else if (w->job.input->length > 0)
		feed_kept(&w->feed, w->job.input, &w->engine->mux.spill);
	else
		feed_piece(&w->feed, &piece);
}

/*
 * Make the pipe as wide as the plan asks, if wide pipes do not take too much together:
 * above a limit the system makes all new pipes of the user narrower.
 */
static void
worker_feed_widen(struct worker *w, int fd)
{
	size_t size = w->job.plan->input_pipe;

	if (size > FD_PIPE_WIDE)
		size = FD_PIPE_WIDE;
	if (size <= FEED_PIPE_ORDINARY ||
	    w->engine->wide + size > FEED_PIPES_MOST)
		return;
	if (fd_widen_pipe(fd, size) == 0)
		w->engine->wide += w->feed_wide = size;
}

int
worker_feed_start(struct worker *w)
{
	int fd = w->stdio.parent[0], error;

	if (fd == -1)
		return 0;
	worker_feed_init(w);
	worker_feed_widen(w, fd);
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
	ssize_t n;

	if (w->feed_watch.fd == -1)
		return;
	n = worker_feed_write(w);
	/* Watch the pipe again, unless there is no more, or nothing now. */
	if (n > 0 || n == -EAGAIN)
		n = loop_resume(&w->engine->loop, &w->feed_watch) == 0 ?
		    1 :
		    -ENOMEM;
	if (n <= 0 && n != -ENOMSG)
		worker_feed_end(w, (int)n);
}
