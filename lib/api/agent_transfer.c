/* SPDX-License-Identifier: ISC */

/*
 * Owns the files of an agent's jobs: those that come before a job runs, those that
 * are sent when it has ended, and which of them are removed at the end.  Knows no
 * pool.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/agent.h"
#include "remote/file.h"

/* When the agent has taken so many bytes, it lets the other side send as many again. */
#define GRANT ((uint64_t)32 * 1024)
#define KILLED_STATUS (128 + SIGTERM)

enum phase {
	PHASE_COMING,
	PHASE_RUNNING,
	PHASE_RETURNING,
	PHASE_OVER, /* the other side must still say: remove or keep */
	PHASE_DONE
};

struct agent_transfer {
	LIST_ENTRY(agent_transfer) entry;
	struct agent_job *job;
	enum phase phase;
	/* Length of the folder's path to which relative paths belong. */
	size_t base;
	bool clean_up;
	char **send, **fetch;
	size_t nsend, nfetch;
	struct file_taker taker;
	struct file_sender sender;
	struct file_trail trail;
	uint64_t taken;
	/* Of the job: while its files are sent, or if its files are what ends it. */
	struct prun_result result;
};

static void
paths_free(char **paths, size_t n)
{
	for (size_t i = 0; i < n && paths != NULL; i++)
		free(paths[i]);
	free(paths);
}

/* Copy the paths; relative ones get cwd in front. */
static int
paths_copy(const char *cwd, const char *const *from, char ***to, size_t *n)
{
	size_t count = 0;
	int len;

	while (from[count] != NULL)
		count++;
	*to = calloc(count + 1, sizeof(**to));
	if (*to == NULL)
		return -ENOMEM;
	for (; *n < count; (*n)++) {
		const bool below = cwd != NULL && *from[*n] != '/';

		len = asprintf(&(*to)[*n], "%s%s%s", below ? cwd : "",
		    below ? "/" : "", from[*n]);
		if (len == -1)
			return -ENOMEM;
	}
	return 0;
}

static int
files_fill(struct agent_transfer *files, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	struct job_files names = { 0 };
	int error = job_get_files(&r, &names);

	if (error == 0)
		error = paths_copy(names.cwd, names.send, &files->send,
		    &files->nsend);
	if (error == 0)
		error = paths_copy(names.cwd, names.fetch, &files->fetch,
		    &files->nfetch);
	files->base = error == 0 && names.cwd != NULL ? strlen(names.cwd) : 0;
	/* If the folder cannot be made, the file that cannot be written there is reported. */
	if (error == 0 && names.cwd != NULL)
		(void)agent_folder_make(files->job->agent, names.cwd,
		    names.clean_up ? PRUN_SPEC_CLEAN_UP : 0);
	files->clean_up = names.clean_up;
	free(names.send);
	free(names.fetch);
	files->taker.paths = (const char *const *)files->send;
	files->taker.n = files->nsend;
	files->sender.paths = (const char *const *)files->fetch;
	files->sender.n = files->nfetch;
	files->taker.there = files->sender.there = true;
	files->taker.trail = files->sender.trail = &files->trail;
	return error;
}

int
agent_transfer_open(struct agent_job *job, const struct frame *f)
{
	struct agent_transfer *files = calloc(1, sizeof(*files));

	if (files == NULL)
		return -ENOMEM;
	job->transfer = files;
	files->job = job;
	LIST_INSERT_HEAD(&job->agent->transfers, files, entry);
	return files_fill(files, f);
}

/* Does another job that is not over also have the path, or a folder above it? */
static bool
files_used(const char *path, void *arg)
{
	const struct agent_transfer *own = arg, *files;
	size_t len;

	LIST_FOREACH(files, &own->job->agent->transfers, entry) {
		if (files == own)
			continue;
		for (size_t i = 0; i < files->nsend; i++) {
			len = strlen(files->send[i]);
			if (strncmp(path, files->send[i], len) == 0 &&
			    (path[len] == '\0' || path[len] == '/'))
				return true;
		}
	}
	return false;
}

