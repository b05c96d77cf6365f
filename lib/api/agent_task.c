/* SPDX-License-Identifier: ISC */

/*
 * Owns the tasks that the agent's pool runs for a job: how they are started, and what goes
 * in and comes out while they run.  Knows neither what comes before the start nor what
 * follows the end.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "api/agent.h"

/*
 * With less credit no output is read, or the frames would become very short.  The other
 * side never keeps back so much credit that none comes any more.
 */
#define CREDIT_LEAST ((int64_t)64 * 1024)

/*
 * A pseudo-terminal that only lends its size to those of the jobs.  If it cannot be
 * opened, they are 80 by 24.
 */
static int
agent_terminal(struct agent *a, const struct winsize *size)
{
	if (a->terminal == -1)
		a->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (a->terminal != -1)
		(void)ioctl(a->terminal, TIOCSWINSZ, size);
	return a->terminal;
}

int
agent_get_job(struct agent_job *job, const struct frame *f, struct job_spec *j)
{
	struct agent *a = job->agent;
	struct field_reader r = field_reader(f);
	struct prun_spec *spec = &j->spec;
	struct job_place place;
	int error;

	job_get_place(&r, &place);
	error = job_get_spec(&r, a->setup.setenv, j);
	j->sudo.secret = a->secret;
	if (error == 0 && spec->task == NULL)
		error = job_set_slot(j, a->setup.slotenv, job->slot);
	if (error == 0 && spec->out.kind == PRUN_STDIO_PTY)
		spec->out.fd = agent_terminal(a, &j->terminal);
	if (error == 0 && spec->err.kind == PRUN_STDIO_PTY)
		spec->err.fd = spec->out.fd;
	return error;
}

/* A prun_input_fn.  The other side may send as many bytes again as the pool has read. */
static int
agent_input(struct prun_input *piece, void *arg)
{
	struct agent_job *job = arg;
	struct buf read = job->reading;

	if (read.len > 0)
		agent_send_number(job->agent, FRAME_CREDIT, job->id, read.len);
	read.len = 0;
	job->reading = job->queued;
	job->queued = read;
	if (job->reading.len == 0)
		return job->input_ended ? 0 : -EAGAIN;
	piece->data = job->reading.data;
	piece->len = job->reading.len;
	return 1;
}

void
agent_dress(const struct agent *a, struct prun_spec *spec)
{
	spec->sigmask = a->opts->sigmask;
	spec->sigdefault = a->opts->sigdefault;
	if (spec->nrlimit == 0) {
		spec->rlimit = a->opts->rlimit;
		spec->nrlimit = a->opts->nrlimit;
	}
}

int
agent_submit(struct agent_job *job, struct prun_spec *spec, bool fed,
    uint64_t *id)
{
	struct agent *a = job->agent;

	if (spec->task != NULL)
		return prun_pool_submit(a->pool, spec, NULL, job, id);
	spec->input_path = NULL;
	spec->flags &= ~PRUN_SPEC_INPUT_FIFO;
	spec->in.kind = fed ? PRUN_STDIO_PIPE : PRUN_STDIO_NULL;
	spec->input_fn = fed ? agent_input : NULL;
	spec->input_arg = job;
	agent_dress(a, spec);
	return prun_pool_submit(a->pool, spec, NULL, job, id);
}

int
agent_start(struct agent_job *job, struct prun_spec *spec, bool fed)
{
	struct prun_pool *pool = job->agent->pool;
	struct agent_place place = { 0 };
	int error = job->folder != NULL ?
	    agent_place_set(&place, job->folder, spec) :
	    0;

	if (error == 0)
		error = agent_submit(job, spec, fed, &job->task);
	agent_place_fini(&place);
	if (error == 0 && fed)
		job->fed = job->task;
	if (error == 0 && job->timeout > 0)
		(void)pool_set_job_timeout(pool, job->task, job->timeout);
	if (error == 0 && job->stopped)
		(void)prun_pool_suspend(pool, job->task);
	return error;
}

/* Its output is read only if there is credit for it, and if the connection takes it. */
static void
agent_hold(struct agent_job *job)
{
	const bool hold = job->credit < CREDIT_LEAST || job->blocked;

	if (hold == job->held)
		return;
	/* A job that has ended has no output to hold. */
	if (pool_hold_output(job->agent->pool, job->task, hold) == 0 || !hold)
		job->held = hold;
}

static void
agent_spend(struct agent_job *job, size_t len)
{
	job->credit -= (int64_t)len;
	agent_hold(job);
}

ssize_t
agent_move(const struct prun_result *r, void *arg, int stream, int pipe)
{
	struct agent_job *job = arg;
	struct agent *a = job->agent;
	/* The other stream of the job gets its share of the credit. */
	const int64_t most = job->credit > 2 * CREDIT_LEAST ? job->credit / 2 :
							      job->credit;
	ssize_t n;

	if (r->id != job->task || most < CREDIT_LEAST)
		return -EOPNOTSUPP;
	n = agent_send_body(a, stream == 1 ? FRAME_OUT : FRAME_ERR, job->id,
	    pipe, (size_t)most);
	if (n == -EAGAIN && !job->blocked) {
		job->blocked = true;
		TAILQ_INSERT_TAIL(&a->blocked, job, block);
		agent_hold(job);
	}
	if (n > 0)
		agent_spend(job, (size_t)n);
	return n;
}

void
agent_unblock(struct agent *a)
{
	struct agent_job *job;

	while ((job = TAILQ_FIRST(&a->blocked)) != NULL) {
		TAILQ_REMOVE(&a->blocked, job, block);
		job->blocked = false;
		agent_hold(job);
	}
}

int
agent_deliver(const struct prun_result *r, void *arg, int stream,
    const char *data, size_t len, void *unused)
{
	struct agent_job *job = arg;
	struct agent *a = job->agent;

	(void)r, (void)unused;
	if (len == 0)
		return 0;
	agent_send_gathered(a, stream == 1 ? FRAME_OUT : FRAME_ERR, job->id,
	    data, len);
	agent_spend(job, len);
	return 0;
}

int
agent_take_input(struct agent_job *job, const struct frame *f)
{
	int error;

	if (job->input_ended ||
	    job->queued.len + job->reading.len + f->len > JOB_CREDIT)
		return -EPROTO;
	error = buf_add(&job->queued, f->data, f->len);
	job->input_ended = f->len == 0;
	/* It fails if the job has ended: then nobody needs the input. */
	if (error == 0)
		(void)prun_pool_feed(job->agent->pool, job->fed);
	return error;
}

int
agent_take_credit(struct agent_job *job, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	uint64_t credit = field_number_to(&r, 2 * JOB_CREDIT);

	job->credit += (int64_t)credit;
	if (fields_end(&r) != 0 || job->credit > (int64_t)JOB_CREDIT)
		return -EPROTO;
	agent_hold(job);
	return 0;
}

int
agent_take_timeout(struct agent_job *job, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	double seconds = field_seconds(&r);

	job->timeout = seconds;
	if (fields_end(&r) == 0)
		(void)pool_set_job_timeout(job->agent->pool, job->task,
		    seconds);
	return fields_end(&r);
}
