/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs of an agent: frames that come for a job tell what to do with it in
 * the pool, and frames tell the other side what becomes of it.  Uses the connection
 * only through agent_send().  The file is long because a job may end at each step of its
 * way, and must then be told of, and be freed, once.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "api/agent.h"

/* The status of a job whose folder cannot be made, as in GNU parallel. */
#define NO_FOLDER_STATUS 1

/*
 * With less credit no output is read, or the frames would become very short.  The other
 * side never keeps back so much credit that none comes any more.
 */
#define CREDIT_LEAST ((int64_t)64 * 1024)
/* When a machine shuts down, signals reach all its processes within this time. */
#define LATE_SECONDS 0.1

int
agent_job_compare(const struct agent_job *a, const struct agent_job *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Freed nodes were removed from the tree: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
RB_GENERATE(agent_jobs, agent_job, entry, agent_job_compare)

int
agent_job_new(struct agent *a, uint64_t id, struct agent_job **jp)
{
	struct agent_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return -ENOMEM;
	*job = (struct agent_job){ .agent = a,
		.id = id,
		.credit = (int64_t)JOB_CREDIT };
	if (RB_INSERT(agent_jobs, &a->jobs, job) != NULL) {
		free(job);
		return -EPROTO;
	}
	*jp = job;
	return 0;
}

/*
 * If the agent was told to end, and no job runs any more, the connection ends.  It
 * does not wait for files.
 */
static void
agent_leave(struct agent *a)
{
	struct agent_job *job;

	if (!a->leaving)
		return;
	RB_FOREACH(job, agent_jobs, &a->jobs) {
		if (job->task != 0 && (!job->ended || job->file != NULL))
			return;
	}
	agent_end(a, 0);
}

void
agent_job_free(struct agent_job *job)
{
	struct agent *a = job->agent;

	RB_REMOVE(agent_jobs, &job->agent->jobs, job);
	agent_transfer_free(job->transfer);
	agent_folder_leave(job);
	buf_fini(&job->reading);
	buf_fini(&job->queued);
	agent_file_free(job->file);
	buf_fini(&job->kept);
	agent_queue_remove(job);
	if (job->blocked)
		TAILQ_REMOVE(&a->blocked, job, block);
	free(job);
	agent_leave(a);
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

void
agent_tell_end(struct agent_job *job, const struct prun_result *r)
{
	struct agent *a = job->agent;
	struct buf bytes = { 0 };
	int error = job_put_result(&bytes, r);

	/* A failure may be what the other side ends the run for. */
	if (error == 0 && r->status == 0 && r->flags == 0)
		agent_send_gathered(a, FRAME_ENDED, job->id, bytes.data,
		    bytes.len);
	else if (error == 0)
		agent_send(a, FRAME_ENDED, job->id, bytes.data, bytes.len);
	else
		agent_end(a, error);
	buf_fini(&bytes);
	job->ended = true;
	agent_queue_ended(job);
}

void
agent_job_release(struct agent_job *job)
{
	const bool lingers = job->file != NULL && agent_file_lingers(job);

	if (!agent_transfer_waits(job->transfer) && !lingers)
		agent_job_free(job);
	else
		agent_leave(job->agent);
}

/*
 * When a machine or a step of Slurm is ended, all processes get a signal: a job may
 * die of it before the agent knows that it has to end, too.
 */
static bool
agent_may_leave(const struct agent *a, const struct prun_result *r)
{
	static const int signals[] = { SIGTERM, SIGUSR1, SIGUSR2, SIGINT,
		SIGHUP };

	if (r->flags & PRUN_RESULT_TIMED_OUT)
		return false;
	if (r->flags & PRUN_RESULT_TERMINATED)
		return a->leaving;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (r->signal == signals[i])
			return true;
	}
	return false;
}

/*
 * If the agent was told to end meanwhile, the job was ended together with it, and
 * its result is not sent.
 */
static void
agent_tell_late(void *arg)
{
	struct agent_job *job = arg;

	if (!job->agent->leaving) {
		agent_send(job->agent, FRAME_ENDED, job->id, job->kept.data,
		    job->kept.len);
		agent_queue_ended(job);
	}
	job->ended = true;
	agent_job_release(job);
}

static void
agent_keep(struct agent_job *job, const struct prun_result *r)
{
	int error = job_put_result(&job->kept, r);

	if (error == 0)
		error = prun_pool_after(job->agent->pool,
		    job->agent->leaving ? 0 : LATE_SECONDS, agent_tell_late,
		    job, NULL);
	if (error != 0)
		agent_end(job->agent, error);
}

void
agent_finish(struct agent_job *job, const struct prun_result *r)
{
	if (agent_transfer_return(job, r))
		return;
	if (agent_may_leave(job->agent, r)) {
		agent_keep(job, r);
		return;
	}
	agent_tell_end(job, r);
	agent_job_release(job);
}

/* The task has ended, and its output was delivered. */
void
agent_delivered(const struct prun_result *r, void *arg, void *unused)
{
	struct agent_job *job = arg;

	(void)unused;
	if (job->file != NULL && r->id == job->fed) {
		if (agent_file_fed(job, r))
			agent_job_release(job);
		return;
	}
	if (job->file == NULL || !agent_file_holds(job, r))
		agent_finish(job, r);
}

void
agent_jobs_kill(struct agent *a)
{
	prun_pool_terminate(a->pool);
	agent_leave(a);
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

static int
agent_apply(struct agent_job *job, struct job_spec *j, const struct frame *f)
{
	if (j->spec.input_path != NULL)
		return agent_file_start(job, j, f);
	return agent_start(job, &j->spec, j->spec.in.kind == PRUN_STDIO_PIPE);
}

/* Report that the job cannot be started. */
static void
agent_refuse(struct agent_job *job, int error)
{
	const struct prun_result r = { .status = 126,
		.flags = PRUN_RESULT_NOT_STARTED,
		.step = PRUN_STEP_SETUP,
		.error = -error };

	agent_tell_end(job, &r);
}

static struct agent_job *
agent_job_find(struct agent *a, uint64_t id)
{
	struct agent_job key = { .id = id };

	return RB_FIND(agent_jobs, &a->jobs, &key);
}

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

/* The job's folder could not be made: the job fails, with the file that was lost. */
static void
agent_lacks_folder(struct agent_job *job, const char *folder, int error)
{
	char fault[FILE_FAULT_SIZE];
	const struct prun_result r = { .status = NO_FOLDER_STATUS,
		.flags = PRUN_RESULT_FILE_LOST,
		.fault = fault };

	file_fault(fault, sizeof(fault), true, "make the folder", folder,
	    -error);
	agent_tell_end(job, &r);
}

/* Starts a job that came in frame f and has got its slot. */
static void
agent_begin_job(struct agent_job *job, const struct frame *f)
{
	struct agent *a = job->agent;
	struct job_spec j;
	int error = agent_get_job(job, f, &j);

	if (error != 0) {
		job_spec_fini(&j);
		agent_end(a, error);
		return;
	}
	error = agent_folder_enter(job, &j.spec);
	if (error != 0) {
		agent_lacks_folder(job, j.spec.cwd, error);
		agent_queue_remove(job);
		agent_job_release(job);
		job_spec_fini(&j);
		return;
	}
	error = agent_apply(job, &j, f);
	agent_queue_remove(job);
	if (error == 0) {
		agent_send_gathered(a, FRAME_STARTED, job->id, NULL, 0);
	} else {
		agent_refuse(job, error);
		agent_job_release(job);
	}
	job_spec_fini(&j);
}

void
agent_jobs_begin(struct agent *a)
{
	struct agent_job *job;
	struct frame f = { 0 };

	while (!a->leaving && !a->over &&
	    (job = TAILQ_FIRST(&a->ready)) != NULL) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the first is removed. */
		f.data = job->waiting.data;
		f.len = job->waiting.len;
		agent_begin_job(job, &f);
	}
}

/* The other side wants the job back, which it gets if the job has no slot yet. */
static void
agent_take_recall(struct agent_job *job)
{
	struct agent *a = job->agent;

	if (!job->waits || job->ready)
		return;
	agent_send(a, FRAME_BACK, job->id, NULL, 0);
	agent_job_free(job);
}

int
agent_run_job(struct agent *a, const struct frame *f)
{
	struct agent_job *job = agent_job_find(a, f->id);
	struct field_reader r = field_reader(f);
	struct job_place place;
	int error = job != NULL ? agent_transfer_run(job) : 1;

	if (error <= 0)
		return error;
	job_get_place(&r, &place);
	if (r.error != 0 || (place.slot == 0 && job != NULL))
		return -EPROTO;
	error = job == NULL ? agent_job_new(a, f->id, &job) : 0;
	if (error != 0)
		return error;
	agent_queue_known(a, place.ended);
	job->slot = place.slot;
	if (place.slot == 0)
		return agent_queue_add(job, f);
	agent_begin_job(job, f);
	return 0;
}

static int
agent_take_input(struct agent *a, struct agent_job *job, const struct frame *f)
{
	int error;

	if (job->input_ended ||
	    job->queued.len + job->reading.len + f->len > JOB_CREDIT)
		return -EPROTO;
	error = buf_add(&job->queued, f->data, f->len);
	job->input_ended = f->len == 0;
	/* It fails if the job has ended: then nobody needs the input. */
	if (error == 0)
		(void)prun_pool_feed(a->pool, job->fed);
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

static int
agent_take_timeout(struct agent *a, struct agent_job *job,
    const struct frame *f)
{
	struct field_reader r = field_reader(f);
	double seconds = field_seconds(&r);

	job->timeout = seconds;
	if (fields_end(&r) == 0)
		(void)pool_set_job_timeout(a->pool, job->task, seconds);
	return fields_end(&r);
}

/* A frame for a job that has ended meanwhile is ignored. */
int
agent_take_for_job(struct agent *a, const struct frame *f)
{
	struct agent_job *job = agent_job_find(a, f->id);
	int error;

	if (job == NULL)
		return 0;
	if (agent_transfer_take(job, f, &error))
		return error;
	if (job->ended)
		return 0;
	switch (f->type) {
	case FRAME_INPUT:
		return agent_take_input(a, job, f);
	case FRAME_RECALL:
		agent_take_recall(job);
		return 0;
	case FRAME_KILL:
		job->killed = true;
		(void)prun_pool_kill(a->pool, job->task);
		return 0;
	case FRAME_STOP:
		job->stopped = true;
		(void)prun_pool_suspend(a->pool, job->task);
		return 0;
	case FRAME_CONTINUE:
		job->stopped = false;
		(void)prun_pool_resume(a->pool, job->task);
		return 0;
	case FRAME_TIMEOUT:
		return agent_take_timeout(a, job, f);
	case FRAME_CREDIT:
		return agent_take_credit(job, f);
	default:
		return -EPROTO;
	}
}

void
agent_jobs_free(struct agent *a)
{
	struct agent_job *job;

	while ((job = RB_MIN(agent_jobs, &a->jobs)) != NULL)
		agent_job_free(job);
}
