/* SPDX-License-Identifier: ISC */

/*
 * A lane feeds one job that reads a stream: pieces of blocks wait in its queue until the
 * job's pipe has taken them.  A lane knows neither slots nor where the pieces come from.
 */
#ifndef STREAM_LANE_H
#define STREAM_LANE_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/block.h"
#include "prun.h"
#include "text/text.h"

/*
 * A FIFO for one job, and a thread that writes a block to it.  The thread waits in open(2)
 * until the job opens the FIFO; the main loop must not wait there.
 */

struct block;
struct fifo_feed;

/*
 * Makes the FIFO at that path, and the thread.  The feed takes over the block's data, but
 * not its header, which is lent.  Returns 0, or -errno with a message.
 */
int fifo_feed_new(const char *path, struct block *block, struct message *m,
    struct fifo_feed **fp);

/*
 * Call it when a try of the job has ended: the next try gets the whole block, by a new FIFO
 * at the same path.  -errno: there is none, and the job cannot be tried again.
 */
int fifo_feed_again(struct fifo_feed *f);

/*
 * Call it when the job has ended: stops the thread and removes the FIFO.  Returns true if
 * the block's file became shorter, so that the job has not got the whole block.  f may be
 * NULL.
 */
bool fifo_feed_free(struct fifo_feed *f);

/*
 * --block auto: decides how long blocks are to be, from the time that jobs take.  With
 * blocks of twice the size, half as many jobs have to be started.  The size grows as long
 * as that saves much of the time for each byte.  Knows neither jobs nor blocks.
 */

#define BLOCK_AUTO_MOST ((size_t)64 * 1024 * 1024)

/* All zero means that nothing was measured yet. */
struct block_auto {
	unsigned told; /* how many jobs were measured with the present size */
	/* the seconds for each byte in the fastest of these jobs */
	double best;
	/* the same with blocks of half the size; 0 if there was no such size */
	double before;
	bool settled; /* the size grows no more */
};

/*
 * Tell that a job has read so many bytes in so many seconds, while blocks had that size.
 * Returns the size that the next blocks shall have.
 */
size_t block_auto_next(struct block_auto *a, size_t size, uint64_t bytes,
    double seconds);

struct lane_piece {
	TAILQ_ENTRY(lane_piece) entry;
	struct block block;
	size_t size; /* the room at block.data, if keep_piece() has made it */
	bool settled; /* keep_block() was called for the block */
};

TAILQ_HEAD(lane_queue, lane_piece);

/*
 * --retries: where jobs that share a stream keep what they have read.  Some of it stays in
 * memory, and the rest goes to a file without a name.
 */
struct keep {
	const char *folder; /* where the file is made */
	int fd; /* the file; -1 if there is none */
	off_t length; /* of the file */
	size_t memory; /* how many bytes stay in memory */
	/* -errno: the file could not be written, so no job can be tried again; else 0 */
	int error;
};

/* Makes a block one that can be kept: it stays in memory, or becomes a range of the file. */
void keep_block(struct keep *k, struct block *block);

/* Adds a piece, which a pipe has taken, to the pieces that are kept for the job. */
void keep_piece(struct keep *k, struct lane_queue *kept,
    struct lane_piece *piece);

/* Closes the file.  No job may need it any more. */
void keep_fini(struct keep *k);

struct lane {
	struct prun_pool *pool;
	struct lane_queue queue;
	/*
	 * keep: where the pieces are kept that the present try has got; `own`, or a place that
	 * all lanes share; NULL if the job has only one try.  kept: those pieces.
	 */
	struct keep *keep, own;
	struct lane_queue kept;
	uint64_t kept_bytes;
	bool shared; /* keep_block() is called before lane_add() */
	/* the pool's number of the job; 0 if the job is not started yet */
	uint64_t id;
	uint64_t queued; /* how many bytes are in the queue */
	/* how many bytes lane_next() has lent to the pool in this try */
	uint64_t sent;
	/* how many use the lane: the job, and the code that adds pieces */
	unsigned users;
	bool headed; /* the job has got the header of the stream */
	bool lent; /* the pool is writing the first piece of the queue */
	bool slow; /* the job reads its present block slowly: see pipe_give() */
	bool dry; /* the pool has asked for a piece, and the queue was empty */
	bool over; /* no more pieces will be added */
	bool waits; /* the job waits for its next try */
	bool ended; /* the job has ended, or was not started */
	/*
	 * The job has ended, its last block goes unread to another job, and so will the
	 * other pieces of that block.
	 */
	bool leaves;
};

/* Makes a lane with one user.  Returns NULL if there is no memory. */
struct lane *lane_new(struct prun_pool *pool);
void lane_hold(struct lane *lane);

/* Tell that one user is done with the lane; the last one frees it.  lane may be NULL. */
void lane_release(struct lane *lane);

/* A prun_input_fn; arg is the lane. */
int lane_next(struct prun_input *input, void *arg);

/*
 * Adds a piece for the job, which gets it at once if its pipe has room.  If the job has
 * ended, the piece is added to unread if the beginning of its block is there, and dropped
 * otherwise.  The lane takes over the data even if it fails: *piece has none any more.
 * Returns 0 or -ENOMEM.
 */
int lane_add(struct lane *lane, struct lane_queue *unread, struct block *piece);

/*
 * Are at least CHUNK_SIZE bytes in the queue, of which the job's pipe has taken none yet?
 */
bool lane_is_starting(const struct lane *lane);

/* Tell that no more pieces will be added: the job reads the end of its stdin. */
void lane_end(struct lane *lane);

/*
 * Tell that the job will be tried again: the next try gets all that this one has got, and
 * then what comes.  -errno: what the job has read could not be kept.
 */
int lane_again(struct lane *lane);

/*
 * Tell that the job has ended, and how many bytes its pipe took in the last try.  Blocks that the job has
 * not begun to read are moved to unread; if unread is NULL, they are dropped.
 */
void lane_job_ended(struct lane *lane, uint64_t taken,
    struct lane_queue *unread);

/*
 * lane_queue_take() takes the first block from the queue, which must not be empty.
 * lane_queue_clear() drops all blocks of the queue.
 */
void lane_queue_take(struct lane_queue *queue, struct block *block);
void lane_queue_clear(struct lane_queue *queue);

/* Fills in input with the bytes of a block, without the header. */
void lane_input(const struct block *block, struct prun_input *input);

#endif
