/* SPDX-License-Identifier: ISC */

/*
 * What feeds one job that reads a stream: pieces of blocks, in a queue, until the job's
 * pipe has taken them.  Knows neither slots nor where the pieces come from.
 */
#ifndef RUN_LANE_H
#define RUN_LANE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/block.h"
#include "prun.h"

struct lane_piece {
	TAILQ_ENTRY(lane_piece) entry;
	struct block block;
};

TAILQ_HEAD(lane_queue, lane_piece);

struct lane {
	struct prun_pool *pool;
	struct lane_queue queue;
	uint64_t id; /* the pool's, of the job; 0: it has none yet */
	uint64_t queued; /* bytes in the queue */
	uint64_t sent; /* bytes that are with the job, or were */
	unsigned users; /* its job, and who adds pieces */
	bool headed; /* the job has got the header */
	bool lent; /* the first piece of the queue is with the job */
	bool
	    slow; /* of this block the job has left some in the queue for long */
	bool dry; /* the job has asked, and there was nothing */
	bool over; /* nothing more comes */
	bool ended; /* the job has; or there is none */
	bool
	    leaves; /* what it has not begun is for others, and so is the rest */
};

/* With one user; NULL: there is no memory. */
struct lane *lane_new(struct prun_pool *pool);
void lane_hold(struct lane *lane);

/* The last user frees it.  NULL is fine. */
void lane_release(struct lane *lane);

/* A prun_input_fn; arg is the lane. */
int lane_next(struct prun_input *input, void *arg);

/*
 * A piece for the job, at once if its pipe takes it.  When the job has ended, it goes to
 * unread, if it is of a block that the job has left there, or is dropped.  The data
 * is the lane's in any case, and *piece has none any more.  0 or -ENOMEM.
 */
int lane_add(struct lane *lane, struct lane_queue *unread, struct block *piece);

/* Its job has taken nothing yet, and there is enough for it. */
bool lane_is_starting(const struct lane *lane);

/* Nothing more comes: the job sees the end of its stdin. */
void lane_end(struct lane *lane);

/*
 * The job has ended, and its pipe took so many bytes.  Blocks that it has not begun
 * to read go to unread; NULL: they are dropped.
 */
void lane_job_ended(struct lane *lane, uint64_t taken,
    struct lane_queue *unread);

/* Add to a queue, take the first away (there must be one), drop all. */
int lane_queue_add(struct lane_queue *queue, const struct block *block);
void lane_queue_take(struct lane_queue *queue, struct block *block);
void lane_queue_clear(struct lane_queue *queue);

/* What a job reads of a block, the header left out. */
void lane_input(const struct block *block, struct prun_input *input);

#endif
