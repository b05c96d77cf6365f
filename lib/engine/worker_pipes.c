/* SPDX-License-Identifier: ISC */

/*
 * Owns when the pipes of a worker are read, and how long they stay open after its
 * death.  Of the worker's life it knows only whether it is dead.
 */
#include <sys/epoll.h>

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/tuning.h"
#include "engine/worker.h"
#include "output/mux.h"

void
worker_pipes_init(struct worker *w)
{
	for (int i = 0; i < 2; i++) {
		w->pipe[i].watch.fd = -1;
		w->pipe[i].worker = w;
		w->pipe[i].stream = i + 1;
	}
}

static void
worker_pipe_close(struct worker *w, struct worker_pipe *p)
{
	if (p->paused)
		w->engine->paused--;
	p->paused = false;
	loop_remove(&w->engine->loop, &p->watch);
	fd_close(&w->stdio.parent[p->stream]);
}

void
worker_pipes_close(struct worker *w)
{
	for (int i = 0; i < 2; i++)
		worker_pipe_close(w, &w->pipe[i]);
}

/*
 * Reads once.  Returns how many bytes; 0 when there is nothing to read now, or never
 * again.
 */
static size_t
worker_pipe_read(struct worker *w, struct worker_pipe *p)
{
	ssize_t n = w->service->read(w, p->stream, p->watch.fd);

	if (n > 0) {
		p->taken += (size_t)n;
		return (size_t)n;
	}
	if (n == -EAGAIN)
		return 0;
	if (n < 0) {
		w->job.result->flags |= PRUN_RESULT_OUTPUT_LOST;
		w->job.result->error = (int)-n;
	}
	worker_pipe_close(w, p);
	return 0;
}

static bool
worker_pipe_pause(struct worker *w, struct worker_pipe *p)
{
	if (w->job.output == NULL || mux_wants(&w->engine->mux, w->job.output))
		return false;
	if (!p->paused)
		w->engine->paused++;
	p->paused = true;
	loop_pause(&w->engine->loop, &p->watch);
	return true;
}

static void
worker_pipe_ready(struct watch *watch, uint32_t events)
{
	struct worker_pipe *p = watch->owner;
	struct worker *w = p->worker;

	(void)events;
	if (!worker_pipe_pause(w, p))
		(void)worker_pipe_read(w, p);
	if (w->job.output != NULL && p->watch.fd != -1 &&
	    mux_can_wait(&w->engine->mux, w->job.output, p->stream))
		loop_snooze(&w->engine->loop, watch, clock_now());
	worker_settle(w);
}

int
worker_pipes_watch(struct worker *w)
{
	int error = 0;

	for (int i = 0; i < 2 && error == 0; i++) {
		if (w->stdio.parent[i + 1] != -1)
			error = loop_add(&w->engine->loop, &w->pipe[i].watch,
			    w->stdio.parent[i + 1], EPOLLIN, worker_pipe_ready,
			    &w->pipe[i]);
	}
	return error;
}

/*
 * The grace is over.  The processes that still hold the pipes do not count as part of
 * the job any more: what they write from now on is thrown away.
 */
static void
worker_pipes_abandon(struct worker *w)
{
	for (int i = 0; i < 2; i++) {
		struct worker_pipe *p = &w->pipe[i];
		int fd = p->watch.fd;

		if (fd == -1)
			continue;
		w->job.result->flags |= PRUN_RESULT_LEAKY;
		loop_remove(&w->engine->loop, &p->watch);
		w->stdio.parent[p->stream] = -1;
		leftovers_add(&w->engine->leftovers, fd);
	}
	worker_settle(w);
}

/*
 * A background process may write for ever.  So no more is read than a whole pipe holds:
 * what comes after that was not there when this began.
 */
static bool
worker_pipe_empty(struct worker *w, struct worker_pipe *p)
{
	const struct task_output *o = w->job.output;
	size_t n;

	while (p->watch.fd != -1 && p->taken < FD_PIPE_WIDE) {
		if (worker_pipe_pause(w, p))
			return false;
		n = worker_pipe_read(w, p);
		/* The read returned less than it asked for, so the pipe is empty. */
		if (o != NULL && !o->stream[p->stream - 1].busy &&
		    n < MUX_BUSY_READ)
			break;
		/*
		 * If the reader of the output is slow, the mux takes nothing though the
		 * pipe may have more.
		 */
		if (n == 0)
			return p->watch.fd == -1 ||
			    fd_pending(p->watch.fd) <= 0;
	}
	return true;
}

bool
worker_pipes_empty(struct worker *w)
{
	bool empty;

	if (!w->emptying)
		w->pipe[0].taken = w->pipe[1].taken = 0;
	w->emptying = true;
	empty = worker_pipe_empty(w, &w->pipe[0]);
	return worker_pipe_empty(w, &w->pipe[1]) && empty;
}

static void worker_grace_start(struct worker *w);

/*
 * If the pool's leak timeout is infinite, the pipes may be open until the worker's time
 * is up.
 */
static bool
worker_waits_for_pipes(const struct worker *w)
{
	return !w->no_grace && w->engine->leak_timeout < 0;
}

static void
worker_grace_due(void *arg)
{
	struct worker *w = arg;
	bool drained = transport_drained(w->job.transport);

	if (worker_waits_for_pipes(w))
		worker_outlived(w);
	drained = worker_pipes_empty(w) && drained;
	/*
	 * Bytes that the mux has no room for yet are not lost: when the pipe is
	 * resumed, the grace starts again.
	 */
	if (w->pipe[0].paused || w->pipe[1].paused)
		return;
	/*
	 * If the transport is not drained, bytes that the job itself wrote may still be
	 * on their way.
	 */
	if (drained)
		worker_pipes_abandon(w);
	else
		worker_grace_start(w);
}

static void
worker_grace_start(struct worker *w)
{
	int64_t grace = w->no_grace ? 0 : w->engine->leak_timeout;
	int64_t end = worker_waits_for_pipes(w) ? worker_deadline(w) :
						  clock_now() + grace;

	if (loop_timer_is_pending(&w->grace) || end == INT64_MAX)
		return;
	if (loop_timer_start(&w->engine->loop, &w->grace, end, worker_grace_due,
		w) != 0)
		worker_pipes_abandon(w);
}

void
worker_pipes_resume(struct worker *w)
{
	for (int i = 0; i < 2; i++) {
		struct worker_pipe *p = &w->pipe[i];

		if (!p->paused || !mux_wants(&w->engine->mux, w->job.output))
			continue;
		p->paused = false;
		w->engine->paused--;
		if (loop_resume(&w->engine->loop, &p->watch) == 0) {
			if (w->state == WORKER_DEAD)
				worker_grace_start(w);
			continue;
		}
		w->job.result->flags |= PRUN_RESULT_OUTPUT_LOST;
		w->job.result->error = ENOMEM;
		worker_pipe_close(w, p);
	}
	worker_settle(w);
}

void
worker_pipes_drain(struct worker *w)
{
	for (int i = 0; i < 2; i++) {
		struct worker_pipe *p = &w->pipe[i];

		for (int n = 0; p->watch.fd != -1 && n < WORKER_DRAIN_READS;
		     n++) {
			if (worker_pipe_pause(w, p) ||
			    worker_pipe_read(w, p) == 0)
				break;
		}
	}
}

void
worker_pipes_linger(struct worker *w)
{
	/*
	 * The end of a pipe should be seen at once, so a pipe that the loop has put off
	 * for a moment is watched again.
	 */
	for (int i = 0; i < 2; i++) {
		if (w->pipe[i].watch.later)
			(void)loop_resume(&w->engine->loop, &w->pipe[i].watch);
	}
	worker_grace_start(w);
}

void
worker_pipes_hurry(struct worker *w)
{
	loop_timer_stop(&w->engine->loop, &w->grace);
	worker_grace_start(w);
}
