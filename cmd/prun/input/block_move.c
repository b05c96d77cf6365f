/* SPDX-License-Identifier: ISC */

/*
 * Owns how a block is moved from the pipe of the input to a job's pipe, without a copy.
 * The head of the block goes into a pipe of its own.  Only the tail is read, to find the
 * last border in it.  If the input is slow or the tail has no border, the head is read as
 * well, out of that pipe.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "input/block_internal.h"
#include "text/clock.h"

/*
 * How many bytes the tail has at first, and how many at most.  It becomes longer when no
 * record ends in it.
 */
#define TAIL_LEAST ((size_t)16 * 1024)
#define TAIL_MOST ((size_t)64 * 1024)
/* Shorter and longer blocks are read. */
#define MOVE_LEAST ((size_t)256 * 1024)
#define MOVE_MOST ((size_t)1024 * 1024)
/* At most so many pipes may hold blocks that jobs have not taken yet. */
#define PIPES_MOST 8
/* For so many seconds prun waits for the bytes of a block; after that the block is read. */
#define PATIENCE 0.01

struct move {
	int in, out; /* the two ends of the pipe */
	size_t len; /* how many bytes are in it */
	/* the clock_steady() time until which prun waits for the block */
	double until;
};

static size_t
move_waiting(const struct blocks *b)
{
	int n;

	return ioctl(b->fd, FIONREAD, &n) == -1 ? 0 : (size_t)n;
}

/*
 * Waits until there is more input, or its end.  Returns false if the block comes too late.
 */
static bool
move_wait(const struct blocks *b, const struct move *move)
{
	const double left = move->until - clock_steady();

	return b->options->ready(b->options->read_arg, b->fd,
		   left > 0 ? left : 0) == 1;
}

static bool
move_open(const struct blocks *b, struct move *move)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) == -1)
		return false;
	*move = (struct move){ .in = ends[0],
		.out = ends[1],
		.until = clock_steady() + PATIENCE };
	if (fcntl(move->out, F_SETPIPE_SZ, (int)b->size) != -1)
		return true;
	(void)close(move->in);
	(void)close(move->out);
	return false;
}

/* The bytes of the block that were read already become the beginning of the head. */
static bool
move_carry(struct blocks *b, struct move *move)
{
	const size_t carry = b->len - b->at;
	struct chunk *chunk = chunk_new(&b->chunks, CHUNK_SIZE);

	if (chunk == NULL)
		return false;
	if (carry > 0 &&
	    write(move->out, b->chunk->data + b->at, carry) != (ssize_t)carry) {
		chunk_release(chunk);
		return false;
	}
	move->len = carry;
	chunk_release(b->chunk);
	b->chunk = chunk;
	b->at = b->len = 0;
	return true;
}

/* Moves the next bytes of the input, until only the tail of the block is left. */
static bool
move_head(struct blocks *b, struct move *move)
{
	ssize_t n;

	while (!b->eof && move->len < b->size - b->tail) {
		if (move_waiting(b) == 0 && !move_wait(b, move))
			return false;
		n = splice(b->fd, NULL, move->out, NULL,
		    b->size - b->tail - move->len, SPLICE_F_NONBLOCK);
		/*
		 * A pipe has a limited number of places, so it may be full though its
		 * pieces are short.
		 */
		b->immovable = n == -1;
		if (b->immovable)
			return false;
		move->len += (size_t)n;
		b->eof = n == 0;
	}
	return true;
}

static bool
move_tail(struct blocks *b, struct move *move)
{
	ssize_t n;

	while (!b->eof && b->len < b->size - move->len) {
		if (move_waiting(b) == 0 && !move_wait(b, move))
			return false;
		n = b->options->read(b->options->read_arg, b->fd,
		    b->chunk->data + b->len, b->size - move->len - b->len);
		/* An error is not reported here: the next read will find it again. */
		if (n < 0)
			return false;
		b->len += (size_t)n;
		b->eof = n == 0;
	}
	return true;
}

/* Does the block end in the tail? */
static bool
move_finds_end(struct blocks *b, const struct move *move)
{
	size_t len;
	bool ends, found;

	b->passed = move->len;
	found = cut_piece(b, &len, &ends) && (len > 0 || b->len == 0);
	b->passed = b->scanned = b->fruitless = 0;
	if (!found && b->tail < TAIL_MOST)
		b->tail *= 2;
	return found;
}

/*
 * Takes the head back out of the pipe: head and tail become bytes that were read and are
 * not handed out.
 */
static int
move_back(struct blocks *b, const struct move *move, struct message *m)
{
	struct chunk *chunk;
	size_t len = 0;
	ssize_t n = 1;

	if (move->len == 0)
		return 0;
	chunk = chunk_new(&b->chunks, move->len + b->len + CHUNK_SIZE);
	if (chunk == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	while (n > 0 && len < move->len) {
		n = read(move->in, chunk->data + len, move->len - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n <= 0) {
		chunk_release(chunk);
		return message_errno(m, -EIO, "--pipe");
	}
	memcpy(chunk->data + len, b->chunk->data, b->len);
	chunk_release(b->chunk);
	b->chunk = chunk;
	b->len += len;
	return 0;
}

static bool
move_is_wanted(const struct blocks *b)
{
	return b->options->ready != NULL && b->options->begun == NULL &&
	    !b->immovable && !b->eof && b->moved < PIPES_MOST &&
	    b->size >= MOVE_LEAST && b->size <= MOVE_MOST &&
	    blocks_are_ranges(b) && b->rule.pattern == NULL &&
	    b->len - b->at < b->size - TAIL_MOST &&
	    move_waiting(b) >= TAIL_MOST;
}

int
block_move(struct blocks *b, struct block *block, struct message *m)
{
	struct move move;
	bool moved;
	int error = 0;

	if (!move_is_wanted(b))
		return 0;
	if (b->tail == 0)
		b->tail = TAIL_LEAST;
	b->immovable = !move_open(b, &move);
	if (b->immovable)
		return 0;
	moved = move_carry(b, &move) && move_head(b, &move) &&
	    move_tail(b, &move) && move_finds_end(b, &move);
	(void)close(move.out);
	if (!moved) {
		error = move_back(b, &move, m);
		(void)close(move.in);
		return error;
	}
	*block = (struct block){ .header = b->header,
		.len = move.len,
		.fd = move.in,
		.offset = -1,
		.moved = &b->moved,
		.begins = true };
	b->moved++;
	b->passed = move.len;
	b->handed += move.len;
	return 1;
}
