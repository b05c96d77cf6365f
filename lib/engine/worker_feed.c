/* SPDX-License-Identifier: ISC */

/*
 * Owns when a worker's stdin is written to.  Knows neither what is written nor what the
 * worker does with it.
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

/* Ends the feed.  -EPIPE means that the job reads no more, which is no failure. */
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
 * Writes what the pipe takes.  When a piece is written, the next one is asked for at
 * once: so the owner of the input function can use its memory again, and the end of the
 * input is found.
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
	} while (n > 0 && (w->feed.fn != NULL || feed_is_written(&w->feed)) &&
	    ++turns < FEED_TURNS);
	w->engine->starved += n == -ENOMSG;
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
	const struct prun_input piece = plan_input(plan);

	if (plan->input_fn != NULL)
		feed_function(&w->feed, plan->input_fn, plan->input_arg);
	else if (w->job.input->length > 0)
		feed_kept(&w->feed, w->job.input, &w->engine->mux.spill);
	else
		feed_piece(&w->feed, &piece);
	feed_skip(&w->feed, w->fed);
	w->job.result->in_bytes += w->fed;
}

/*
 * Makes the pipe as wide as the plan asks, unless all wide pipes would take too much
 * memory: above a limit the kernel makes all new pipes of the user narrower.
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

/* Writes, and watches the pipe if there is more to write.  0, or -errno of the watch. */
static int
worker_feed_go_on(struct worker *w)
{
	ssize_t n = worker_feed_write(w);

	if (n > 0 || n == -EAGAIN)
		return loop_resume(&w->engine->loop, &w->feed_watch);
	if (n != -ENOMSG)
		worker_feed_end(w, (int)n);
	return 0;
}

bool
worker_feeds_early(const struct worker *w)
{
	const struct plan *plan = w->job.plan;

	return w->server == NULL && plan->stdio[0].kind == PRUN_STDIO_PIPE &&
	    plan->input_fn == NULL && plan->input.len > 0 &&
	    w->job.input->length == 0;
}

int
worker_feed_start(struct worker *w)
{
	int fd = w->stdio.parent[0];

	if (fd == -1)
		return 0;
	worker_feed_init(w);
	if (w->fed == 0 || !feed_is_written(&w->feed))
		worker_feed_widen(w, fd);
	loop_prepare(&w->feed_watch, fd, EPOLLOUT, worker_feed_ready, w);
	/* If all of the input fits into the pipe, the pipe need not be watched. */
	return worker_feed_go_on(w);
}

void
worker_feed_more(struct worker *w)
{
	if (w->feed_watch.fd != -1 && worker_feed_go_on(w) != 0)
		worker_feed_end(w, -ENOMEM);
}
