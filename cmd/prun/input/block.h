/* SPDX-License-Identifier: ISC */

/*
 * A stream, cut into blocks of whole records: of so many bytes, or so many records.
 * The header of the stream goes with each.  Reads descriptors and knows no job.
 */
#ifndef INPUT_BLOCK_H
#define INPUT_BLOCK_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/input_options.h"
#include "input/record.h"
#include "text/text.h"

/* All zero: 1 MiB of lines a block. */
struct block_options {
	struct record_options record;
	size_t size; /* bytes; 0: BLOCK_SIZE */
	bool automatic; /* it grows: from BLOCK_AUTO_FIRST on */
	/* --pipepart --block -N: so many blocks a slot; 0: none was given. */
	unsigned per_slot;
	bool size_given;
	size_t records; /* -N, -n: records a block; 0: as many as fit */
	size_t lines; /* -L, -l: lines a record; 0: records are no lines */
	const char *header; /* ":", a number of lines, or a regex; NULL: none */
	bool skip_blank; /* -r: input of blanks alone is none */
	/* --group-by: a record is consecutive ones with the same value there. */
	const char *group;
	const char *colsep; /* for it; NULL: blanks */

	input_read_fn *read;
	void *read_arg;
	input_warn_fn *warn;
	void *warn_arg;
};

#define BLOCK_SIZE ((size_t)1000 * 1000)
#define BLOCK_AUTO_FIRST ((size_t)128 * 1024) /* with automatic */

struct blocks;

struct chunk;

/*
 * One block: the header and the records; or a piece of one.  data is freed by
 * block_release(); NULL: so many bytes of the file fd, from offset on, which stays
 * open until blocks_free().
 */
struct block {
	struct text header; /* lent until blocks_free() */
	struct chunk *chunk; /* data lies in it; NULL: it is the block's own */
	char *data;
	size_t len;
	int fd; /* -1: none */
	off_t offset;
	bool begins,
	    ends; /* a piece: there was, or comes, nothing else of its block */
};

/* Its data is gone. */
void block_release(struct block *block);

/*
 * Of stdin, or of these files (nfiles is not 0), each of which is cut for itself.
 * part: the files are cut at offsets, by pread(2).  slots: for the size of parts.
 * options is lent.  -errno with a message (none for -ECANCELED).
 */
int blocks_new(const struct block_options *options, const char *const *files,
    size_t nfiles, bool part, unsigned slots, struct message *m,
    struct blocks **bp);
void blocks_free(struct blocks *b);

/* How long a block may be, as it is now: a long record makes it longer. */
size_t blocks_size(const struct blocks *b);

/* The next blocks may be so long. */
void blocks_set_size(struct blocks *b, size_t size);

/*
 * fd is a regular file that is not read to its end: the rest of it, as a block, and
 * fd's offset is behind it.  False: it is none.
 */
bool block_rest_of_file(int fd, struct block *block);

/*
 * 1 and a piece of a block: whole records, as soon as they are read.  What ends a block
 * may be empty.  A range of a file is a whole block.  0 at the end, or -errno with a
 * message.
 */
int blocks_next_piece(struct blocks *b, struct block *piece, struct message *m);

/*
 * Nobody wants the rest of the block whose pieces are being handed out.  True: it is all
 * of its file (-N0), and is over with that; else its pieces come all the same.
 */
bool blocks_leave(struct blocks *b);

/* What separates records is removed: only whole blocks can be had. */
bool blocks_come_whole(const struct blocks *b);

/* 1 and a whole block, 0 at the end, or -errno with a message. */
int blocks_next(struct blocks *b, struct block *block, struct message *m);

#endif
