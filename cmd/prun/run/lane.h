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
#include "text/text.h"

/*
 * A FIFO for one job, and a thread that writes a block to it as soon as the job opens
 * it: until then open(2) waits, which the main loop must not.
 */

struct block;
struct fifo_feed;

/*
 * Make the FIFO at that path, and the thread.  The block's data is the feed's from now
 * on; its header is lent.  -errno with a message.
 */
int fifo_feed_new(const char *path, struct block *block, struct message *m,
    struct fifo_feed **fp);

/*
 * The job has ended: the thread ends, the FIFO is removed.  True: the job would have read
 * more, but the file of the block was cut meanwhile.  NULL is fine.
 */
bool fifo_feed_free(struct fifo_feed *f);

/*
 * --block auto: how long blocks are to be, judged by the time that jobs take.  Blocks of
 * twice the size need half as many jobs, which have to be started.  The block grows as
 * long as that saves much of the time that a byte takes.  Knows neither jobs nor blocks.
 */

#define BLOCK_AUTO_MOST ((size_t)64 * 1024 * 1024)

/* All zero: nothing is known yet. */
struct block_auto {
	unsigned told; /* jobs that were measured with the present size */
	double best; /* seconds that a byte took in the fastest of them */
	double before; /* best of half the size; 0: no size was tried before */
	bool settled; /* the block grows no more */
};

/*
 * Tell that a job has read so many bytes in so many seconds, while blocks had that size.
 * Returns the size that the next blocks are to have.
 */
size_t block_auto_next(struct block_auto *a, size_t size, uint64_t bytes,
    double seconds);

struct lane_piece {
	TAILQ_ENTRY(lane_piece) entry;
	struct block block;
};

TAILQ_HEAD(lane_queue, lane_piece);

struct lane {
	struct prun_pool *pool;
	struct lane_queue queue;
	uint64_t id; /* the pool's number of the job; 0: not started yet */
	uint64_t queued; /* bytes in the queue */
	uint64_t sent; /* bytes that lane_next() has lent to the pool so far */
	unsigned users; /* the job, and the code that adds pieces */
	bool headed; /* the job has got the header */
	bool lent; /* the pool is writing the first piece of the queue */
	bool slow; /* the job reads this block slowly: see pipe_give() */
	bool dry; /* the pool has asked for a piece, and the queue was empty */
	bool over; /* no more pieces will be added */
	bool ended; /* the job has ended, or was not started */
	/* The last block went to others, unread, and its other pieces follow it. */
	bool leaves;
};

/* With one user; NULL: there is no memory. */
struct lane *lane_new(struct prun_pool *pool);
void lane_hold(struct lane *lane);

/* The last user frees it.  NULL is fine. */
void lane_release(struct lane *lane);

/* A prun_input_fn; arg is the lane. */
int lane_next(struct prun_input *input, void *arg);

/*
 * Add a piece for the job, which gets it at once if its pipe has room.  When the job has
 * ended, the piece goes to unread if the beginning of its block went there; else it is
 * dropped.  The lane takes the data over, also when it fails: *piece has none any more.
 * 0 or -ENOMEM.
 */
int lane_add(struct lane *lane, struct lane_queue *unread, struct block *piece);

/* Is there enough in the queue, and has the job's pipe taken none of it yet? */
bool lane_is_starting(const struct lane *lane);

/* Tell that no more pieces will be added: the job sees the end of its stdin. */
void lane_end(struct lane *lane);

/*
 * Tell that the job has ended, and how many bytes its pipe took.  Blocks that the job has
 * not begun to read are moved to unread; NULL: they are dropped.
 */
void lane_job_ended(struct lane *lane, uint64_t taken,
    struct lane_queue *unread);

/* Take the first block from a queue, which is not empty; drop all blocks of it. */
void lane_queue_take(struct lane_queue *queue, struct block *block);
void lane_queue_clear(struct lane_queue *queue);

/* Fills in input with the bytes of a block, without the header. */
void lane_input(const struct block *block, struct prun_input *input);

#endif
