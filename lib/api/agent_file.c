/* SPDX-License-Identifier: ISC */

/*
 * Owns the file or the FIFO from which a job reads its input.  A task of its own,
 * cat(1), writes it: a file before the job starts, a FIFO while the job runs.  So
 * the pool stops and kills the writer as it does the job, and no thread waits for a
 * reader.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/agent.h"

struct agent_file {
	char *path;
	bool made; /* the file was made here, and has to be removed */
	bool fifo;
	bool writing; /* the task that writes has not ended */
	bool held; /* the job has ended, and waits for that task */
	struct prun_result result; /* of the job that waits */
	int fd; /* the file, while it is written */
	struct buf
	    job; /* the job's frame: it starts when the file is complete */
};

void
agent_file_free(struct agent_file *file)
{
	if (file == NULL)
		return;
	if (file->made)
		(void)unlink(file->path);
	fd_close(&file->fd);
	buf_fini(&file->job);
	free(file->path);
	free(file);
}

/* A file that has this name already belongs to somebody else. */
static int
file_make(struct agent_file *file)
{
	if (file->fifo && mkfifo(file->path, 0600) == -1)
		return -errno;
	if (!file->fifo) {
		file->fd = open(file->path,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (file->fd == -1)
			return -errno;
	}
	file->made = true;
	return 0;
}

/* open(2) of a FIFO waits for its reader, so the task's shell opens it. */
static int
file_write(struct agent_job *job)
{
	struct agent_file *file = job->file;
	const char *const fifo[] = { "/bin/sh", "-c", "exec cat >\"$0\"",
		file->path, NULL };
	const char *const plain[] = { "cat", NULL };
	struct prun_spec spec = { .size = sizeof(spec),
		.argv = file->fifo ? fifo : plain,
		.out = { file->fifo ? PRUN_STDIO_NULL : PRUN_STDIO_FD,
		    file->fd } };
	int error = agent_submit(job, &spec, true, &job->fed);

	file->writing = error == 0;
	return error;
}

int
agent_file_start(struct agent_job *job, struct job_spec *j,
    const struct frame *f)
{
	struct agent_file *file = calloc(1, sizeof(*file));
	int error;

	if (file == NULL)
		return -ENOMEM;
	job->file = file;
	file->fd = -1;
	file->fifo = j->spec.flags & PRUN_SPEC_INPUT_FIFO;
	file->path = strdup(j->spec.input_path);
	error = file->path == NULL ? -ENOMEM : file_make(file);
	if (error == 0 && !file->fifo)
		error = buf_add(&file->job, f->data, f->len);
	if (error == 0)
		error = file_write(job);
	if (error == 0 && file->fifo)
		return agent_start(job, &j->spec, false);
	job->task = job->fed;
	return error;
}

static int
file_start_job(struct agent_job *job)
{
	const struct frame f = { .data = job->file->job.data,
		.len = job->file->job.len };
	struct job_spec j;
	int error = agent_get_job(job, &f, &j);

	if (error == 0)
		error = agent_start(job, &j.spec, false);
	job_spec_fini(&j);
	return error;
}

enum agent_file_event
agent_file_fed(struct agent_job *job, struct prun_result *r)
{
	struct agent_file *file = job->file;
	int error;

	file->writing = false;
	if (file->held) {
		*r = file->result;
		return FILE_HELD_JOB;
	}
	if (file->fifo) {
		if (r->flags & PRUN_RESULT_NOT_STARTED && !job->ended)
			(void)prun_pool_kill(job->agent->pool, job->task);
		return job->ended ? FILE_OUTLIVED_JOB : FILE_JOB_GOES_ON;
	}
	fd_close(&file->fd);
	if (r->status == 0 && !job->killed) {
		error = file_start_job(job);
		if (error == 0)
			return FILE_JOB_GOES_ON;
		r->flags |= PRUN_RESULT_NOT_STARTED;
		r->step = PRUN_STEP_SETUP;
		r->error = -error;
		r->status = 126;
	} else if (r->status == 0) {
		r->flags |= PRUN_RESULT_TERMINATED;
		r->signal = SIGTERM;
		r->status = 128 + SIGTERM;
	}
	return FILE_ENDS_JOB;
}

bool
agent_file_holds(struct agent_job *job, const struct prun_result *r)
{
	struct agent_file *file = job->file;

	file->held = agent_file_lingers(job);
	if (file->held)
		file->result = *r;
	return file->held;
}

bool
agent_file_lingers(struct agent_job *job)
{
	if (job->file->writing)
		(void)prun_pool_kill(job->agent->pool, job->fed);
	return job->file->writing;
}
