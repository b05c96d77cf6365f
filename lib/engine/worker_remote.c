/* SPDX-License-Identifier: ISC */

/*
 * Owns a worker whose process is on another machine: what the agent there tells of the
 * worker, and what the agent is told.  Knows of the connection only its frames.  The file
 * is long because the worker may be killed, or its host be lost, before each of them.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/fd.h"
#include "engine/host.h"
#include "engine/worker.h"
#include "output/mux.h"
#include "remote/job.h"
#include "transport/remote.h"

#define INPUT_PIECE ((size_t)64 * 1024)
#define NS_PER_S 1e9

static const struct host_client_ops client_ops;

static struct prun_host *
host_of(const struct worker *w)
{
	return transport_remote_job(w->job.transport)->host;
}

static void
send_timeout(struct worker *w)
{
	struct buf field = { 0 };
	struct field_writer writer = { .out = &field };
	double seconds = w->job.plan->timeout;

	field_put_seconds(&writer, seconds > 0 ? seconds : w->engine->timeout);
	if (writer.error == 0)
		host_send(host_of(w), FRAME_TIMEOUT, w->remote.client.id,
		    field.data, field.len);
	buf_fini(&field);
}

static void
remote_run(struct worker *w)
{
	struct remote_job *job = transport_remote_job(w->job.transport);
	const struct job_place place = { w->slot, job->host->ahead.nended };
	struct buf fields = { 0 };
	int error = job_put_place(&fields, &place);

	if (error == 0)
		error = buf_add(&fields, job->spec.data, job->spec.len);
	w->remote.sent = true;
	w->remote.place = host_place(job->host);
	w->remote.sent_at = clock_now();
	w->remote.was_ahead = w->slot == 0;
	if (error == 0)
		host_send(job->host, FRAME_RUN, w->remote.client.id,
		    fields.data, fields.len);
	else
		host_fail(job->host, error);
	buf_fini(&fields);
	if (w->job.plan->timeout > 0 || w->engine->timeout > 0)
		send_timeout(w);
}

static void
remote_start(struct worker *w)
{
	struct remote_job *job = transport_remote_job(w->job.transport);

	w->remote.client.id = w->job.result->id;
	w->remote.client.ops = &client_ops;
	w->remote.input.fd = -1;
	w->remote.credit = JOB_CREDIT;
	w->remote.taken = 0;
	w->remote.sent = w->remote.recalled = false;
	w->job.result->started = clock_wall();
	host_add(job->host, &w->remote.client);
	if (w->slot == 0)
		host_ahead_add(job->host, &w->remote.client);
	if (worker_files_open(w))
		remote_run(w);
}

static void
remote_arm(struct worker *w)
{
	if (w->state == WORKER_RUNNING)
		send_timeout(w);
}

static void
remote_kill(struct worker *w)
{
	host_send(host_of(w), FRAME_KILL, w->remote.client.id, NULL, 0);
}

static void
remote_signal(struct worker *w, int sig)
{
	host_send(host_of(w), sig == SIGCONT ? FRAME_CONTINUE : FRAME_STOP,
	    w->remote.client.id, NULL, 0);
}

/* The mux has room for the bytes that came: the agent may send as many again. */
static void
remote_grant(struct worker *w, size_t least)
{
	if (!mux_wants(&w->engine->mux, w->job.output)) {
		w->engine->paused += !w->remote.paused;
		w->remote.paused = true;
		return;
	}
	w->engine->paused -= w->remote.paused;
	w->remote.paused = false;
	if (w->remote.taken == 0 || w->remote.taken < least)
		return;
	host_send_number(host_of(w), FRAME_CREDIT, w->remote.client.id,
	    w->remote.taken);
	w->remote.taken = 0;
}

static void
remote_resume(struct worker *w)
{
	if (w->remote.paused)
		remote_grant(w, 0);
}

/* No more input goes to the host. */
static void
remote_close(struct worker *w)
{
	int fd = w->remote.input.fd;

	worker_feed_close(w);
	worker_files_close(w);
	loop_remove(&w->engine->loop, &w->remote.input);
	if (fd != -1)
		fd_close(&fd);
	w->engine->paused -= w->remote.paused;
	w->remote.paused = false;
}

static void
remote_destroy(struct worker *w)
{
	host_remove(host_of(w), &w->remote.client);
	remote_close(w);
	worker_set_state(w, WORKER_DEAD);
}

