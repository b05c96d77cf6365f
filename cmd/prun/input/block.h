/* SPDX-License-Identifier: ISC */

/*
 * Cuts a stream into blocks of whole records.  A block has at most so many bytes, or it
 * has so many records.  Each block comes with the header of the stream.  Reads
 * descriptors and knows no job.
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
	bool automatic; /* size is BLOCK_AUTO_FIRST first, and grows */
	/* --pipepart --block -N: so many blocks a slot; 0: none was given. */
	unsigned per_slot;
	bool size_given;
	size_t records; /* -N, -n: records a block; 0: as many as fit */
	size_t lines; /* -L, -l: lines a record; 0: records are no lines */
	const char *header; /* ":", a number of lines, or a regex; NULL: none */
	bool skip_blank; /* -r: a stream of blanks alone counts as empty */
	/* --group-by: consecutive records with the same value in this column are one. */
	const char *group;
	/* --shard, --bin: deal_piece() finds the key in this column. */
	const char *deal;
	const char *colsep; /* separates the columns for both; NULL: blanks */

	/*
	 * read may return -ETIMEDOUT, between a call of begun with true and one with
	 * false: then the block ends with the records that are there.  NULL: never.
	 */
	input_read_fn *read;
	void (*begun)(void *read_arg, bool begun);
	/*
	 * Waits so many seconds at most until fd can be read: 1, 0 if it cannot, -errno.
	 * NULL: blocks are not moved, see struct block.
	 */
	int (*ready)(void *read_arg, int fd, double seconds);
	void *read_arg;
	input_warn_fn *warn;
	void *warn_arg;
};

#define BLOCK_SIZE ((size_t)1024 * 1024)
#define BLOCK_AUTO_FIRST ((size_t)128 * 1024) /* with automatic */

struct blocks;

struct chunk;

/*
 * A block, or a piece of one: the header and the records.  The records are at data, which
 * block_release() frees.  If data is NULL they are len bytes of the file fd, from offset
 * on; it stays open until blocks_free().  A piece that was moved is in the pipe fd, and
 * offset is -1; block_release() closes the pipe.
 */
struct block {
	struct text header; /* lent until blocks_free() */
	struct chunk *chunk; /* data lies in it; NULL: data was allocated */
	char *data;
	size_t len;
	int fd; /* -1: none */
	off_t offset;
	unsigned
	    *moved; /* how many pieces are in pipes; NULL: this one is not */
	/* This piece is the first of its block; it is the last. */
	bool begins, ends;
};

/* Frees the data, gives the chunk back, or closes the pipe. */
void block_release(struct block *block);

/*
 * Cut stdin, or these files if nfiles is not 0; no block has bytes of two files.  part:
 * the files are cut at offsets, by pread(2); the size of these parts depends on slots.
 * options is lent.  -errno with a message (none for -ECANCELED).
 */
int blocks_new(const struct block_options *options, const char *const *files,
    size_t nfiles, bool part, unsigned slots, struct message *m,
    struct blocks **bp);
void blocks_free(struct blocks *b);

/* The size of a block, in bytes.  A record that is longer makes it grow. */
size_t blocks_size(const struct blocks *b);

/* Sets the size of the blocks that are not begun. */
void blocks_set_size(struct blocks *b, size_t size);

/*
 * If fd is a regular file that is not read to its end: fills in the rest of the file as a
 * block, and moves fd's offset to the end of the file.  Else returns false.
 */
bool block_rest_of_file(int fd, struct block *block);

/*
 * Get the next piece of a block: whole records, as soon as they are read.  The piece that
 * ends a block may be empty.  A range of a file is always a whole block.  1, 0 at the
 * end, or -errno with a message.
 */
int blocks_next_piece(struct blocks *b, struct block *piece, struct message *m);

/*
 * Tell that nobody wants the rest of the block whose pieces are being handed out.  With
 * -N0 that is the rest of the file: it is skipped, and true is returned.  Else false is
 * returned, and the pieces come as before.
 */
bool blocks_leave(struct blocks *b);

/*
 * Hand out so many blocks of -N records as one from now on, for readers to whom their ends
 * mean nothing.
 */
void blocks_join(struct blocks *b, size_t n);

/*
 * The share of the stream that has been handed out, above 0 and up to 1.  0: it is not known,
 * because not all of the stream is regular files.
 */
double blocks_share(const struct blocks *b);

/* --rrs removes what separates records, which can be done in whole blocks only. */
bool blocks_come_whole(const struct blocks *b);

/* Get the next block as a whole: 1, 0 at the end, or -errno with a message. */
int blocks_next(struct blocks *b, struct block *block, struct message *m);

#endif
