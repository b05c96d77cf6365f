/* SPDX-License-Identifier: ISC */

/*
 * Owns the agent: a pool at the other end of a connection.  The frames that come
 * tell the agent what to do with the pool, and frames tell the other side what
 * happens in the pool.  When the connection ends, or no frame comes for too long,
 * the pool is freed, which kills all jobs.  agent_job.c knows what a job is,
 * agent_outbox.c when frames are written.
 */
#include <sys/epoll.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "api/agent.h"
#include "base/clock.h"
#include "base/sized.h"

/* The size of the options when they were first published. */
#define AGENT_FIRST SIZED_UP_TO(struct prun_agent_opts, nrlimit)
#define NS_PER_S 1e9
/* How many signs of life of the other side may be missing. */
#define SILENT_BEATS 2
#define LATE 0.001
/* The largest answer to a question, with its NUL. */
#define ANSWER_SIZE 1024

static int
agent_take_ping(struct agent *a, const struct frame *f)
{
	struct field_reader r = field_reader(f);

	a->resting = field_number_to(&r, 1) != 0;
	agent_send(a, FRAME_PONG, 0, NULL, 0);
	return fields_end(&r);
}

/* Let the program answer a question. */
static int
agent_take_question(struct agent *a, const struct frame *f)
{
	const struct prun_agent_opts *o = a->opts;
	struct field_reader r = field_reader(f);
	const char *question = field_string(&r);
	char answer[ANSWER_SIZE] = "";
	struct buf bytes = { 0 };
	struct field_writer w = { .out = &bytes };

	if (fields_end(&r) != 0 || question == NULL)
		return -EPROTO;
	if (o->answer != NULL)
		o->answer(question, answer, sizeof(answer), o->arg);
	field_put_string(&w, answer);
	if (w.error == 0)
		agent_send(a, FRAME_ANSWER, 0, bytes.data, bytes.len);
	buf_fini(&bytes);
	return w.error;
}

static int
agent_take(struct agent *a, const struct frame *f)
{
	/* An agent that is leaving takes no new job: the other side will run it elsewhere. */
	if (f->type == FRAME_RUN)
		return a->leaving ? 0 : agent_run_job(a, f);
	if (f->type == FRAME_FILES)
		return agent_take_files(a, f);
	if (f->type == FRAME_PING)
		return agent_take_ping(a, f);
	if (f->type == FRAME_ASK)
		return agent_take_question(a, f);
	if (f->type == FRAME_BYE) {
		a->bye = true;
		return 0;
	}
	return agent_take_for_job(a, f);
}

static void
agent_take_all(struct agent *a)
{
	struct frame f;
	int r = 0;

	while (!a->over && (r = frame_next(&a->in, &f)) > 0) {
		r = agent_take(a, &f);
		if (r < 0)
			break;
	}
	if (r < 0)
		agent_end(a, r);
}

static void
agent_readable(int fd, unsigned events, void *arg)
{
	struct agent *a = arg;
	ssize_t n = frame_read(&a->in, fd);

	(void)events;
	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		agent_end(a, 0);
		return;
	}
	a->heard = clock_now();
	agent_take_all(a);
}

/* The descriptor stays readable, so it is not watched any more. */
static void
agent_stop(int fd, unsigned events, void *arg)
{
	struct agent *a = arg;

	(void)fd, (void)events;
	prun_watch_free(a->stop);
	a->leaving = true;
	agent_send(a, FRAME_LEAVING, 0, NULL, 0);
	agent_jobs_kill(a);
}

/*
 * Called LATE seconds after the moment at which the silence could become too long,
 * so that this moment is surely past.
 */
static void
agent_listen(void *arg)
{
	struct agent *a = arg;
	double left = SILENT_BEATS * a->setup.heartbeat -
	    (double)(clock_now() - a->heard) / NS_PER_S;

	if (!a->resting && left < 0) {
		agent_end(a, -ETIMEDOUT);
		return;
	}
	if (a->resting || left < 0)
		left = a->setup.heartbeat;
	if (prun_pool_after(a->pool, left + LATE, agent_listen, a, NULL) != 0)
		agent_end(a, -ENOMEM);
}

static void
agent_tell_worker(struct agent *a, unsigned number, const char *fault)
{
	struct buf bytes = { 0 };
	struct field_writer w = { .out = &bytes };

	field_put_string(&w, fault);
	if (w.error == 0)
		agent_send(a, FRAME_WORKER, number, bytes.data, bytes.len);
	else
		agent_end(a, w.error);
	buf_fini(&bytes);
}

/* The prun_worker_opts.fault and .silent of the agent's workers. */
static void
agent_worker_fault(const char *fault, void *arg)
{
	agent_tell_worker(arg, 0, fault);
}

