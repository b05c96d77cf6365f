/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs of an agent: frames that come for a job tell what to do with it, and
 * frames tell the other side what becomes of it.  A job may end at each step of its way,
 * and only this file tells of its end, and frees it.  Uses the connection only through
 * agent_send().
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "api/agent.h"

/* The status of a job whose folder cannot be made, as in GNU parallel. */
#define NO_FOLDER_STATUS 1

/* When a machine shuts down, signals reach all its processes within this time. */
#define LATE_SECONDS 0.1

int
agent_job_compare(const struct agent_job *a, const struct agent_job *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Freed nodes were removed from the tree: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
RB_GENERATE(agent_jobs, agent_job, entry, agent_job_compare)

static int
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

static void
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

static void
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

static void
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

/* A job that ends together with the agent has no result, as in agent_tell_late(). */
static void
agent_end_job(struct agent_job *job, const struct prun_result *r)
{
	if (job->agent->leaving)
		job->ended = true;
	else
		agent_tell_end(job, r);
	agent_job_release(job);
}

/* Do what a step of the job's files asks for. */
static void
agent_follow(struct agent_job *job, enum agent_transfer_step step)
{
	if (step == TRANSFER_ENDS_JOB)
		agent_end_job(job, agent_transfer_result(job->transfer));
	if (step == TRANSFER_OVER)
		agent_job_release(job);
}

/* The job's processes have ended: return its files, send its result. */
static void
agent_finish(struct agent_job *job, const struct prun_result *r)
{
	const enum agent_transfer_step step = agent_transfer_return(job, r);

	if (step != TRANSFER_NONE) {
		agent_follow(job, step);
		return;
	}
	if (agent_may_leave(job->agent, r)) {
		agent_keep(job, r);
		return;
	}
	agent_tell_end(job, r);
	agent_job_release(job);
}

/* The task that writes the job's input file has ended. */
static void
agent_input_written(struct agent_job *job, const struct prun_result *r)
{
	struct prun_result end = *r;

	switch (agent_file_fed(job, &end)) {
	case FILE_JOB_GOES_ON:
		break;
	case FILE_HELD_JOB:
		agent_finish(job, &end);
		break;
	case FILE_ENDS_JOB:
		agent_tell_end(job, &end);
		agent_job_release(job);
		break;
	case FILE_OUTLIVED_JOB:
		agent_job_release(job);
		break;
	}
}

/* The task has ended, and its output was delivered. */
void
agent_delivered(const struct prun_result *r, void *arg, void *unused)
{
	struct agent_job *job = arg;

	(void)unused;
	if (job->file != NULL && r->id == job->fed) {
		agent_input_written(job, r);
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
agent_take_files(struct agent *a, const struct frame *f)
{
	struct agent_job *job;
	int error = agent_job_new(a, f->id, &job);

	if (error != 0)
		return error;
	error = agent_transfer_open(job, f);
	if (error != 0)
		agent_job_free(job);
	return error;
}

int
agent_run_job(struct agent *a, const struct frame *f)
{
	struct agent_job *job = agent_job_find(a, f->id);
	struct field_reader r = field_reader(f);
	struct job_place place;
	enum agent_transfer_step step = TRANSFER_NONE;
	int error = job != NULL ? agent_transfer_run(job, &step) : 0;

	if (error != 0 || step != TRANSFER_NONE) {
		agent_follow(job, step);
		return error;
	}
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

/* A frame for a job that has ended meanwhile is ignored. */
int
agent_take_for_job(struct agent *a, const struct frame *f)
{
	struct agent_job *job = agent_job_find(a, f->id);
	enum agent_transfer_step step;
	int error;

	if (job == NULL)
		return 0;
	step = agent_transfer_take(job, f, &error);
	if (step != TRANSFER_NONE) {
		agent_follow(job, step);
		return error;
	}
	if (job->ended)
		return 0;
	switch (f->type) {
	case FRAME_INPUT:
		return agent_take_input(job, f);
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
		return agent_take_timeout(job, f);
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
