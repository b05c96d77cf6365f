/* SPDX-License-Identifier: ISC */

/*
 * Cuts a stream into blocks of whole records.  A block has at most so many bytes, or it has
 * so many records.  Each block comes with the header of the stream.  Reads descriptors;
 * knows no job.
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

/* All zero means blocks of 1 MiB, in which lines are the records. */
struct block_options {
	struct record_options record;
	size_t size; /* the size of a block in bytes; 0 means BLOCK_SIZE */
	/* --block auto: the size is BLOCK_AUTO_FIRST at first, and grows */
	bool automatic;
	/*
	 * --pipe-part --block -N: how many blocks each slot gets; 0 if that was not given.
	 */
	unsigned per_slot;
	bool size_given;
	/* -N, -n: how many records a block has; 0 means as many as fit */
	size_t records;
	/* -L, -l: how many lines a record has; 0 if records are not counted in lines */
	size_t lines;
	/* ":", a number of lines, or a regular expression; NULL if there is no header */
	const char *header;
	bool skip_first; /* --skip-first-line: the first line is left out */
	/*
	 * Where a record must be kept in memory as a whole, a longer one is an error.  0 means
	 * RECORD_MOST.
	 */
	size_t record_most;
	/* -r: a stream that holds only blanks counts as empty */
	bool skip_blank;
	/*
	 * --group-by: records that follow each other and have the same value in this column
	 * stay together.
	 */
	const char *group;
	/* --shard, --bin: deal_piece() finds the key of a record in this column. */
	const char *deal;
	/* what separates the columns for these options; NULL means blanks */
	const char *colsep;

	/*
	 * Reads the stream.  May return -ETIMEDOUT between a call of begun with true and
	 * one with false: then the block ends with the records that are there.  begun may
	 * be NULL: then read never times out.
	 */
	input_read_fn *read;
	void (*begun)(void *read_arg, bool begun);
	/*
	 * Waits for at most so many seconds until fd can be read.  Returns 1, 0 if it
	 * cannot, or -errno.  ready may be NULL: then blocks are not moved, see struct block.
	 */
	int (*ready)(void *read_arg, int fd, double seconds);
	void *read_arg;
	input_warn_fn *warn;
	void *warn_arg;
};

#define RECORD_MOST ((size_t)1024 * 1024 * 1024)
/* the first size if automatic is set */
#define BLOCK_SIZE ((size_t)1024 * 1024)
#define BLOCK_AUTO_FIRST ((size_t)128 * 1024)

struct blocks;

struct chunk;

/*
 * A block, or a piece of one: the header and the records.  The records are the len bytes at
 * data, which block_release() frees.  If data is NULL, they are len bytes of the file fd,
 * from offset on; this file stays open until blocks_free().  A piece that was moved is in
 * the pipe fd, and offset is -1; block_release() closes the pipe.
 */
struct block {
	struct text header; /* lent until blocks_free() */
	/* the chunk in which data lies; NULL if data was allocated */
	struct chunk *chunk;
	char *data;
	size_t len;
	int fd; /* -1 if the records are at data */
	off_t offset;
	/* counts the pieces that are in pipes; NULL if this piece is not */
	unsigned *moved;
	/* begins: this is the first piece of its block; ends: it is the last one. */
	bool begins, ends;
};

/* Frees the data, gives the chunk back, or closes the pipe. */
void block_release(struct block *block);

/*
 * Cuts stdin, or, if nfiles is not 0, these files; no block has bytes of two files.  part
 * says that the files are cut at offsets, by pread(2); the size of these blocks depends on
 * slots.  options is lent.  Returns 0, or -errno with a message (-ECANCELED without one).
 */
int blocks_new(const struct block_options *options, const char *const *files,
    size_t nfiles, bool part, unsigned slots, struct message *m,
    struct blocks **bp);
void blocks_free(struct blocks *b);

/* The size of a block, in bytes.  It grows when a record is longer. */
size_t blocks_size(const struct blocks *b);

/* Sets the size of the blocks that are not begun yet. */
void blocks_set_size(struct blocks *b, size_t size);

/*
 * If fd is a regular file that was not read to its end, fills in the rest of the file as a
 * block, and moves fd's offset to the end of the file.  Otherwise returns false.
 */
bool block_rest_of_file(int fd, struct block *block);

/*
 * Gets the next piece of a block: whole records, as soon as they are read.  The piece that
 * ends a block may be empty.  A range of a file is always a whole block.  Returns 1, 0 at
 * the end, or -errno with a message.
 */
int blocks_next_piece(struct blocks *b, struct block *piece, struct message *m);

/*
 * Tell that nobody wants the rest of the block whose pieces are being handed out.  With -N0
 * that is the rest of the file: then it is skipped, and true is returned.  Otherwise false
 * is returned, and the pieces still come.
 */
bool blocks_leave(struct blocks *b);

/*
 * From now on hands out so many blocks of -N records as one, for jobs to which the ends of
 * blocks mean nothing.
 */
void blocks_join(struct blocks *b, size_t n);

/*
 * Which share of the stream was handed out: above 0 and up to 1.  0 if it is not known,
 * because some of the stream is no regular file.
 */
double blocks_share(const struct blocks *b);

/*
 * With --rrs, blocks must be whole, as only then what separates their records can be
 * removed.
 */
bool blocks_come_whole(const struct blocks *b);

/* Gets the next block as a whole.  Returns 1, 0 at the end, or -errno with a message. */
int blocks_next(struct blocks *b, struct block *block, struct message *m);

#endif
