/* SPDX-License-Identifier: ISC */

/*
 * Owns the way of a task through a worker that stays: the task is given, it is
 * answered, the pipes are emptied, the task has ended.  What the bytes mean is known by
 * the worker's framing; starts and deaths of the process are worker.c's.  This is one
 * file although it is long: status, pipes and death of a worker come in any order, and
 * each of them may be what ends the task.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/worker.h"
#include "output/mux.h"

/*
 * A worker that has closed the descriptor of its answers gets so long to be dead, since
 * a process that ends closes its descriptors first.  One that lives on has broken the
 * rules.
 */
#define CLOSED_NS INT64_C(1000000000)
/* A worker whose stdin has been closed gets so long to end by itself. */
#define LEAVE_NS INT64_C(5000000000)

static void
server_has_no_job(struct worker *w)
{
	struct server *s = w->server;

	w->job = (struct worker_job){ .plan = &s->plan,
		.transport = &s->transport,
		.result = &s->result };
}

static void
server_take_job(struct worker *w, const struct worker_job *job)
{
	struct server *s = w->server;

	w->job = *job;
	w->job.plan = &s->plan;
	w->job.transport = &s->transport;
}

static void
server_gone_due(void *arg)
{
	struct worker *w = arg;

	/*
	 * A worker that is being killed, or is dead and not yet reaped, has broken no
	 * rule.
	 */
	if (worker_lives(w) && !atomic_load(&w->timed_out) &&
	    !(w->job.result->flags & PRUN_RESULT_TERMINATED) &&
	    child_await(&w->child, 0) != 1)
		server_fault(w,
		    w->server->framing->has_status ?
			"has closed its descriptor for the status" :
			"has closed its stdout",
		    "", 0);
}

static void
server_closed(struct worker *w)
{
	if (!w->server->leaving && worker_lives(w) &&
	    loop_timer_start(&w->engine->loop, &w->server->grace,
		clock_now() + CLOSED_NS, server_gone_due, w) != 0)
		server_gone_due(w);
}

static void
server_check(struct worker *w, const char *data, size_t len)
{
	if (w->server->answer.complete && server_has_not_read(w))
		server_fault(w, "answered before it had read its job", data,
		    len < ANSWER_SHOWN ? len : ANSWER_SHOWN);
}

/* The worker has answered init: what follows is the answer to its task. */
static void
server_initialized(struct worker *w)
{
	struct server *s = w->server;
	char status[24];

	if (s->answer.status != 0) {
		(void)snprintf(status, sizeof(status), "%d", s->answer.status);
		server_fault(w, "was initialized with the status", status,
		    strlen(status));
	}
	s->initializing = false;
	s->answer = (struct answer){ 0 };
}

/*
 * How many of the bytes belong to the present answer: while init is not answered these
 * end with the line, since the answer to the task may follow.
 */
static size_t
server_piece(const struct server *s, const char *data, size_t len)
{
	const char *newline = s->initializing ? memchr(data, '\n', len) : NULL;

	return newline == NULL ? len : (size_t)(newline - data) + 1;
}

static void
server_took(struct worker *w)
{
	struct server *s = w->server;

	if (s->answer.wrong != NULL)
		server_fault(w, s->answer.wrong, s->answer.bytes,
		    s->answer.len);
	else if (s->initializing && s->answer.complete)
		server_initialized(w);
}

static void
server_read_status(struct worker *w)
{
	struct server *s = w->server;
	char data[64];
	ssize_t n = fd_read(s->status.fd, data, sizeof(data));
	size_t piece;

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		loop_remove(&w->engine->loop, &s->status);
		server_closed(w);
		return;
	}
	if (w->job.task == NULL && !s->initializing) {
		server_fault(w, "sent a status before it was asked", data,
		    (size_t)n < ANSWER_SHOWN ? (size_t)n : ANSWER_SHOWN);
		return;
	}
	for (size_t at = 0; at < (size_t)n; at += piece) {
		piece = server_piece(s, data + at, (size_t)n - at);
		answer_take_status(&s->answer, data + at, piece);
		server_check(w, data + at, piece);
		server_took(w);
	}
}

static void server_settle(struct worker *w);

static void
server_status_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = watch->owner;

	(void)events;
	server_read_status(w);
	if (w->state == WORKER_RUNNING)
		server_settle(w);
}

static int
server_watch(struct worker *w)
{
	struct server *s = w->server;

	if (!s->framing->has_status)
		return 0;
	return loop_add(&w->engine->loop, &s->status, w->stdio.status[0],
	    EPOLLIN, server_status_ready, w);
}

static void
server_settle_due(void *arg)
{
	struct worker *w = arg;

	if (w->state == WORKER_RUNNING)
		server_settle(w);
}

/*
 * The task cannot be written for this kind of worker, so it fails: it ends as soon as
 * the loop turns.
 */