static void
remove_folders(const struct agent_transfer *files, char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		file_remove_folders(paths[i],
		    *paths[i] == '/' ? 0 : files->base);
}

static void
files_remove(struct agent_transfer *files)
{
	file_trail_remove(&files->trail, files_used, files);
	remove_folders(files, files->send, files->nsend);
	remove_folders(files, files->fetch, files->nfetch);
}

void
agent_transfer_free(struct agent_transfer *files)
{
	if (files == NULL)
		return;
	LIST_REMOVE(files, entry);
	file_taker_fini(&files->taker);
	file_sender_fini(&files->sender);
	if (files->clean_up && files->nfetch > 0 &&
	    files->phase != PHASE_COMING && files->phase != PHASE_DONE)
		files->job->keeps_folder = true;
	/* Files that the job has made, and that nobody has fetched, stay. */
	if (files->clean_up &&
	    (files->nfetch == 0 || files->phase == PHASE_COMING))
		files_remove(files);
	file_trail_fini(&files->trail);
	paths_free(files->send, files->nsend);
	paths_free(files->fetch, files->nfetch);
	free(files);
}

/* Send FRAME_FILES_END; why is NULL if nothing is wrong. */
static void
send_end(struct agent_job *job, const char *why)
{
	struct buf bytes = { 0 };
	struct field_writer w = { .out = &bytes };

	field_put_string(&w, why);
	if (w.error == 0)
		agent_send(job->agent, FRAME_FILES_END, job->id, bytes.data,
		    bytes.len);
	else
		agent_end(job->agent, w.error);
	buf_fini(&bytes);
}

/* What is wrong with the files that should have come; NULL: nothing. */
static const char *
files_fault(const struct agent_transfer *files)
{
	if (files->taker.error != 0)
		return files->taker.fault;
	return file_taker_is_complete(&files->taker) ?
	    NULL :
	    "not all files have come";
}

static int
files_take(struct agent_transfer *files, const struct frame *f)
{
	struct agent_job *job = files->job;
	int error;

	if (files->phase != PHASE_COMING)
		return -EPROTO;
	error = file_take(&files->taker, f);
	files->taken += f->len;
	if (files->taken >= GRANT) {
		agent_send_number(job->agent, FRAME_CREDIT, job->id,
		    files->taken);
		files->taken = 0;
	}
	return error;
}

/*
 * All files of the host have come.  They belong to no job, so this alone reports
 * their faults.
 */
static int
files_end(struct agent_transfer *files)
{
	if (files->phase != PHASE_COMING)
		return -EPROTO;
	files->phase = PHASE_OVER;
	send_end(files->job, files_fault(files));
	return 0;
}

/*
 * The job does not run at all: because of a fault, which the other side knows, or
 * because it is killed.
 */
static enum agent_transfer_step
files_drop(struct agent_transfer *files, bool killed)
{
	files->result = (struct prun_result){ .status = killed ? KILLED_STATUS :
								 0,
		.signal = killed ? SIGTERM : 0,
		.flags = killed ? PRUN_RESULT_TERMINATED : 0 };
	return TRANSFER_ENDS_JOB;
}

/* 1: all files are sent; 0: the other side has to take what was sent first; or -errno. */
static int
files_pump(struct agent_transfer *files)
{
	struct agent_job *job = files->job;
	struct frame *part = &files->sender.part;
	int n = 1;

	while (job->credit > 0 && (n = file_send_next(&files->sender)) > 0) {
		agent_send(job->agent, part->type, job->id, part->data,
		    part->len);
		job->credit -= (int64_t)part->len;
	}
	return n < 0 ? n : n == 0;
}

