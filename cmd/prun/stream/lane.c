/* SPDX-License-Identifier: ISC */

/*
 * Owns the pieces that wait for a job, and decides which other job gets them when the job
 * ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "input/chunk.h"
#include "stream/lane.h"

/*
 * The analyzer does not see that TAILQ_REMOVE() removes the first element of a list.
 * NOLINTBEGIN(clang-analyzer-unix.Malloc)
 */

static int
lane_queue_add(struct lane_queue *queue, const struct block *block,
    bool settled)
{
	struct lane_piece *piece = malloc(sizeof(*piece));

	if (piece == NULL)
		return -ENOMEM;
	*piece = (struct lane_piece){ .block = *block, .settled = settled };
	TAILQ_INSERT_TAIL(queue, piece, entry);
	return 0;
}

void
lane_queue_take(struct lane_queue *queue, struct block *block)
{
	struct lane_piece *piece = TAILQ_FIRST(queue);

	*block = piece->block;
	TAILQ_REMOVE(queue, piece, entry);
	free(piece);
}

void
lane_queue_clear(struct lane_queue *queue)
{
	struct block block;

	while (!TAILQ_EMPTY(queue)) {
		lane_queue_take(queue, &block);
		block_release(&block);
	}
}

struct lane *
lane_new(struct prun_pool *pool)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return NULL;
	lane->pool = pool;
	lane->users = 1;
	lane->own.fd = -1;
	TAILQ_INIT(&lane->queue);
	TAILQ_INIT(&lane->kept);
	return lane;
}

void
lane_hold(struct lane *lane)
{
	lane->users++;
}

void
lane_release(struct lane *lane)
{
	if (lane == NULL || --lane->users > 0)
		return;
	lane_queue_clear(&lane->queue);
	lane_queue_clear(&lane->kept);
	keep_fini(&lane->own);
	free(lane);
}

void
lane_input(const struct block *block, struct prun_input *input)
{
	*input = (struct prun_input){ .data = block->data,
		.len = block->fd == -1 ? block->len : 0,
		.fd = block->fd,
		.offset = block->offset,
		.length = block->fd == -1 ? 0 : block->len };
}

static void
lane_drop_first(struct lane *lane)
{
	struct block block;

	lane_queue_take(&lane->queue, &block);
	lane->queued -= block.len;
	block_release(&block);
	lane->lent = false;
}

/* The job's pipe has taken the first piece: if the job may be tried again, it is kept. */
static void
lane_keep_first(struct lane *lane)
{
	struct lane_piece *piece = TAILQ_FIRST(&lane->queue);

	if (lane->keep == NULL || lane->keep->error != 0) {
		lane_queue_clear(&lane->kept);
		lane_drop_first(lane);
		return;
	}
	TAILQ_REMOVE(&lane->queue, piece, entry);
	lane->queued -= piece->block.len;
	lane->kept_bytes += piece->block.len;
	lane->lent = false;
	keep_piece(lane->keep, &lane->kept, piece);
}

int
lane_next(struct prun_input *input, void *arg)
{
	struct lane *lane = arg;
	const struct block *block;

	lane->waits = false;
	if (lane->lent)
		lane_keep_first(lane);
	if (TAILQ_EMPTY(&lane->queue)) {
		lane->dry = true;
		return lane->over ? 0 : -EAGAIN;
	}
	block = &TAILQ_FIRST(&lane->queue)->block;
	if (!lane->headed && block->header.len > 0) {
		input->data = block->header.data;
		input->len = block->header.len;
	} else {
		lane_input(block, input);
		lane->lent = true;
	}
	lane->headed = true;
	lane->sent += input->len + input->length;
	return 1;
}

/* If the pool was told that there is no piece, tells it that there is one now. */
static void
lane_feed(struct lane *lane)
{
	if (lane->ended || !lane->dry)
		return;
	lane->dry = false;
	(void)prun_pool_feed(lane->pool, lane->id);
}

/*
 * Marks the last piece of the queue as the end of its block, because its other pieces are
 * dropped.
 */
static void
lane_queue_end(struct lane_queue *queue)
{
	struct lane_piece *last = TAILQ_LAST(queue, lane_queue);

	if (last != NULL)
		last->block.ends = true;
}

int
lane_add(struct lane *lane, struct lane_queue *unread, struct block *piece)
{
	struct lane_queue *queue = &lane->queue;
	int error = 0;

	if (lane->ended)
		queue = lane->leaves ? unread : NULL;
	lane->leaves &= !piece->ends;
	if (queue == NULL || piece->len == 0) {
		if (queue != NULL)
			lane_queue_end(queue);
		block_release(piece);
		return 0;
	}
	error = lane_queue_add(queue, piece, lane->shared);
	if (error != 0) {
		block_release(piece);
		return error;
	}
	if (!lane->ended)
		lane->queued += piece->len;
	piece->data = NULL;
	piece->chunk = NULL;
	piece->moved = NULL;
	lane_feed(lane);
	return 0;
}

bool
lane_is_starting(const struct lane *lane)
{
	return !lane->ended && !lane->waits && !lane->dry && lane->sent == 0 &&
	    lane->queued >= CHUNK_SIZE;
}

void
lane_end(struct lane *lane)
{
	lane->over = true;
	lane_feed(lane);
}

int
lane_again(struct lane *lane)
{
	if (lane->keep->error != 0)
		return lane->keep->error;
	TAILQ_CONCAT(&lane->kept, &lane->queue, entry);
	TAILQ_CONCAT(&lane->queue, &lane->kept, entry);
	lane->queued += lane->kept_bytes;
	lane->kept_bytes = lane->sent = 0;
	lane->headed = lane->lent = lane->dry = lane->slow = false;
	lane->waits = true;
	return 0;
}

void
lane_job_ended(struct lane *lane, uint64_t taken, struct lane_queue *unread)
{
	struct lane_piece *piece = TAILQ_FIRST(&lane->queue);
	bool ends = true;

	lane->ended = true;
	lane_queue_clear(&lane->kept);
	/*
	 * The first piece was lent to the pool.  If the pipe took a byte of it, the job may
	 * have read it, and no other job can get it.
	 */
	if (lane->lent && taken > lane->sent - piece->block.len)
		lane_drop_first(lane);
	lane->lent = false;
	/*
	 * The job may have read the beginning of this block: the rest alone is of no use to
	 * another job.
	 */
	while (unread != NULL && (piece = TAILQ_FIRST(&lane->queue)) != NULL &&
	    !piece->block.begins)
		lane_drop_first(lane);
	while (unread != NULL && (piece = TAILQ_FIRST(&lane->queue)) != NULL) {
		TAILQ_REMOVE(&lane->queue, piece, entry);
		TAILQ_INSERT_TAIL(unread, piece, entry);
		lane->queued -= piece->block.len;
		ends = piece->block.ends;
	}
	lane->leaves = !ends;
	lane->queued = 0;
	lane_queue_clear(&lane->queue);
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */
