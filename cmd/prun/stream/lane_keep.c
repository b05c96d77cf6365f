/* SPDX-License-Identifier: ISC */

/*
 * Owns what jobs of a stream have read, for their next tries: bytes in memory, and in a file
 * if those become too many.  A range of a file is only remembered, and read again.  Does not
 * know which job has read what.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/chunk.h"
#include "stream/lane.h"
#include "text/file.h"

/* The most bytes that stay in memory, of all jobs together. */
#define KEEP_MEMORY ((size_t)16 * 1024 * 1024)
/*
 * Shorter pieces are joined.  Blocks that were joined go to another job together, if at
 * all; a pipe takes as many bytes at once.
 */
#define KEEP_PIECE ((size_t)64 * 1024)

/* Moves the bytes of the block to the end of the file. */
static int
keep_write(struct keep *k, struct block *block)
{
	const struct text bytes = { block->data, block->len };
	int error;

	if (k->fd == -1)
		k->fd = temporary_file(k->folder);
	if (k->fd < 0) {
		error = k->fd;
		k->fd = -1;
		return error;
	}
	error = put_all(k->fd, bytes);
	if (error != 0)
		return error;
	block_release(block);
	block->fd = k->fd;
	block->offset = k->length;
	k->length += (off_t)bytes.len;
	return 0;
}

void
keep_block(struct keep *k, struct block *block)
{
	if (block->data == NULL || k->error != 0)
		return;
	if (block->len <= KEEP_MEMORY - k->memory)
		k->memory += block->len;
	else
		k->error = keep_write(k, block);
}

void
keep_fini(struct keep *k)
{
	if (k->fd != -1)
		(void)close(k->fd);
	k->fd = -1;
}

/* Gives the piece memory of its own, with room for so many bytes.  Returns 0 or -ENOMEM. */
static int
piece_reserve(struct lane_piece *piece, size_t size)
{
	struct block *block = &piece->block;
	char *data;

	if (block->chunk == NULL && size <= piece->size)
		return 0;
	size = size * 2 < KEEP_PIECE ? size * 2 : KEEP_PIECE;
	data = realloc(block->chunk == NULL ? block->data : NULL, size);
	if (data == NULL)
		return -ENOMEM;
	if (block->chunk != NULL)
		memcpy(data, block->data, block->len);
	chunk_release(block->chunk);
	block->chunk = NULL;
	block->data = data;
	piece->size = size;
	return 0;
}

/* Does the second piece lie right behind the first one, in the same file or chunk? */
static bool
pieces_touch(const struct block *a, const struct block *b)
{
	if (a->data == NULL || b->data == NULL)
		return a->data == b->data && a->fd == b->fd &&
		    a->offset + (off_t)a->len == b->offset;
	return a->chunk != NULL && a->chunk == b->chunk &&
	    a->data + a->len == b->data;
}

/* Appends the second piece to the first one.  Returns false if they stay apart. */
static bool
pieces_join(struct lane_piece *first, struct lane_piece *second)
{
	struct block *a = &first->block, *b = &second->block;
	const size_t len = a->len + b->len;

	/* The beginning of a block must be found again. */
	if (b->begins && (!a->begins || a->len >= KEEP_PIECE))
		return false;
	if (!pieces_touch(a, b)) {
		if (a->data == NULL || b->data == NULL || first->settled ||
		    second->settled || len > KEEP_PIECE ||
		    piece_reserve(first, len) != 0)
			return false;
		memcpy(a->data + a->len, b->data, b->len);
	}
	a->len = len;
	a->ends = b->ends;
	return true;
}

void
keep_piece(struct keep *k, struct lane_queue *kept, struct lane_piece *piece)
{
	struct lane_piece *last = TAILQ_LAST(kept, lane_queue);

	if (last != NULL && pieces_join(last, piece)) {
		block_release(&piece->block);
		free(piece);
		return;
	}
	if (last != NULL && !last->settled) {
		keep_block(k, &last->block);
		last->settled = true;
	}
	TAILQ_INSERT_TAIL(kept, piece, entry);
}