/* Sends the bytes that the worker's feed has written to the pipe on to the host. */
static void
input_ready(struct watch *watch, uint32_t events)
{
	struct worker *w = watch->owner;
	char piece[INPUT_PIECE];
	size_t most = w->remote.credit < sizeof(piece) ?
	    (size_t)w->remote.credit :
	    sizeof(piece);
	int fd = watch->fd;
	ssize_t n;

	(void)events;
	if (most == 0) {
		loop_pause(&w->engine->loop, watch);
		return;
	}
	n = fd_read(fd, piece, most);
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		loop_remove(&w->engine->loop, watch);
		fd_close(&fd);
		n = 0;
	}
	w->remote.credit -= (uint64_t)n;
	host_send(host_of(w), FRAME_INPUT, w->remote.client.id, piece,
	    (size_t)n);
}

static int
remote_feed(struct worker *w)
{
	int fds[2], error;

	if (w->job.plan->stdio[0].kind != PRUN_STDIO_PIPE)
		return 0;
	error = fd_pipe(fds);
	if (error != 0)
		return error;
	w->stdio.parent[0] = fds[1];
	error = fd_nonblock(fds[0]);
	if (error == 0)
		error = fd_nonblock(fds[1]);
	if (error == 0)
		error = loop_add(&w->engine->loop, &w->remote.input, fds[0],
		    EPOLLIN, input_ready, w);
	if (error != 0) {
		fd_close(&fds[0]);
		return error;
	}
	return worker_feed_start(w);
}

/*
 * The job began half a round trip ago.  The start of a job that was not sent ahead
 * tells how long a round trip takes.
 */
static void
note_start(struct worker *w)
{
	struct prun_host *host = host_of(w);

	if (!w->remote.was_ahead)
		host_trip(host, clock_now() - w->remote.sent_at);
	w->job.result->started = clock_wall() -
	    (double)host->ahead.trip / 2 / NS_PER_S;
}

/* The agent has the job: from now on the job may have done some of its work. */
static int
remote_taken(struct worker *w)
{
	const struct plan *plan = w->job.plan;
	int error;

	if (w->state != WORKER_STARTING || w->remote.refused ||
	    w->remote.sender != NULL || w->remote.client.ahead)
		return -EPROTO;
	note_start(w);
	worker_set_state(w, WORKER_RUNNING);
	error = remote_feed(w);
	if (error != 0) {
		w->job.result->flags |= PRUN_RESULT_INPUT_LOST;
		w->job.result->error = -error;
		remote_kill(w);
	}
	if (plan->heading != NULL && w->engine->capture)
		(void)mux_heading(&w->engine->mux, w->job.output, plan->heading,
		    plan->heading_len);
	if (w->kill_wanted)
		remote_kill(w);
	w->engine->ops->started(w, 0);
	return 0;
}

/* Writes to a descriptor of the program's, as a process on this machine would. */
static int
put_to_fd(int fd, const struct frame *f)
{
	struct sigpipe sigpipe;
	int error;

	sigpipe_block(&sigpipe);
	error = fd_write_all(fd, f->data, f->len);
	if (error == -EPIPE)
		sigpipe_forget(&sigpipe);
	sigpipe_restore(&sigpipe);
	return error;
}

static int
put_output(struct worker *w, int stream, const struct frame *f)
{
	const struct prun_stdio *to = &w->job.plan->stdio[stream];

	switch (to->kind) {
	case PRUN_STDIO_FD:
		return put_to_fd(to->fd, f);
	case PRUN_STDIO_NULL:
		return 0;
	default:
		return mux_take(&w->engine->mux, w->job.output, stream, f->data,
		    f->len);
	}
}

static int
remote_output(struct worker *w, int stream, const struct frame *f)
{
	int error;

	if (w->state != WORKER_RUNNING)
		return -EPROTO;
	error = put_output(w, stream, f);
	if (error != 0) {
		w->job.result->flags |= PRUN_RESULT_OUTPUT_LOST;
		w->job.result->error = -error;
	}
	w->remote.taken += f->len;
	remote_grant(w, JOB_CREDIT / 4);
	return 0;
}

/*
 * The same for bytes that nobody has read yet.  What cannot be moved now is read
 * nevertheless: the frames of other jobs are behind it.
 */
static ssize_t
remote_move(struct worker *w, int stream, int pipe, size_t most)
{
	const struct prun_stdio *to = &w->job.plan->stdio[stream];
	struct mux *mux = &w->engine->mux;
	ssize_t n;

	if (w->state != WORKER_RUNNING || to->kind == PRUN_STDIO_NULL ||
	    !mux_wants(mux, w->job.output))
		return -EOPNOTSUPP;
	n = to->kind == PRUN_STDIO_FD ?
	    fd_splice(pipe, to->fd, NULL, most) :
	    mux_pipe_move(mux, w->job.output, stream, pipe, most);
	if (n < 0)
		return fd_pending(pipe) > 0 ? -EOPNOTSUPP : n;
	if (n > 0) {
		w->remote.taken += (size_t)n;
		remote_grant(w, JOB_CREDIT / 4);
	}
	return n;
}