static void
server_refuse(struct worker *w, int error)
{
	struct server *s = w->server;

	s->answer = (struct answer){ .complete = true, .status = 255 };
	w->job.result->flags |= PRUN_RESULT_WORKER_FAULT;
	w->job.result->error = -error;
	w->job.result->fault = error == -EILSEQ ?
	    "the task has a newline, and its worker takes one line" :
	    strerror(-error);
	if (loop_timer_start(&w->engine->loop, &s->grace, clock_now(),
		server_settle_due, w) != 0)
		server_fault(w, "was not given its task", "", 0);
}

static void
server_begin(struct worker *w)
{
	struct server *s = w->server;
	struct prun_result *r = w->job.result;
	const struct plan *task = w->job.task;
	int error = 0;

	s->given = clock_now();
	r->started = s->given_wall = clock_wall();
	r->pid = w->child.pid;
	w->suspended_for = 0;
	w->emptying = false;
	if (!s->watched)
		error = worker_pipes_watch(w);
	s->watched = true;
	buf_clear(&s->request, SERVER_KEEP);
	if (error == 0)
		error = s->framing->put(&s->request, task->task,
		    task->task_len);
	worker_begin(w);
	if (error != 0) {
		server_refuse(w, error);
		return;
	}
	server_expect(w);
	server_write(w);
}

static void
server_run(struct worker *w)
{
	struct server *s = w->server;

	if (s->init != NULL && s->framing->program == NULL)
		server_initialize(w);
	if (w->job.task != NULL)
		server_begin(w);
}

void
server_give(struct worker *w, const struct worker_job *job)
{
	server_take_job(w, job);
	if (w->state != WORKER_READY)
		return;
	worker_set_state(w, WORKER_RUNNING);
	server_begin(w);
}

/* Drops what the worker wrote while it had no task. */
static ssize_t
server_read_stray(struct worker *w, int stream, int fd)
{
	struct server *s = w->server;
	char *data = w->engine->mux.scratch;
	ssize_t n = fd_read(fd, data, SPILL_BLOCK);

	if (n <= 0)
		return n;
	s->spoiled = true;
	if (stream == 1 && !s->framing->has_status)
		server_note(w, "wrote a line before it was asked", data,
		    (size_t)n < ANSWER_SHOWN ? (size_t)n : ANSWER_SHOWN);
	return n;
}

bool
server_is_fit(struct worker *w)
{
	const struct server *s = w->server;

	for (int i = 0; i < 2 && s->watched; i++) {
		const int fd = w->pipe[i].watch.fd;

		if (fd != -1 && fd_pending(fd) > 0)
			(void)server_read_stray(w, i + 1, fd);
	}
	/*
	 * A shell's status descriptor is not looked at: the loop in the shell writes a
	 * status only after a task.
	 */
	if (!s->framing->ends_by_exit && !s->initializing &&
	    s->status.fd != -1 && fd_pending(s->status.fd) > 0)
		server_read_status(w);
	return !s->spoiled && !s->leaving;
}

bool
server_is_starting(const struct worker *w)
{
	return w->server->served == 0 && w->stdio.parent[0] != -1 &&
	    fd_pending(w->stdio.parent[0]) > 0;
}

static void
server_leave_due(void *arg)
{
	worker_kill(arg);
}

void
server_let_go(struct worker *w)
{
	struct server *s = w->server;

	s->leaving = true;
	if (w->state == WORKER_STARTING) {
		worker_kill(w);
		return;
	}
	worker_feed_close(w);
	if (loop_timer_start(&w->engine->loop, &s->grace,
		clock_now() + LEAVE_NS, server_leave_due, w) != 0)
		worker_kill(w);
}

