/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs to which --shard and --bin deal records: one for each slot, from the first
 * record to the end of the stream.  The input decides which job gets a record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/deal.h"
#include "run/run_internal.h"

/* When more than so many bytes wait for one job, prun stops reading. */
#define DEAL_AHEAD ((uint64_t)1024 * 1024)

/* Each job gets the header first, even if it gets no record. */
static int
deal_header(struct lane *lane, struct text header)
{
	struct block block = { .len = header.len, .fd = -1 };

	if (header.len == 0)
		return 0;
	block.data = malloc(header.len);
	if (block.data == NULL)
		return -ENOMEM;
	memcpy(block.data, header.data, header.len);
	return lane_add(lane, NULL, &block);
}

/* Starts a job for each slot. */
static int
deal_start(struct run *run, struct text header, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	struct command_job job;
	unsigned slot;
	int error = 0;

	while (lanes->n < run->control.slots && error == 0) {
		slot = run_slot(run, 1);
		if (slot == 0)
			return -ECANCELED;
		error = pipe_job(run, &job, m);
		if (error != 0)
			return error;
		job.slot = slot;
		error = pipe_lanes_start(run, &job, m);
	}
	for (size_t i = 0; i < lanes->n && error == 0; i++) {
		error = deal_header(lanes->lane[i], header);
		if (error != 0)
			(void)message_errno(m, error, "--header");
	}
	return error;
}

static int
deal_to_lane(void *arg, size_t i, struct block *block)
{
	return lane_add(((struct run *)arg)->lanes->lane[i], NULL, block);
}

/*
 * Waits until every job can take more.  Returns false if no job is left or the run is to
 * stop.
 */
static bool
deal_wait(struct run *run)
{
	while (!run->mainloop.stop) {
		bool alive = false, full = false;

		for (size_t i = 0; i < run->lanes->n; i++) {
			const struct lane *lane = run->lanes->lane[i];

			alive |= !lane->ended;
			full |= !lane->ended && lane->queued > DEAL_AHEAD;
		}
		if (!alive || !full)
			return alive;
		mainloop_wait(&run->mainloop);
	}
	return false;
}

/* Returns 1, 0 if no job reads any more or the run is to stop, or -errno with a message. */
static int
deal_next(struct run *run, struct deal *deal, const struct block *piece,
    struct message *m)
{
	int error = 0;

	if (deal->hand == NULL) {
		error = deal_start(run, piece->header, m);
		if (error != 0)
			return error;
		deal->n = run->lanes->n;
		error = deal_init(deal);
	}
	report_share(run->report, blocks_share(run->blocks));
	if (error == 0)
		error = deal_piece(deal, piece);
	if (error != 0)
		return message_errno(m, error, "--pipe");
	return deal_wait(run) ? 1 : 0;
}

int
pipe_deal(struct run *run, struct message *m)
{
	struct deal deal = { .blocks = run->blocks,
		.chunks = &run->lanes->chunks,
		.give = deal_to_lane,
		.arg = run,
		.by_number = run->options->pipe.by_number };
	struct block piece;
	int n = 1;

	while (n == 1 && !run->mainloop.stop) {
		n = blocks_next_piece(run->blocks, &piece, m);
		if (n != 1)
			break;
		if (piece.len > 0)
			n = deal_next(run, &deal, &piece, m);
		block_release(&piece);
	}
	pipe_lanes_end(run);
	deal_fini(&deal);
	return n == -ECANCELED || n > 0 ? 0 : n;
}
