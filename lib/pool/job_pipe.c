/* SPDX-License-Identifier: ISC */

/*
 * Owns when the pipes of a job are read, and how long they stay open after its
 * death.  Does not know how it starts, dies or is killed: of all that, only
 * whether it was reaped.
 */
#include <sys/epoll.h>

#include <errno.h>

#include "base/clock.h"
#include "base/fd.h"
#include "pool/job.h"
#include "pool/job_pipe.h"
#include "stream/reader.h"

/* Reads after the death before others get their turn. */
#define DRAIN_READS 16
/* Jobs whose pipes are watched at once, after one that has filled its own. */
#define BUSY_STARTS 64
/* Of the one that the others wait for: what they write in the meantime spills. */
#define FIRST_READS 16

void
job_pipes_init(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		job->pipe[i].watch.fd = -1;
		job->pipe[i].job = job;
		job->pipe[i].stream = i + 1;
	}
}

bool
job_pipes_are_open(const struct job *job)
{
	return job->pipe[0].watch.fd != -1 || job->pipe[1].watch.fd != -1;
}

static void
job_pipe_close(struct job *job, struct job_pipe *p)
{
	if (p->paused)
		job->host->paused--;
	p->paused = false;
	loop_remove(&job->host->loop, &p->watch);
	fd_close(&job->stdio.parent[p->stream]);
}

void
job_pipes_close(struct job *job)
{
	for (int i = 0; i < 2; i++)
		job_pipe_close(job, &job->pipe[i]);
}

/* One read.  False when there is nothing to read now, or ever. */
static bool
job_pipe_read(struct job *job, struct job_pipe *p)
{
	ssize_t n = reader_read(&job->host->mux, &job->task_output, p->stream,
	    p->watch.fd);

	if (n >= READER_BUSY_READ)
		job->host->busy = BUSY_STARTS;
	if (n > 0)
		return true;
	if (n == -EAGAIN)
		return false;
	if (n < 0) {
		job->result.flags |= PRUN_OUTPUT_LOST;
		job->result.error = (int)-n;
	}
	job_pipe_close(job, p);
	return false;
}

static bool
job_pipe_pause(struct job *job, struct job_pipe *p)
{
	if (mux_wants(&job->host->mux, &job->task_output))
		return false;
	if (!p->paused)
		job->host->paused++;
	p->paused = true;
	loop_pause(&job->host->loop, &p->watch);
	return true;
}

static void
job_pipe_ready(struct watch *w, uint32_t events)
{
	struct job_pipe *p = w->owner;

	struct mux *mux = &p->job->host->mux;
	int n = 1;

	(void)events;
	if (mux_is_first(mux, &p->job->task_output))
		n = FIRST_READS;
	while (n-- > 0) {
		if (job_pipe_pause(p->job, p) || !job_pipe_read(p->job, p))
			break;
	}
	if (mux_can_wait(mux, &p->job->task_output, p->stream))
		loop_snooze(&p->job->host->loop, w, clock_now());
	job_end(p->job);
}

/*
 * Most jobs are over, and write little, before it would pay to watch their
 * pipes: these are read once, when the job is dead.  A job that fills its pipe
 * must not wait for that.
 */
static int
job_pipe_watch(struct job *job, struct job_pipe *p)
{
	struct loop *loop = &job->host->loop;
	int fd = job->stdio.parent[p->stream];

	if (job->host->busy > 0)
		return loop_add(loop, &p->watch, fd, EPOLLIN, job_pipe_ready,
		    p);
	return loop_add_later(loop, &p->watch, fd, EPOLLIN, job_pipe_ready, p,
	    job->child.started);
}

int
job_pipes_watch(struct job *job)
{
	struct job_host *host = job->host;
	int error = 0;

	for (int i = 0; i < 2 && error == 0; i++) {
		if (job->stdio.parent[i + 1] != -1)
			error = job_pipe_watch(job, &job->pipe[i]);
	}
	if (host->busy > 0)
		host->busy--;
	return error;
}

static void job_pipes_leak(struct job *job);

static void
job_pipes_leak_due(void *arg)
{
	job_pipes_leak(arg);
}

static void
job_pipes_leak_start(struct job *job)
{
	int64_t grace = job->no_grace ? 0 : job->host->leak_timeout;

	if (job->leak_pending || grace < 0)
		return;
	job->leak_pending = true;
	if (loop_timer_start(&job->host->loop, &job->leak, clock_now() + grace,
		job_pipes_leak_due, job) != 0)
		job_pipes_leak(job);
}

void
job_pipes_resume(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		struct job_pipe *p = &job->pipe[i];

		if (!p->paused ||
		    !mux_wants(&job->host->mux, &job->task_output))
			continue;
		p->paused = false;
		job->host->paused--;
		if (loop_resume(&job->host->loop, &p->watch) == 0) {
			if (job->reaped)
				job_pipes_leak_start(job);
			continue;
		}
		job->result.flags |= PRUN_OUTPUT_LOST;
		job->result.error = ENOMEM;
		job_pipe_close(job, p);
	}
	job_end(job);
}

void
job_pipes_drain(struct job *job)
{
	for (int i = 0; i < 2; i++) {
		struct job_pipe *p = &job->pipe[i];

		for (int n = 0; p->watch.fd != -1 && n < DRAIN_READS; n++) {
			if (job_pipe_pause(job, p) || !job_pipe_read(job, p))
				break;
		}
	}
}

void
job_pipes_linger(struct job *job)
{
	/* What closes them is to be seen at once, whether later or not. */
	for (int i = 0; i < 2; i++) {
		if (job->pipe[i].watch.later)
			(void)loop_resume(&job->host->loop,
			    &job->pipe[i].watch);
	}
	job_pipes_leak_start(job);
}

void
job_pipes_hurry(struct job *job)
{
	job->leak_pending = false;
	job_pipes_leak_start(job);
}

static void
job_pipes_leak(struct job *job)
{
	bool drained;

	job->leak_pending = false;
	if (job->ended || !job->reaped)
		return;
	drained = transport_drained(&job->transport);
	job_pipes_drain(job);
	/* What may not be taken yet is not lost: its resuming starts this again. */
	if (job->pipe[0].paused || job->pipe[1].paused)
		return;
	/* What the job itself wrote may still be on its way through its transport. */
	if (!drained) {
		job_pipes_leak_start(job);
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (job->pipe[i].watch.fd == -1)
			continue;
		job->result.flags |= PRUN_LEAKY;
		job_pipe_close(job, &job->pipe[i]);
	}
	job_end(job);
}