/* Writes output of the task to where its spec says. */
static int
server_put(struct worker *w, int stream, const char *data, size_t len)
{
	const struct prun_stdio *to = &w->job.task->stdio[stream];
	ssize_t n;

	if (to->kind == PRUN_STDIO_NULL)
		return 0;
	if (to->kind != PRUN_STDIO_FD)
		return mux_take(&w->engine->mux, w->job.output, stream, data,
		    len);
	while (len > 0) {
		n = write(to->fd, data, len);
		if (n == -1 && errno != EINTR)
			return -errno;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int
server_output(void *arg, const char *data, size_t len)
{
	struct worker *w = arg;

	return w->server->initializing ? 0 : server_put(w, 1, data, len);
}

static ssize_t
server_read_output(struct worker *w, int stream, int fd)
{
	struct mux *mux = &w->engine->mux;
	ssize_t n;
	int error;

	if (w->job.task->stdio[stream].kind == PRUN_STDIO_INHERIT)
		return mux_pipe_read(mux, w->job.output, stream, fd);
	n = fd_read(fd, mux->scratch, SPILL_BLOCK);
	if (n <= 0)
		return n;
	error = server_put(w, stream, mux->scratch, (size_t)n);
	return error != 0 ? error : n;
}

static ssize_t
server_read_answer(struct worker *w, int fd)
{
	struct server *s = w->server;
	char *data = w->engine->mux.scratch;
	ssize_t n = fd_read(fd, data, SPILL_BLOCK);
	size_t piece;
	int error = 0;

	for (size_t at = 0; (ssize_t)at < n && error == 0; at += piece) {
		piece = server_piece(s, data + at, (size_t)n - at);
		error = answer_take_line(&s->answer, s->end, data + at, piece,
		    server_output, w);
		server_check(w, data + at, piece);
		server_took(w);
	}
	if (n == 0)
		server_closed(w);
	return error != 0 ? error : n;
}

static ssize_t
server_read(struct worker *w, int stream, int fd)
{
	const bool answer = stream == 1 && !w->server->framing->has_status;
	ssize_t n;

	if (w->job.task == NULL)
		return server_read_stray(w, stream, fd);
	n = answer ? server_read_answer(w, fd) :
		     server_read_output(w, stream, fd);
	return n;
}

static void
server_fill_result(struct worker *w, int64_t end)
{
	const struct server *s = w->server;
	struct prun_result *r = w->job.result;

	r->pid = w->child.pid;
	r->started = s->given_wall;
	r->elapsed = (double)(end - s->given) / 1e9;
}

static void
server_settle(struct worker *w)
{
	struct server *s = w->server;

	if (!s->answer.complete || s->initializing || w->no_grace)
		return;
	/*
	 * The task is done: time that a slow reader of its output takes is not the
	 * task's.
	 */
	(void)timer_cancel(w->engine->timer, &w->timeout);
	if (!worker_pipes_empty(w))
		return;
	/*
	 * worker_pipes_empty() may have read something that shows that this is no
	 * answer, or the time may have run out.
	 */
	if (w->state != WORKER_RUNNING || s->answer.wrong != NULL ||
	    atomic_load(&w->timed_out))
		return;
	server_fill_result(w, clock_now());
	w->job.result->status = s->answer.status;
	worker_count_output(w);
	s->answer = (struct answer){ 0 };
	s->served++;
	worker_set_state(w, WORKER_READY);
	server_has_no_job(w);
	w->engine->ops->served(w);
}

static void
server_died(struct worker *w)
{
	struct server *s = w->server;
	struct loop *loop = &w->engine->loop;

	s->died = clock_now();
	while (s->status.fd != -1 && !s->answer.complete &&
	    s->answer.wrong == NULL && fd_pending(s->status.fd) > 0)
		server_read_status(w);
	loop_remove(loop, &s->status);
	loop_timer_stop(loop, &s->grace);
	if (w->job.task != NULL && *s->fault == '\0' &&
	    w->stdio.parent[0] != -1 &&
	    fd_pending(w->stdio.parent[0]) >= (ssize_t)s->request.len)
		s->unread = true;
}

/* The death of the worker is the end of its task, if the task was not answered before. */
static void
server_take_death(struct worker *w)
{
	const struct server *s = w->server;
	struct prun_result *r = w->job.result;
	const bool killed = atomic_load(&w->timed_out) ||
	    r->flags & PRUN_RESULT_TERMINATED;

	server_fill_result(w, s->died);
	if (s->answer.complete && !s->initializing && !killed) {
		r->status = s->answer.status;
		return;
	}
	r->status = s->result.status;
	r->signal = s->result.signal;
	r->flags |= s->result.flags & PRUN_RESULT_STATUS_UNKNOWN;
	if (killed || r->status != 0)
		return;
	if (!s->framing->ends_by_exit)
		server_note(w, "has ended before it answered", "", 0);
	else if (s->unread)
		server_note(w, "has ended before it read its job", "", 0);
}

static void
server_ended(struct worker *w)
{
	struct server *s = w->server;
	struct prun_result *r = w->job.result;

	stdio_close(&w->stdio);
	if (w->job.task == NULL)
		return;
	if (r->flags & PRUN_RESULT_NOT_STARTED) {
		(void)snprintf(s->fault, sizeof(s->fault), "worker %u: %s",
		    s->number, s->plan.argv[0]);
		r->fault = s->fault;
		return;
	}
	if (answer_take_death(&s->answer, s->end, server_output, w) != 0)
		r->flags |= PRUN_RESULT_OUTPUT_LOST;
	server_take_death(w);
	if (*s->fault == '\0')
		return;
	r->flags |= PRUN_RESULT_WORKER_FAULT;
	r->error = EPROTO;
	r->status = 255;
	r->signal = 0;
	r->fault = s->fault;
}

static const struct worker_service serves_many = {
	.watch = server_watch,
	.run = server_run,
	.read = server_read,
	.settle = server_settle,
	.died = server_died,
	.ended = server_ended,
};

void
server_start(struct worker *w, const struct worker_job *job, const char *mark)
{
	struct server *s = w->server;
	struct worker_job own = { .plan = &s->plan,
		.transport = &s->transport,
		.result = &s->result };

	s->status.fd = -1;
	w->service = &serves_many;
	worker_start(w, &own, 0, mark);
	if (job != NULL)
		server_take_job(w, job);
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	plan_fini(&s->plan);
	transport_fini(&s->transport);
	buf_fini(&s->request);
	free(s);
}
