/* SPDX-License-Identifier: ISC */

/*
 * What the files about blocks share.  block_read.c reads a stream, block_cut.c cuts what
 * was read, block_part.c cuts files at offsets, block_move.c moves blocks from pipe to
 * pipe, block_key.c finds the keys of records, and block_header.c the header.
 */
#ifndef INPUT_BLOCK_INTERNAL_H
#define INPUT_BLOCK_INTERNAL_H

#include <sys/queue.h>

#include "input/block.h"
#include "input/chunk.h"
#include "input/record.h"

/* So many bytes of a file are read at a time to find a border in them. */
#define PIECE ((size_t)128 * 1024)
/* How many blocks of a file each slot gets, if --block does not say how large they are. */
#define PARTS 10

/* A header, which is kept until the run ends, because jobs read it as long as they run. */
struct header_copy {
	SLIST_ENTRY(header_copy) entry;
	char data[];
};

SLIST_HEAD(header_list, header_copy);

struct blocks {
	const struct block_options *options;
	struct record_rule rule;
	size_t size; /* the size of a block in bytes */
	size_t record_most; /* a record that is longer than this is an error */
	/* how many records a block has; 0: as many as fit into size */
	size_t records;
	size_t joined; /* how many blocks are handed out as one */
	/* if records is 0: how many lines a record has; 0 if it is not given */
	size_t lines;
	/* the header of the open file; it lies in headers */
	struct text header;
	struct header_list headers;
	bool warned;

	const char *const *files; /* NULL if the stream is stdin */
	/* file is the index of the file that is opened next */
	size_t nfiles, file;
	int fd; /* -1 if no file is open */
	/*
	 * How many bytes the stream has, 0 if not known; and about how many were handed
	 * out.
	 */
	uint64_t total, handed;
	bool eof; /* fd has been read to its end */

	/* The bytes from at to len of chunk were read, and are not handed out yet. */
	struct chunk_store chunks;
	struct chunk *chunk;
	size_t at, len;
	bool timed; /* the time of a block runs: see block_options.begun */
	bool text_seen; /* -r: other bytes than blanks were read */

	/* What is known of the block that is being handed out: */
	/* how many of its bytes and records were handed out */
	size_t passed, counted;
	/* no border begins in the first so many bytes after at */
	size_t scanned;
	/* in how many bytes the last search found no border */
	size_t fruitless;

	unsigned moved; /* how many pieces are in pipes */
	bool immovable; /* moving has failed: from now on all blocks are read */
	size_t tail; /* how many bytes of a moved block are read */

	/* What is known of a regular file that is cut at offsets: */
	bool ranged; /* fd is such a file */
	/* the range of the file that is not handed out yet */
	off_t offset, end;
	/* the bytes of the file in which a border is searched */
	struct bytes buf;
	/* the descriptors of all such files: jobs read them until the run ends */
	int *open;
	size_t nopen;
	bool part; /* --pipepart */
	unsigned slots;
	size_t part_size; /* the size of a block of --pipe-part, in bytes */

	/* What --group-by, --shard and --bin need: */
	bool keyed; /* one of these was given */
	bool csv; /* the columns are fields of CSV */
	/* the two last keys, if they are copied and do not lie in their records */
	struct bytes key[2];
	struct pattern *colsep; /* the expression between columns */
	/* the columns are separated by spaces and tabs, as there is no colsep */
	bool blanks;
	/* what separates the columns, if it is one plain byte; else '\0' */
	char separator;
	bool grouped; /* --group-by was given */
	size_t column; /* the column of the key, from 0 */
	bool column_missing;
};

/*
 * block_key.c: like record_next(), but records that follow each other and have the same key
 * count as one (--group-by).
 */
size_t group_next(struct blocks *b, struct text data, size_t from, bool last);

/*
 * Finds out whether there is a key, and what separates the columns.  Returns 0, or -errno
 * with a message.
 */
int key_init(struct blocks *b, struct message *m);

/*
 * Finds the column of the key, which is given by its number, or by its name in the header.
 */
int group_find_column(struct blocks *b, struct message *m);

/*
 * Finds the key of a record, without the end of the line.  The key lies in the record, or
 * in bytes.  If the record lacks the column, the data is NULL and b->column_missing is set.
 */
struct text blocks_key(struct blocks *b, struct text record,
    struct bytes *bytes);

/* block_header.c: does the open file begin with bytes that no record has? */
bool header_is_wanted(const struct blocks *b);

/*
 * Finds how long the line is that --skip-first-line leaves out, and how long the header is
 * that follows it at the beginning of data.  Returns -EAGAIN if it must see more of the
 * stream.
 */
int header_length(struct blocks *b, struct text data, size_t *skipped,
    size_t *len, struct message *m);

/* Keeps a copy of the header of the open file.  Returns 0, or -errno with a message. */
int header_keep(struct blocks *b, struct text header, struct message *m);
void headers_free(struct blocks *b);

/* block_cut.c: prints this warning, unless a warning was printed before. */
void blocks_warn(struct blocks *b, const char *text);

/* Makes this block and all later ones larger, because a record does not fit. */
void blocks_grow(struct blocks *b);

/* Says that b->record_most bytes hold no end of a record, and returns -EFBIG. */
int record_too_long(const struct blocks *b, struct message *m);

/* Has the user said how large blocks are?  If not, their size depends on the file. */
bool blocks_have_size(const struct blocks *b);

/*
 * How many bytes before `at` belong to the same block and may be part of the next border.
 */
size_t blocks_back(const struct blocks *b);

/*
 * Finds how many of the bytes that were read can be passed on now, and whether the block
 * ends with these; then *len may be 0.  Returns false if more must be read.
 */
bool cut_piece(struct blocks *b, size_t *len, bool *ends);

/*
 * block_part.c: part_open() opens the next file of --pipe-part, and decides whether it is
 * read or cut at offsets; then part_begin() reads its header, and part_end() leaves the
 * file.
 */
int part_open(struct blocks *b, struct message *m);
int part_begin(struct blocks *b, struct message *m);

/* Tell that bytes of a file that is read, not cut, were handed out. */
void part_passed(struct blocks *b, size_t len, bool block_ends);

/*
 * Can a border be found without the records before it, and are blocks handed out as they
 * stand in the input?
 */
bool blocks_are_ranges(const struct blocks *b);

/*
 * If the file that --pipe reads can be cut at offsets, prepares for that and returns true.
 */
bool part_takes(struct blocks *b);
void part_end(struct blocks *b);

/*
 * block_move.c: if the next block can be moved, hands out all of it except the tail, which
 * is then in b->chunk, and returns 1.  Returns 0 if the block must be read, or -errno with
 * a message.
 */
int block_move(struct blocks *b, struct block *block, struct message *m);

/*
 * Gets the next block of this file.  Returns 1, 0 at the end of the file, or -errno with a
 * message.
 */
int blocks_next_part(struct blocks *b, struct block *block, struct message *m);

#endif