static void
agent_worker_silent(unsigned number, void *arg)
{
	agent_tell_worker(arg, number, NULL);
}

/*
 * If the folder cannot be made, the start of the workers fails and says that they
 * cannot enter it.
 */
static void
agent_dress_place(struct agent *a, struct prun_spec *spec)
{
	if (agent_folder_make(a, spec->cwd, spec->flags) == 0)
		a->folder = realpath(spec->cwd, NULL);
	if (a->folder != NULL)
		(void)agent_place_set(&a->place, a->folder, spec);
}

/* Give the program of the workers the agent's own attributes, as a job gets them. */
static void
agent_dress_worker(struct agent *a)
{
	struct prun_worker_opts *worker = &a->setup.worker_opts;
	struct prun_spec *spec = &a->setup.worker_job.spec;

	if (spec->cwd != NULL && spec->flags & PRUN_SPEC_MAKE_FOLDER)
		agent_dress_place(a, spec);
	worker->fault = agent_worker_fault;
	worker->silent = agent_worker_silent;
	worker->fault_arg = a;
	agent_dress(a, spec);
}

static int
agent_open_pool(struct agent *a)
{
	const struct prun_pool_opts opts = { .size = sizeof(opts),
		.slots = a->setup.slots,
		.flags = PRUN_POOL_SUBREAPER | PRUN_POOL_GUARD,
		.output = PRUN_OUTPUT_RAW,
		.deliver = agent_deliver,
		.delivered = agent_delivered,
		.termseq = a->setup.termseq,
		.leak_timeout = a->setup.leak_timeout,
		.leak = a->setup.leak,
		.worker = a->setup.worker };
	const struct prun_agent_opts *o = a->opts;
	struct prun_watch *watch;
	int error;

	if (a->setup.worker != NULL)
		agent_dress_worker(a);
	error = prun_pool_new(&opts, &a->pool);
	if (error == 0) {
		pool_set_mover(a->pool, agent_move);
		error = prun_pool_watch(a->pool, o->out, EPOLLOUT,
		    agent_writable, a, &a->writable);
	}
	if (error == 0)
		error = prun_pool_watch(a->pool, o->in, EPOLLIN, agent_readable,
		    a, &watch);
	if (error == 0 && o->stop >= 0)
		error = prun_pool_watch(a->pool, o->stop, EPOLLIN, agent_stop,
		    a, &a->stop);
	if (error == 0) {
		a->heard = clock_now();
		agent_listen(a);
	}
	return error;
}

static void
agent_serve(struct agent *a)
{
	double wait;
	int error;

	agent_take_all(a);
	while (!a->over) {
		agent_jobs_begin(a);
		wait = agent_flush_due(a);
		if (a->over)
			break;
		if (a->out.len == 0)
			agent_unblock(a);
		error = prun_pool_step(a->pool, wait);
		if (error != 0)
			agent_end(a, error);
	}
	if (a->leaving)
		agent_flush(a);
}

static void
agent_fini(struct agent *a)
{
	if (a->pool != NULL && !a->bye)
		orphans_signal(a->pool, SIGKILL);
	/*
	 * The workers read the end of their stdin, and can still do what they do at
	 * their end.
	 */
	if (a->pool != NULL && a->bye && a->setup.worker != NULL) {
		prun_pool_close(a->pool);
		(void)prun_pool_join(a->pool);
	}
	(void)prun_pool_free(a->pool);
	agent_jobs_free(a);
	agent_queue_fini(a);
	file_trail_remove(&a->folders, NULL, NULL);
	file_trail_fini(&a->folders);
	agent_place_fini(&a->place);
	free(a->folder);
	job_setup_fini(&a->setup);
	frame_reader_fini(&a->in);
	buf_fini(&a->out);
	agent_body_fini(&a->body);
	buf_fini(&a->setup_bytes);
	prun_secret_free(a->secret);
	fd_close(&a->terminal);
	fd_sink_fini(&a->sink);
}

int
prun_agent_run(const struct prun_agent_opts *opts)
{
	struct prun_agent_opts own;
	struct agent a = { .opts = &own, .terminal = -1 };
	int r = sized_in(&own, sizeof(own), opts, opts->size, AGENT_FIRST);

	if (r != 0)
		return r;
	RB_INIT(&a.jobs);
	agent_queue_init(&a);
	agent_body_init(&a.body);
	TAILQ_INIT(&a.blocked);
	fd_sink_init(&a.sink, own.out);
	r = agent_greet(&a);
	if (r == 0)
		r = agent_await_setup(&a);
	if (r > 0)
		r = agent_open_pool(&a);
	if (a.pool != NULL && r == 0) {
		agent_serve(&a);
		r = a.error;
	}
	agent_fini(&a);
	return r;
}
