/* SPDX-License-Identifier: ISC */

/*
 * Owns the way of a stream into jobs that stay: each gets blocks as it reads them
 * (--round-robin), or all get all of it (--tee).
 */
#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_internal.h"

/*
 * The analyzer does not see that TAILQ_REMOVE() takes the first of a list away.
 * NOLINTBEGIN(clang-analyzer-unix.Malloc)
 */

/* --tee: so many bytes may the first job be ahead of the last. */
#define TEE_AHEAD ((size_t)1024 * 1024)
#define TEE_PIECE ((size_t)128 * 1024)

/* A piece of the stream, until the last job that it is for has read it. */
struct pipe_piece {
	TAILQ_ENTRY(pipe_piece) entry;
	struct block block;
	unsigned users;
};

TAILQ_HEAD(pipe_queue, pipe_piece);

/* What feeds one job that stays: pieces of its own, or a place in the tee's. */
struct pipe_lane {
	struct run *run;
	struct pipe_queue queue; /* --round-robin */
	struct pipe_piece
	    *piece; /* --tee: the next to read; NULL: wait for it */
	bool lent; /* the first piece is with the job */
	uint64_t id; /* the pool's */
	uint64_t sent; /* bytes of the pieces that are with it, or were */
	bool begun; /* it has got the header */
	bool dry; /* it has asked, and there was nothing */
	bool ended; /* the job has */
};

struct pipe_lanes {
	struct pipe_lane **lane;
	size_t n, size;
	size_t turn; /* -k: whose is the next block */
	struct pipe_queue unread; /* of jobs that have ended */
	struct pipe_queue tee;
	bool over; /* no more will come */
};

static void
pipe_piece_release(struct pipe_queue *queue, struct pipe_piece *piece)
{
	if (--piece->users > 0)
		return;
	TAILQ_REMOVE(queue, piece, entry);
	free(piece->block.data);
	free(piece);
}

static int
pipe_piece_add(struct pipe_queue *queue, const struct block *block,
    unsigned users, struct message *m)
{
	struct pipe_piece *piece = malloc(sizeof(*piece));

	if (piece == NULL) {
		free(block->data);
		return message_errno(m, -ENOMEM, "--pipe");
	}
	*piece = (struct pipe_piece){ .block = *block, .users = users };
	TAILQ_INSERT_TAIL(queue, piece, entry);
	return 0;
}

static struct pipe_piece *
lane_piece(struct pipe_lane *lane)
{
	return lane->run->options->pipe.tee ? lane->piece :
					      TAILQ_FIRST(&lane->queue);
}

static void
lane_next_piece(struct pipe_lane *lane)
{
	struct pipe_piece *piece = lane_piece(lane);

	lane->lent = false;
	if (lane->run->options->pipe.tee) {
		lane->piece = TAILQ_NEXT(piece, entry);
		pipe_piece_release(&lane->run->lanes->tee, piece);
	} else {
		pipe_piece_release(&lane->queue, piece);
	}
}

/* A prun_input_fn: what the job reads next, when it has taken what it had. */
static int
lane_next(struct prun_input *input, void *arg)
{
	struct pipe_lane *lane = arg;
	struct pipe_piece *piece;

	if (lane->lent)
		lane_next_piece(lane);
	piece = lane_piece(lane);
	if (piece == NULL) {
		lane->dry = true;
		return lane->run->lanes->over ? 0 : -EAGAIN;
	}
	if (!lane->begun && piece->block.header.len > 0) {
		input->data = piece->block.header.data;
		input->len = piece->block.header.len;
	} else {
		pipe_input(&piece->block, input);
		lane->lent = true;
	}
	lane->begun = true;
	lane->sent += input->len + input->length;
	return 1;
}

/*
 * The job has ended: what it has not begun to read is for others.  A piece that is with
 * it has been begun when its pipe took more than all the pieces before.
 */
void
pipe_lane_ended(struct run *run, struct pipe_lane *lane,
    struct report_task *job, uint64_t taken)
{
	struct pipe_piece *piece = lane->lent ? lane_piece(lane) : NULL;

