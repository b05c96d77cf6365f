/* SPDX-License-Identifier: ISC */

/*
 * Owns the step from a block of a stream to a job that reads it: on stdin, as a file or as
 * a FIFO.  The input decides where a block ends, and run_stream.c which job gets it.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_internal.h"
#include "text/file.h"

/* The most bytes that may wait for a job: see pipe_queue_most(). */
#define QUEUE_ENDLESS ((uint64_t)1024 * 1024)
#define QUEUE_RECORDS ((uint64_t)64 * 1024 * 1024)
/* A job that has taken none of its queue in so many seconds reads slowly. */
#define FAST 0.001

/*
 * Joins the header, if there is one, and the bytes of the block in memory of the block's
 * own.
 */
static int
pipe_join_header(struct block *block, struct message *m)
{
	char *data;

	if (block->header.len == 0)
		return 0;
	data = realloc(block->data, block->header.len + block->len);
	if (data == NULL)
		return message_errno(m, -ENOMEM, "--header");
	memmove(data + block->header.len, data, block->len);
	memcpy(data, block->header.data, block->header.len);
	block->data = data;
	block->len += block->header.len;
	block->header.len = 0; /* it is counted among the data */
	return 0;
}

/*
 * Copies the bytes of a block that is one short piece, so that its chunk can be used again.
 */
static int
pipe_own(struct block *block, struct message *m)
{
	char *data = malloc(block->len);

	if (data == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	memcpy(data, block->data, block->len);
	block_release(block);
	block->data = data;
	return 0;
}

bool
pipe_is_file(const struct run *run)
{
	return run->options->pipe.cat || run->options->pipe.fifo;
}

/* --cat: writes the bytes of a block to the file whose name is {}. */
static int
pipe_write_file(int fd, const struct block *block)
{
	int error;

	if (block->data != NULL)
		return put_all(fd, (struct text){ block->data, block->len });
	error = put_all(fd, block->header);
	return error != 0 ? error :
			    put_range(fd, block->fd, block->offset, block->len);
}

/* If there is a file of that name already, another name is tried. */
static int
pipe_make_fifo(struct run *run, struct block *block, struct message *m)
{
	int error = -EEXIST;

	while (error == -EEXIST) {
		char *end = run->pipe_file.data + run->pipe_file.len - 6;

		(void)snprintf(end, 7, "%06x", arc4random() & 0xffffff);
		error = fifo_feed_new(run->pipe_file.data, block, m,
		    &run->pipe_fifo);
	}
	run->pipe_file_made = error == 0;
	return error;
}

/*
 * Only makes the name: the agent makes the file on the other machine, where the $TMPDIR of
 * this one may not exist.
 */
static int
pipe_name_file(struct run *run, const char *dir, struct message *m)
{
	int error;

	run->pipe_file.len = 0;
	error = bytes_add_format(&run->pipe_file, "%s/par%08x.%08x",
	    dir != NULL ? dir : "/tmp", arc4random(), arc4random());
	if (error == 0)
		error = bytes_terminate(&run->pipe_file);
	return error == 0 ? 0 : message_errno(m, error, "--cat");
}

static int
pipe_make_file(struct run *run, struct block *block, struct message *m)
{
	const char *dir = run->options->report.tmpdir;
	int fd, error;

	run->pipe_file_made = false;

	if (run_host_is_away(run))
		return pipe_name_file(run, dir, m);
	run->pipe_file.len = 0;
	error = bytes_add_format(&run->pipe_file, "%s/parXXXXX.XXXXXX",
	    temporary_folder(dir));
	if (error == 0)
		error = bytes_terminate(&run->pipe_file);
	if (error != 0)
		return message_errno(m, error, "--cat");
	if (run->mainloop.pool == NULL)
		return 0; /* --dry-run runs nothing */
	if (run->options->pipe.fifo)
		return pipe_make_fifo(run, block, m);
	fd = mkostemp(run->pipe_file.data, O_CLOEXEC);
	if (fd == -1)
		return message_errno(m, -errno, "--cat: %s",
		    run->pipe_file.data);
	error = pipe_write_file(fd, block);
	if (close(fd) == -1 && error == 0)
		error = -errno;
	run->pipe_file_made = error == 0;
	if (error == 0)
		return 0;
	(void)unlink(run->pipe_file.data);
	return message_errno(m, error, "--cat: %s", run->pipe_file.data);
}

int
pipe_job(struct run *run, struct command_job *job, struct message *m)
{
	static const struct text empty = { "", 0 };
	static const size_t end = 1;
	struct batch batch;
	int n = 0;

	/* In place of an argument stands an empty one; with --pipe-part, nothing. */
	*job = (struct command_job){ .values = &empty,
		.nvalues = run->options->pipe.part ? 0 : 1,
		.ends = &end,
		.seq = ++run->seen };
	if (pipe_is_file(run)) {
		run->pipe_name = bytes_text(&run->pipe_file);
		job->values = &run->pipe_name;
		job->nvalues = job->ntuples = 1;
		return 0;
	}
	if (!run->pipe_no_arguments)
		n = batches_next(run->batches, &batch, m);
	if (n < 0)
		return n;
	if (n == 0) {
		run->pipe_no_arguments = true;
		return 0;
	}
	run_lend_values(job, &batch);
	return 0;
}

int
pipe_run_block(struct run *run, struct block *block, unsigned slot,
    struct message *m)
{
	struct command_job job;
	int error = block->chunk != NULL ? pipe_own(block, m) : 0;

	if (error == 0 && block->data != NULL)
		error = pipe_join_header(block, m);
	if (error == 0 && pipe_is_file(run))
		error = pipe_make_file(run, block, m);
	if (error == 0)
		error = pipe_job(run, &job, m);
	if (error != 0)
		return error;
	job.slot = slot;
	run->block = block;
	error = run_job(run, &job, m);
	run->block = NULL;
	/* The job was left out. */
	fifo_feed_free(run->pipe_fifo);
	run->pipe_fifo = NULL;
	if (run->pipe_file_made)
		(void)unlink(run->pipe_file.data);
	return error;
}

bool
pipe_may_retry(const struct run *run)
{
	const struct retry_rule *rule = &run->options->policy.retry;

	return rule->set && rule->tries != 1;
}

/*
 * A job that reads its block from a file, or that may be tried again, needs the whole
 * block: then the pool keeps the block, and the slot is free until the next try.  A job of
 * many blocks, or of one without a limit (-N0), keeps what it has read.  With --dry-run
 * there is no job that could take pieces.
 */
bool
pipe_wants_whole(const struct run *run)
{
	const struct pipe_options *o = &run->options->pipe;

	return o->cat || o->fifo || run->mainloop.pool == NULL ||
	    blocks_come_whole(run->blocks) ||
	    (run->lanes == NULL && pipe_may_retry(run) &&
		run->block_options.records != SIZE_MAX);
}

int
pipe_next(struct run *run, struct block *piece, struct message *m)
{
	return pipe_wants_whole(run) ? blocks_next(run->blocks, piece, m) :
				       blocks_next_piece(run->blocks, piece, m);
}

/*
 * How many bytes may wait for one job.  A block whose size is given in bytes may wait as a
 * whole.  A block of -N records may be long, and with -N0 it is the whole stream: so these
 * have a limit.
 */
static uint64_t
pipe_queue_most(const struct run *run)
{
	const size_t records = run->block_options.records;

	return records == 0     ? UINT64_MAX :
	    records == SIZE_MAX ? QUEUE_ENDLESS :
				  QUEUE_RECORDS;
}

int
pipe_give(struct run *run, struct lane *lane, struct lane_queue *unread,
    struct block *piece, struct message *m)
{
	int error = lane_add(lane, unread, piece);

	if (error != 0)
		return message_errno(m, error, "--pipe");
	while ((lane_is_starting(lane) ||
		   (lane->queued > pipe_queue_most(run) &&
		       !(lane->waits && piece->ends))) &&
	    !mainloop_is_over(&run->mainloop))
		mainloop_wait(&run->mainloop);
	while (lane->queued > 0 && !lane->slow &&
	    !mainloop_is_over(&run->mainloop)) {
		const uint64_t sent = lane->sent;

		mainloop_wait_for(&run->mainloop, FAST);
		lane->slow = lane->sent == sent && !lane->ended;
	}
	lane->slow &= !piece->ends;
	return 0;
}

int
pipe_lane_start(struct run *run, const struct command_job *job,
    struct lane **lp, struct message *m)
{
	const uint64_t started = run->started;
	struct lane *lane = lane_new(run->mainloop.pool);
	int error;

	if (lane == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	lane->own.folder = temporary_folder(run->options->report.tmpdir);
	if (pipe_may_retry(run))
		lane->keep = run->lanes != NULL ? &run->lanes->keep :
						  &lane->own;
	lane->shared = run->options->pipe.tee;
	run->lane = lane;
	error = run_job(run, job, m);
	run->lane = NULL;
	lane->id = run->started;
	/* If run_job() has left the job out, nobody will tell that it has ended. */
	lane->ended |= run->started == started;
	if (error == 0)
		*lp = lane;
	else
		lane_release(lane);
	return error;
}

void
pipe_total(struct run *run, uint64_t jobs)
{
	report_total(run->report, jobs);
	if (run->options->report.total_jobs == 0)
		run->control.total = jobs;
}
