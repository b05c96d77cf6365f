/* SPDX-License-Identifier: ISC */

/*
 * Owns the choice among the ways to give a stream to jobs, and the plainest of them: a job
 * for each block.  run_lanes.c and run_deal.c have the ways for jobs that read many blocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/run_internal.h"

/* The largest pipe that any user may ask for, in bytes. */
#define STDIN_PIPE (1024 * 1024)
/* How many bytes a pipe of the usual size holds. */
#define STDIN_SHORT ((size_t)64 * 1024)

/*
 * Starts a job, and gives it this piece and the other pieces of its block as they come: also
 * if no more jobs are to start meanwhile, as the log would tell that a part of the block was
 * all of it.  A block without an end (-N0) ends there.
 */
static int
pipe_run_pieces(struct run *run, struct block *piece, unsigned slot,
    struct message *m)
{
	struct command_job job;
	struct lane *lane;
	int error = pipe_job(run, &job, m), n = 1;

	if (error == 0) {
		job.slot = slot;
		error = pipe_lane_start(run, &job, &lane, m);
	}
	if (error != 0)
		return error;
	if (run->block_options.records != SIZE_MAX)
		run->mainloop.until = &lane->ended;
	while (n == 1 && error == 0) {
		const bool ends = piece->ends;

		error = pipe_give(run, lane, NULL, piece, m);
		if (ends || mainloop_is_over(&run->mainloop) ||
		    (lane->ended && blocks_leave(run->blocks)))
			break;
		if (error == 0)
			n = pipe_next(run, piece, m);
	}
	run->mainloop.until = NULL;
	lane_end(lane);
	lane_release(lane);
	return error != 0 ? error : n < 0 ? n : 0;
}

/*
 * Estimates how many jobs there will be, if the rest of the stream becomes blocks of the
 * same size.
 */
static void
pipe_estimate(struct run *run)
{
	const double share = blocks_share(run->blocks);

	if (share > 0)
		pipe_total(run, (uint64_t)((double)run->seen / share + 0.5));
}

/*
 * Is the piece a whole block, and so short that it fits into the job's pipe before the job
 * starts?
 */
static bool
pipe_is_short(const struct block *block)
{
	return block->begins && block->ends && block->len > 0 &&
	    block->header.len + block->len <= STDIN_SHORT;
}

static int
pipe_ready(void *arg, int fd, double seconds)
{
	struct run *run = arg;

	return mainloop_wait_readable(&run->mainloop, fd, seconds);
}

static int
pipe_each(struct run *run, struct message *m)
{
	struct block block;
	unsigned slot;
	int n = 1;

	if (!pipe_wants_whole(run))
		run->block_options.ready = pipe_ready;
	while (n > 0 && !run->mainloop.stop) {
		/* Input is read only when there is a slot for it. */
		if (run->mainloop.pool != NULL &&
		    mainloop_slot(&run->mainloop) == 0)
			return 0;
		n = pipe_next(run, &block, m);
		if (n <= 0)
			break;
		slot = run_slot(run, 1);
		if (slot == 0) {
			block_release(&block);
			return 0;
		}
		if (block.moved != NULL ||
		    (block.chunk != NULL && !pipe_is_short(&block)))
			n = pipe_run_pieces(run, &block, slot, m);
		else
			n = pipe_run_block(run, &block, slot, m);
		block_release(&block); /* the job may have taken its data */
		pipe_estimate(run);
		n = n == 0 ? 1 : n;
	}
	if (n == 0)
		pipe_total(run, run->seen);
	return n == -ECANCELED ? 0 : n < 0 ? n : 0;
}

static int
pipe_share(struct run *run, struct message *m)
{
	int error = pipe_lanes_new(run, m);

	if (error != 0)
		return error;
	/* Which job gets what depends on the number of slots, and so on the hosts. */
	while (!hosts_are_known(run->hosts) && !run->mainloop.stop)
		mainloop_wait(&run->mainloop);
	pipe_total(run, run->control.slots);
	if (run->options->pipe.block.deal != NULL)
		return pipe_deal(run, m);
	if (pipe_is_file(run))
		return pipe_round_files(run, m);
	return run->options->pipe.tee ? pipe_tee(run, m) : pipe_round(run, m);
}

int
run_pipe(struct run *run, struct message *m)
{
	const struct pipe_options *o = &run->options->pipe;

	/* A wider pipe lets the producer write on while prun starts a job. */
	(void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, STDIN_PIPE);
	if (!o->round_robin && !o->tee && o->block.deal == NULL)
		return pipe_each(run, m);
	return pipe_share(run, m);
}