	lane->ended = true;
	job->sent = taken;
	if (piece != NULL && taken > lane->sent - piece->block.len)
		lane_next_piece(lane);
	lane->lent = false;
	while ((piece = lane_piece(lane)) != NULL) {
		if (run->options->pipe.tee) {
			lane_next_piece(lane);
			continue;
		}
		TAILQ_REMOVE(&lane->queue, piece, entry);
		TAILQ_INSERT_TAIL(&run->lanes->unread, piece, entry);
	}
}

static int
lane_start(struct run *run, const struct command_job *job, struct message *m)
{
	struct pipe_lanes *lanes = run->lanes;
	struct pipe_lane *lane = calloc(1, sizeof(*lane));
	const uint64_t started = run->started;
	int error;

	if (lanes->n == lanes->size) {
		size_t size = lanes->size != 0 ? lanes->size * 2 : 16;
		struct pipe_lane **more = reallocarray(lanes->lane, size,
		    sizeof(*more));

		if (more == NULL || lane == NULL) {
			free(lane);
			return message_errno(m, -ENOMEM, "--pipe");
		}
		lanes->lane = more;
		lanes->size = size;
	}
	if (lane == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	TAILQ_INIT(&lane->queue);
	lane->run = run;
	lanes->lane[lanes->n++] = lane;
	run->lane = lane;
	run->lane_next = lane_next;
	error = run_job(run, job, m);
	run->lane = NULL;
	lane->id = run->started;
	lane->ended |= run->started == started; /* it was left out */
	return error;
}

static void
lane_feed(struct run *run, struct pipe_lane *lane)
{
	if (lane->ended)
		return;
	lane->dry = false;
	(void)prun_pool_feed(run->mainloop.pool, lane->id);
}

/* No more will come: the jobs see the end of their stdin. */
static void
lanes_end(struct run *run)
{
	run->lanes->over = true;
	for (size_t i = 0; i < run->lanes->n; i++)
		lane_feed(run, run->lanes->lane[i]);
}

void
pipe_lanes_free(struct run *run)
{
	struct pipe_lanes *lanes = run->lanes;
	struct pipe_piece *piece;

	if (lanes == NULL)
		return;
	for (size_t i = 0; i < lanes->n; i++) {
		while ((piece = TAILQ_FIRST(&lanes->lane[i]->queue)) != NULL)
			pipe_piece_release(&lanes->lane[i]->queue, piece);
		free(lanes->lane[i]);
	}
	for (piece = TAILQ_FIRST(&lanes->unread); piece != NULL;
	     piece = TAILQ_FIRST(&lanes->unread))
		pipe_piece_release(&lanes->unread, piece);
	while ((piece = TAILQ_FIRST(&lanes->tee)) != NULL) {
		piece->users = 1;
		pipe_piece_release(&lanes->tee, piece);
	}
	free(lanes->lane);
	free(lanes);
	run->lanes = NULL;
}

/* A job that has read what it got; with -k that of the turn; NULL: none now. */
static struct pipe_lane *
round_find(struct run *run, bool *alive)
{
	struct pipe_lanes *lanes = run->lanes;
	const bool strict = run->options->output.keep_order;
	struct pipe_lane *lane;

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
	return lane_start(run, &job, m);
}

/*
 * A job for the next block: while there are less of them than slots, a new one.  1 and
 * *lane; 0: the run is to stop, or nobody reads any more.
 */
static int
round_lane(struct run *run, struct pipe_lane **lane, struct message *m)
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

/* The next block: one that a job has left, else of the stream.  As blocks_next(). */
static int
round_next(struct run *run, struct block *block, struct message *m)
{
	struct pipe_piece *piece = TAILQ_FIRST(&run->lanes->unread);

	if (piece == NULL)
		return blocks_next(run->blocks, block, m);
	*block = piece->block;
	piece->block.data = NULL;
	pipe_piece_release(&run->lanes->unread, piece);
	return 1;
}

/* Has every job read what it got?  One that ends may leave some for others. */
static bool
round_is_over(const struct run *run)
{
	const struct pipe_lanes *lanes = run->lanes;
	bool alive = false;

	for (size_t i = 0; i < lanes->n; i++) {
		const struct pipe_lane *lane = lanes->lane[i];

		if (!lane->ended && !TAILQ_EMPTY(&lane->queue))
			return false;
		alive |= !lane->ended;
	}
	return !alive || TAILQ_EMPTY(&lanes->unread);
}

/* A block for that job.  0 or -errno. */
static int
round_give(struct run *run, struct pipe_lane *lane, struct block *block,
    struct message *m)
{
	int error = pipe_piece_add(&lane->queue, block, 1, m);

	if (error == 0)
		lane_feed(run, lane);
	return error;
}

static int
pipe_round(struct run *run, struct message *m)
{
	struct pipe_lane *lane;
	struct block block;
	int n = 0;

	while (!run->mainloop.stop) {
		n = round_next(run, &block, m);
		if (n < 0 || (n == 0 && round_is_over(run)))
			break;
		if (n == 0) {
			mainloop_wait(&run->mainloop);
			continue;
		}
		n = round_lane(run, &lane, m);
		if (n == 1 && lane != NULL)
			n = round_give(run, lane, &block, m) == 0 ? 1 : -ENOMEM;
		else
			free(block.data);
		if (n != 1)
			break;
	}
	lanes_end(run);
	return n == -ECANCELED || n > 0 ? 0 : n;
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
		slot = run_slot(run, 1);
		if (slot == 0)
			break;
		job.slot = slot;
		error = lane_start(run, &job, m);
		if (error != 0)
			break;
	}
	if (run->pipe_no_arguments)
		run->seen--;
	return error;
}