/* Send files.  The job ends when all are sent, or when one cannot be sent. */
static enum agent_transfer_step
files_return(struct agent_transfer *files)
{
	int n = files_pump(files);

	if (n == 0)
		return TRANSFER_GOES_ON;
	send_end(files->job, n < 0 ? files->sender.fault : NULL);
	return TRANSFER_ENDS_JOB;
}

enum agent_transfer_step
agent_transfer_return(struct agent_job *job, const struct prun_result *r)
{
	struct agent_transfer *files = job->transfer;

	if (files == NULL || files->nfetch == 0 || job->agent->leaving ||
	    r->flags & PRUN_RESULT_NOT_STARTED ||
	    (r->flags & PRUN_RESULT_TERMINATED && r->status != 0))
		return TRANSFER_NONE;
	files->phase = PHASE_RETURNING;
	files->result = *r;
	/* A job that has failed may not have made all files. */
	files->sender.lenient = r->status != 0;
	return files_return(files);
}

static enum agent_transfer_step
files_kill(struct agent_transfer *files)
{
	if (files->phase == PHASE_COMING)
		return files_drop(files, true);
	if (files->phase != PHASE_RETURNING)
		return TRANSFER_GOES_ON;
	files->result.flags |= PRUN_RESULT_TERMINATED;
	send_end(files->job, "killed while its files were fetched");
	return TRANSFER_ENDS_JOB;
}

const struct prun_result *
agent_transfer_result(const struct agent_transfer *files)
{
	return &files->result;
}

/* The other side says whether it has got all files: if not, they stay here. */
static int
files_done(struct agent_transfer *files, const struct frame *f)
{
	struct field_reader r = field_reader(f);
	bool all = field_number_to(&r, 1) != 0;

	if (fields_end(&r) != 0 || files->phase != PHASE_OVER)
		return -EPROTO;
	if (all)
		files_remove(files);
	files->job->keeps_folder = !all;
	files->phase = PHASE_DONE;
	return 0;
}

bool
agent_transfer_waits(struct agent_transfer *files)
{
	if (files == NULL || !files->clean_up || files->nfetch == 0 ||
	    files->phase == PHASE_COMING || files->phase == PHASE_DONE)
		return false;
	files->phase = PHASE_OVER;
	return true;
}

int
agent_transfer_run(struct agent_job *job, enum agent_transfer_step *step)
{
	const char *why;

	if (job->transfer == NULL || job->transfer->phase != PHASE_COMING)
		return -EPROTO;
	why = files_fault(job->transfer);
	if (why != NULL) {
		send_end(job, why);
		*step = files_drop(job->transfer, false);
		return 0;
	}
	job->transfer->phase = PHASE_RUNNING;
	*step = TRANSFER_NONE;
	return 0;
}

enum agent_transfer_step
agent_transfer_take(struct agent_job *job, const struct frame *f, int *error)
{
	struct agent_transfer *files = job->transfer;

	*error = 0;
	if (files == NULL || files->phase == PHASE_RUNNING)
		return TRANSFER_NONE;
	switch (f->type) {
	case FRAME_FILE:
	case FRAME_BYTES:
		*error = files_take(files, f);
		return TRANSFER_GOES_ON;
	case FRAME_FILES_END:
		*error = files_end(files);
		return TRANSFER_GOES_ON;
	case FRAME_FILES_DONE:
		*error = files_done(files, f);
		return *error == 0 ? TRANSFER_OVER : TRANSFER_GOES_ON;
	case FRAME_KILL:
		return files_kill(files);
	case FRAME_CREDIT:
		*error = agent_take_credit(job, f);
		return *error == 0 && files->phase == PHASE_RETURNING ?
		    files_return(files) :
		    TRANSFER_GOES_ON;
	default:
		/*
		 * Before the job runs, the frame is for agent_job.c; after its end,
		 * it came too late.
		 */
		return files->phase == PHASE_COMING ? TRANSFER_NONE :
						      TRANSFER_GOES_ON;
	}
}
