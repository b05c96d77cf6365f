/* SPDX-License-Identifier: ISC */

/*
 * Owns how a stream gets into jobs that run until it ends.  With --round-robin a job gets
 * the next block when it has read its last one; with --tee each job gets all blocks.  The
 * file is long because all ways to share a stream start, feed and end the same lanes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/chunk.h"
#include "run/run_internal.h"
#include "text/file.h"

/* --tee: the most bytes that the fastest job may have got more than the slowest. */
#define TEE_AHEAD ((size_t)1024 * 1024)
/* --round-robin: the most bytes of short blocks that a job gets as one. */
#define JOIN_MOST ((uint64_t)64 * 1024)

int
pipe_lanes_new(struct run *run, struct message *m)
{
	run->lanes = calloc(1, sizeof(*run->lanes));
	if (run->lanes == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	run->lanes->joined = 1;
	run->lanes->keep = (struct keep){
		.folder = temporary_folder(run->options->report.tmpdir),
		.fd = -1
	};
	TAILQ_INIT(&run->lanes->unread);
	return 0;
}

/* Makes room for one more lane. */
static int
lanes_grow(struct pipe_lanes *lanes)
{
	const size_t size = lanes->size != 0 ? lanes->size * 2 : 16;
	struct lane **more;

	if (lanes->n < lanes->size)
		return 0;
	more = reallocarray(lanes->lane, size, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	lanes->lane = more;
	lanes->size = size;
	return 0;
}

int
pipe_lanes_start(struct run *run, const struct command_job *job,
    struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	int error = lanes_grow(lanes);

	if (error != 0)
		return message_errno(m, error, "--pipe");
	error = pipe_lane_start(run, job, &lanes->lane[lanes->n], m);
	lanes->n += error == 0;
	return error;
}

void
pipe_lanes_end(struct run *run)
{
	for (size_t i = 0; i < run->lanes->n; i++)
		lane_end(run->lanes->lane[i]);
	pipe_total(run, run->lanes->n);
}

void
pipe_lanes_free(struct run *run)
{
	struct pipe_lanes *lanes = run->lanes;

	if (lanes == NULL)
		return;
	for (size_t i = 0; i < lanes->n; i++)
		lane_release(lanes->lane[i]);
	lane_queue_clear(&lanes->unread);
	keep_fini(&lanes->keep);
	chunk_store_fini(&lanes->chunks);
	for (size_t i = 0; i < lanes->nfiles; i++)
		(void)close(lanes->files[i].fd);
	free(lanes->files);
	free(lanes->lane);
	free(lanes);
	run->lanes = NULL;
}

/*
 * Finds a job that has read all that it got; with -k it looks only at the job whose turn it
 * is.  Returns NULL if there is none now.  Sets *alive if any job has not ended.
 */
static struct lane *
round_find(struct run *run, bool *alive)
{
	struct pipe_lanes *lanes = run->lanes;
	const bool strict = run->options->output.keep_order;
	struct lane *lane;

	*alive = false;
	for (size_t i = 0; i < lanes->n; i++) {
		lane = lanes->lane[(lanes->turn + i) % lanes->n];
		if (lane->ended)
			continue;
		*alive = true;
		if (lane->dry && TAILQ_EMPTY(&lane->queue)) {
			lanes->turn = (lanes->turn + i + 1) % lanes->n;
			return lane;
		}
		if (strict)
			return NULL;
	}
	return NULL;
}

static int
round_start(struct run *run, unsigned slot, struct message *m)
{
	struct command_job job;
	int error = pipe_job(run, &job, m);

	if (error != 0)
		return error;
	job.slot = slot;
	return pipe_lanes_start(run, &job, m);
}

/*
 * Finds a job for the next block, and starts one if there are fewer jobs than slots.
 * Returns 1 and *lane; 0 if the run is to stop or all jobs have ended; or -errno with a
 * message.
 */
static int
round_lane(struct run *run, struct lane **lane, struct message *m)
{
	bool alive;
	unsigned slot;
	int error;

	*lane = NULL;
	while (!run->mainloop.stop) {
		if (run->lanes->n < run->control.slots) {
			slot = run_slot(run, 1);
			if (slot == 0)
				return 0;
			error = round_start(run, slot, m);
			if (error != 0)
				return error;
			*lane = run->lanes->lane[run->lanes->n - 1];
			run->lanes->turn = 0;
			if (!(*lane)->ended)
				return 1;
			continue;
		}
		*lane = round_find(run, &alive);
		if (*lane != NULL || !alive)
			return *lane != NULL;
		mainloop_wait(&run->mainloop);
	}
	return 0;
}

/*
 * To give a job a short block costs as much as to give it a long one.  So when the jobs
 * have got many bytes, several blocks go to the same job at once; but no job may get a
 * sixteenth more than the others by that.  With -k the blocks are dealt one by one.
 */
static void
round_join(struct run *run)
{
	struct pipe_lanes *lanes = run->lanes;
	uint64_t most, size;

	if (lanes->blocks == 0 || run->block_options.records == 0 ||
	    run->options->output.keep_order)
		return;
	size = lanes->given / lanes->blocks;
	most = lanes->given / (16 * lanes->n);
	if (most > JOIN_MOST)
		most = JOIN_MOST;
	lanes->joined = size > 0 && most > size ? most / size : 1;
	blocks_join(run->blocks, (size_t)lanes->joined);
}

/*
 * Gets the next piece.  Blocks that ended jobs have left unread come before those of the
 * stream.  Returns what pipe_next() returns.
 */
static int
round_next(struct run *run, struct block *piece, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;

	if (lanes->middle == NULL)
		lanes->from_unread = !TAILQ_EMPTY(&lanes->unread);
	if (lanes->middle == NULL)
		round_join(run);
	if (!lanes->from_unread)
		return pipe_next(run, piece, m);
	lane_queue_take(&lanes->unread, piece);
	return 1;
}

/*
 * Has every job read what it got, and is no unread block left for the jobs that still run?
 * A job that ends may leave blocks unread, which other jobs get.
 */
static bool
round_is_over(const struct run *run)
{
	const struct pipe_lanes *lanes = run->lanes;
	bool alive = false;

	for (size_t i = 0; i < lanes->n; i++) {
		const struct lane *lane = lanes->lane[i];

		if (!lane->ended && !TAILQ_EMPTY(&lane->queue))
			return false;
		alive |= !lane->ended;
	}
	return !alive || TAILQ_EMPTY(&lanes->unread);
}

/*
 * Gives a piece to the job that has got the beginning of the block; a piece that begins a
 * block goes to a job that is ready.  Returns 1; 0 if the run is to stop or all jobs have
 * ended; or -errno with a message.
 */
static int
round_give(struct run *run, struct block *piece, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	struct lane *lane = lanes->middle;
	int n = 1;

	if (lane == NULL)
		n = round_lane(run, &lane, m);
	if (n != 1 || lane == NULL) {
		block_release(piece);
		return n;
	}
	lanes->middle = piece->ends ? NULL : lane;
	lanes->given += piece->len;
	lanes->blocks += piece->ends ? lanes->joined : 0;
	report_share(run->report, blocks_share(run->blocks));
	n = pipe_give(run, lane, &lanes->unread, piece, m);
	return n == 0 ? 1 : n;
}

/*
 * Each argument must get its job, even if no block is left: somebody may wait for it, as
 * parsort(1) reads a FIFO from each.  These jobs get no input, and their output is thrown
 * away, as by GNU parallel.
 */
static int
round_start_rest(struct run *run, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	struct command_job job;
	int error = 0;

	run->unfed = true;
	while (error == 0 && lanes->n < run->control.slots &&
	    !run->mainloop.stop) {
		error = pipe_job(run, &job, m);
		if (error != 0 || run->pipe_no_arguments)
			break;
		job.slot = run_slot(run, 1);
		if (job.slot != 0)
			error = pipe_lanes_start(run, &job, m);
	}
	run->unfed = false;
	if (run->pipe_no_arguments)
		run->seen--;
	return error;
}

int
pipe_round(struct run *run, struct message *m)
{
	struct block piece;
	int n = 0;

	while (!run->mainloop.stop) {
		n = round_next(run, &piece, m);
		if (n < 0 || (n == 0 && round_is_over(run)))
			break;
		if (n == 0) {
			mainloop_wait(&run->mainloop);
			continue;
		}
		n = round_give(run, &piece, m);
		if (n != 1)
			break;
	}
	if (n == 0 && run->options->input.sources->nwords > 0)
		n = round_start_rest(run, m);
	pipe_lanes_end(run);
	return n == -ECANCELED || n > 0 ? 0 : n;
}

/* Makes a file without a name, for the blocks of one more job. */
static int
round_file_new(struct run *run, struct text header, struct message *m)
{
	const char *dir = temporary_folder(run->options->report.tmpdir);
	struct pipe_lanes *lanes = run->lanes;
	const int fd = temporary_file(dir);

	if (fd < 0)
		return message_errno(m, fd, "--round-robin: %s", dir);
	lanes->files[lanes->nfiles++] = (struct block){ .header = header,
		.fd = fd,
		.begins = true,
		.ends = true };
	return 0;
}

static int
round_file_add(struct block *file, const struct block *block, struct message *m)
{
	int error = block->data != NULL ?
	    put_all(file->fd, (struct text){ block->data, block->len }) :
	    put_range(file->fd, block->fd, block->offset, block->len);

	file->len += block->len;
	return error == 0 ? 0 : message_errno(m, error, "--round-robin");
}

/* Appends each block to the file of the job whose turn it is. */
static int
round_files_fill(struct run *run, size_t most, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	struct block block;
	int n = 0, error = 0;

	while (error == 0 && !run->mainloop.stop &&
	    (n = pipe_next(run, &block, m)) == 1) {
		if (lanes->nfiles < most)
			error = round_file_new(run, block.header, m);
		if (error == 0)
			error = round_file_add(&lanes->files[lanes->turn],
			    &block, m);
		lanes->turn = (lanes->turn + 1) % most;
		block_release(&block);
		report_share(run->report, blocks_share(run->blocks));
	}
	return error != 0 ? error : n < 0 ? n : 0;
}

/*
 * A job whose input is a file can start only when its file is complete.  So the blocks of
 * each job are kept in a file until the stream ends.
 */
int
pipe_round_files(struct run *run, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	const size_t most = run->control.slots;
	int error;

	lanes->files = calloc(most, sizeof(*lanes->files));
	if (lanes->files == NULL)
		return message_errno(m, -ENOMEM, "--round-robin");
	error = round_files_fill(run, most, m);
	pipe_total(run, lanes->nfiles);
	for (size_t i = 0; i < lanes->nfiles && error == 0; i++) {
		struct block block = lanes->files[i];
		const unsigned slot = run_slot(run, 1);

		if (slot == 0)
			break;
		error = pipe_run_block(run, &block, slot, m);
	}
	return error == -ECANCELED ? 0 : error;
}

/*
 * A job of --tee reads until all have started, so it keeps its slot: the run must not wait
 * for one if all of them are taken.
 */
static int
tee_check_room(const struct run *run, struct message *m)
{
	unsigned running = 0;

	for (size_t i = 0; i < run->lanes->n; i++)
		running += !run->lanes->lane[i]->ended;
	if (run->mainloop.pool == NULL || running < run->control.slots)
		return 0;
	return message_set(m, -EAGAIN,
	    "--tee: its jobs run all at once, and no more than %u can %s",
	    running, resources_cause());
}

static int
tee_start(struct run *run, struct message *m)
{
	struct command_job job;
	unsigned slot;
	int error = 0;

	for (;;) {
		error = pipe_job(run, &job, m);
		if (error != 0 || run->pipe_no_arguments)
			break;
		error = tee_check_room(run, m);
		if (error != 0)
			break;
		slot = run_slot(run, 1);
		if (slot == 0)
			break;
		job.slot = slot;
		error = pipe_lanes_start(run, &job, m);
		if (error != 0)
			break;
	}
	if (run->pipe_no_arguments)
		run->seen--;
	pipe_total(run, run->lanes->n);
	return error;
}

/*
 * Returns how many bytes the slowest job has not read yet, and sets *alive if any job still
 * runs.
 */
static uint64_t
tee_ahead(const struct run *run, bool *alive)
{
	uint64_t ahead = 0;

	*alive = false;
	for (size_t i = 0; i < run->lanes->n; i++) {
		const struct lane *lane = run->lanes->lane[i];

		*alive |= !lane->ended;
		if (ahead < lane->queued)
			ahead = lane->queued;
	}
	return ahead;
}

static int
tee_add(struct run *run, struct message *m)
{
	struct block block, own;
	int n = pipe_next(run, &block, m), error = 0;

	if (n <= 0)
		return n;
	report_share(run->report, blocks_share(run->blocks));
	if (pipe_may_retry(run))
		keep_block(&run->lanes->keep, &block);
	for (size_t i = 0; i < run->lanes->n && error == 0; i++) {
		own = block;
		if (own.chunk != NULL)
			chunk_hold(own.chunk);
		error = lane_add(run->lanes->lane[i], NULL, &own);
	}
	block_release(&block);
	return error == 0 ? 1 : message_errno(m, error, "--tee");
}

int
pipe_tee(struct run *run, struct message *m)
{
	bool alive;
	int n = tee_start(run, m);

	/* The jobs that have started would wait for their input for ever. */
	if (n != 0) {
		mainloop_kill(&run->mainloop);
		return n == -ECANCELED ? 0 : n;
	}
	while (!run->mainloop.stop) {
		if (tee_ahead(run, &alive) > TEE_AHEAD)
			mainloop_wait(&run->mainloop);
		else if (!alive || (n = tee_add(run, m)) <= 0)
			break;
	}
	pipe_lanes_end(run);
	return n == -ECANCELED || n > 0 ? 0 : n;
}