/* How far the first reader of the tee is ahead of the last, and how many read. */
static size_t
tee_ahead(const struct run *run, unsigned *readers)
{
	const struct pipe_piece *piece;
	size_t ahead = 0;

	*readers = 0;
	for (size_t i = 0; i < run->lanes->n; i++)
		*readers += !run->lanes->lane[i]->ended;
	TAILQ_FOREACH(piece, &run->lanes->tee, entry)
		ahead += piece->block.len;
	return ahead;
}

/* What all of them read next: 1, 0 at the end, or -errno. */
static int
tee_read(struct run *run, struct block *block, struct message *m)
{
	ssize_t n;

	if (block_rest_of_file(STDIN_FILENO, block))
		return 1;
	*block = (struct block){ .data = malloc(TEE_PIECE), .fd = -1 };
	if (block->data == NULL)
		return message_errno(m, -ENOMEM, "--tee");
	n = mainloop_read(&run->mainloop, STDIN_FILENO, block->data, TEE_PIECE);
	if (n > 0) {
		block->len = (size_t)n;
		return 1;
	}
	free(block->data);
	return n == 0 || n == -ECANCELED ? (int)n :
					   message_errno(m, (int)n, "stdin");
}

static int
tee_add(struct run *run, unsigned readers, struct message *m)
{
	struct pipe_piece *last;
	struct block block;
	int n = tee_read(run, &block, m);

	if (n <= 0)
		return n;
	/* Some may have ended meanwhile. */
	(void)tee_ahead(run, &readers);
	if (readers == 0) {
		free(block.data);
		return 0;
	}
	n = pipe_piece_add(&run->lanes->tee, &block, readers, m);
	if (n != 0)
		return n;
	last = TAILQ_LAST(&run->lanes->tee, pipe_queue);
	for (size_t i = 0; i < run->lanes->n; i++) {
		struct pipe_lane *lane = run->lanes->lane[i];

		if (lane->ended)
			continue;
		if (lane->piece == NULL)
			lane->piece = last;
		lane_feed(run, lane);
	}
	return 1;
}

static int
pipe_tee(struct run *run, struct message *m)
{
	unsigned readers;
	int n = tee_start(run, m);

	if (n != 0)
		return n;
	while (!run->mainloop.stop) {
		if (tee_ahead(run, &readers) > TEE_AHEAD)
			mainloop_wait(&run->mainloop);
		else if (readers == 0 || (n = tee_add(run, readers, m)) <= 0)
			break;
	}
	lanes_end(run);
	return n == -ECANCELED || n > 0 ? 0 : n;
}

int
run_lanes(struct run *run, struct message *m)
{
	run->lanes = calloc(1, sizeof(*run->lanes));
	if (run->lanes == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	TAILQ_INIT(&run->lanes->unread);
	TAILQ_INIT(&run->lanes->tee);
	return run->options->pipe.tee ? pipe_tee(run, m) : pipe_round(run, m);
}

/* NOLINTEND(clang-analyzer-unix.Malloc) */