static void
remote_end(struct worker *w)
{
	remote_close(w);
	worker_set_state(w, WORKER_DEAD);
	w->engine->ops->died(w);
	worker_settle(w);
}

static int
remote_ended(struct worker *w, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	int error = job_get_result(&r, w->job.result);

	if (error != 0 || w->remote.client.ahead)
		return error != 0 ? error : -EPROTO;
	host_job_ended(host_of(w), w->job.result->elapsed);
	if (w->job.result->fault != NULL)
		w->job.result->fault = host_fault(host_of(w),
		    w->job.result->fault);
	host_remove(host_of(w), &w->remote.client);
	worker_files_ended(w);
	remote_end(w);
	return 0;
}

static int
remote_credit(struct worker *w, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	uint64_t credit = field_number_to(&r, JOB_CREDIT);

	if (fields_end(&r) != 0 || credit > JOB_CREDIT - w->remote.credit)
		return -EPROTO;
	w->remote.credit += credit;
	if (w->remote.sender != NULL) {
		if (worker_files_send(w))
			remote_run(w);
		return 0;
	}
	return w->remote.input.fd == -1 ?
	    0 :
	    loop_resume(&w->engine->loop, &w->remote.input);
}

/* The host gives the job back: it has not started it, and will not. */
static int
remote_back(struct worker *w)
{
	if (!worker_is_ahead(w) || !w->remote.recalled)
		return -EPROTO;
	host_remove(host_of(w), &w->remote.client);
	w->engine->ops->started(w, -ECANCELED);
	return 0;
}

static struct worker *
worker_of(struct host_client *client)
{
	return (struct worker *)((char *)client -
	    offsetof(struct worker, remote.client));
}

static int
remote_take(struct host_client *client, const struct frame *f)
{
	struct worker *w = worker_of(client);

	switch (f->type) {
	case FRAME_STARTED:
		return remote_taken(w);
	case FRAME_OUT:
		return remote_output(w, 1, f);
	case FRAME_ERR:
		return remote_output(w, 2, f);
	case FRAME_ENDED:
		return remote_ended(w, f);
	case FRAME_BACK:
		return remote_back(w);
	case FRAME_CREDIT:
		return remote_credit(w, f);
	case FRAME_FILE:
	case FRAME_BYTES:
		return worker_files_take(w, f);
	case FRAME_FILES_END:
		return worker_files_end(w, f);
	default:
		return -EPROTO;
	}
}

static ssize_t
remote_move_frame(struct host_client *client, enum frame_type type, int pipe,
    size_t most)
{
	return remote_move(worker_of(client), type == FRAME_OUT ? 1 : 2, pipe,
	    most);
}

/*
 * The connection was lost.  Once the first byte of the job has left this process, and
 * the agent has not answered, nobody can tell whether the job has started there.  But
 * an agent that was told to end has answered for all jobs that it had started by then.
 */
static bool
may_have_started(const struct worker *w)
{
	const struct prun_host *host = host_of(w);

	return w->remote.sent && !host->leaving &&
	    host_has_left(host, w->remote.place);
}

static void
remote_lose(struct host_client *client)
{
	struct worker *w = worker_of(client);
	struct prun_result *r = w->job.result;

	if (w->state == WORKER_STARTING && !may_have_started(w)) {
		worker_files_close(w);
		w->engine->ops->started(w, -EHOSTDOWN);
		return;
	}
	if (w->state == WORKER_STARTING) {
		worker_set_state(w, WORKER_RUNNING);
		w->engine->ops->started(w, 0);
	}
	r->flags |= PRUN_RESULT_HOST_LOST;
	r->status = WORKER_LOST_STATUS;
	r->elapsed = clock_wall() - r->started;
	if (r->elapsed < 0)
		r->elapsed = 0;
	remote_end(w);
}

bool
worker_is_ahead(const struct worker *w)
{
	return w->kind == &worker_remote && w->state == WORKER_STARTING &&
	    w->remote.client.ahead;
}

void
worker_recall(struct worker *w)
{
	if (w->remote.recalled)
		return;
	w->remote.recalled = true;
	host_send(host_of(w), FRAME_RECALL, w->remote.client.id, NULL, 0);
}

struct worker *
worker_next_ahead(const struct worker *w)
{
	struct host_client *client = w->kind == &worker_remote ?
	    host_ahead_next(host_of(w)) :
	    NULL;

	return client != NULL ? worker_of(client) : NULL;
}

static const struct host_client_ops client_ops = {
	.take = remote_take,
	.move = remote_move_frame,
	.lose = remote_lose,
};

const struct worker_kind worker_remote = {
	.start = remote_start,
	.kill = remote_kill,
	.signal = remote_signal,
	.arm = remote_arm,
	.resume = remote_resume,
	.destroy = remote_destroy,
};
