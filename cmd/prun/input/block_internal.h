/* SPDX-License-Identifier: ISC */

/*
 * What the files about blocks share: block_read.c reads a stream, block_cut.c cuts what is
 * read, block_part.c cuts files at offsets, block_move.c moves blocks from pipe to pipe, block_key.c knows keys, and block_header.c the header.
 */
#ifndef INPUT_BLOCK_INTERNAL_H
#define INPUT_BLOCK_INTERNAL_H

#include <sys/queue.h>

#include "input/block.h"
#include "input/chunk.h"
#include "input/record.h"

/* A record that is longer than this is an error. */
#define RECORD_MOST ((size_t)1024 * 1024 * 1024)
/* How many bytes of a file are read at a time to find a border in them. */
#define PIECE ((size_t)128 * 1024)
/* Parts of a file for each slot, where --block does not say. */
#define PARTS 10

/* A header, which is kept to the end of the run: jobs read it as long as they run. */
struct header_copy {
	SLIST_ENTRY(header_copy) entry;
	char data[];
};

SLIST_HEAD(header_list, header_copy);

struct blocks {
	const struct block_options *options;
	struct record_rule rule;
	size_t size; /* bytes of a block */
	size_t records; /* of a block; 0: as many as fit into size */
	size_t joined; /* so many blocks are handed out as one */
	size_t lines; /* if records is 0: lines of a record; 0: not given */
	struct text header; /* of the file that is open; lies in headers */
	struct header_list headers;
	bool warned;

	const char *const *files; /* NULL: stdin */
	size_t nfiles, file; /* file: the index of the next one */
	int fd; /* -1: none is open */
	/* Bytes of the stream, 0: not known; and how many are handed out, about. */
	uint64_t total, handed;
	bool eof; /* fd has been read to its end */

	/* What is read: the bytes from at to len of chunk are not handed out yet. */
	struct chunk_store chunks;
	struct chunk *chunk;
	size_t at, len;
	bool timed; /* read may time out: see block_options.begun */
	bool text_seen; /* -r: something else than blanks was read */

	/* The block that is being handed out. */
	size_t passed, counted; /* its bytes and records so far */
	size_t scanned; /* no border begins in so many bytes behind at */
	size_t fruitless; /* the last search found no border in so many bytes */

	unsigned moved; /* pieces that are in pipes */
	bool immovable; /* moving has failed: all blocks are read */

	/* A regular file that is cut at offsets. */
	bool ranged; /* fd is such a file */
	off_t offset, end; /* the range of it that is not handed out yet */
	struct bytes buf; /* the bytes in which a border is searched */
	int *open; /* all such files: jobs read them until the run ends */
	size_t nopen;
	bool part; /* --pipepart */
	unsigned slots;
	size_t part_size; /* bytes of a block of --pipepart */

	/* --group-by, --shard, --bin */
	bool keyed; /* one of these */
	bool csv; /* columns are fields of CSV */
	struct bytes
	    key[2]; /* two keys that stand in their records otherwise */
	struct pattern *colsep; /* between columns */
	bool
	    blanks; /* columns are separated by spaces and tabs: by no colsep */
	char separator; /* of columns, if it is one plain byte; else '\0' */
	bool grouped; /* --group-by */
	size_t column; /* from 0 */
	bool column_missing;
};

/*
 * block_key.c: like record_next(), where consecutive records with the same key count as
 * one (--group-by).
 */
size_t group_next(struct blocks *b, struct text data, size_t from, bool last);

/* Finds out whether there is a key, and what separates the columns. */
int key_init(struct blocks *b, struct message *m);

/* Finds the column of the key, which is given by its number, or its name in the header. */
int group_find_column(struct blocks *b, struct message *m);

/*
 * Finds the key of a record: without the end of the line.  It lies in the record, or in
 * bytes.  If the record lacks the column, the data is NULL and b->column_missing is set.
 */
struct text blocks_key(struct blocks *b, struct text record,
    struct bytes *bytes);

/*
 * block_header.c: finds how long the header is; data begins with it.  -EAGAIN: more must be read to know.
 */
int header_length(struct blocks *b, struct text data, size_t *len,
    struct message *m);

/* Keeps a copy of the header of the file that is open.  -errno with a message. */
int header_keep(struct blocks *b, struct text header, struct message *m);
void headers_free(struct blocks *b);

/* block_cut.c: gives this warning, unless one was given before. */
void blocks_warn(struct blocks *b, const char *text);

/* Makes this and all later blocks larger, for a record that is too long. */
void blocks_grow(struct blocks *b);

/* Says that no end of a record is in RECORD_MOST bytes, and returns -EFBIG. */
int record_too_long(struct message *m);

/* Has the user said how large blocks are?  If not, it depends on the file. */
bool blocks_have_size(const struct blocks *b);

/* How many bytes before `at` are in the same block and may be part of the next border. */
size_t blocks_back(const struct blocks *b);

/*
 * Finds how many bytes of what is read can be passed on now, and whether the
 * block ends with these; then *len may be 0.  False: more must be read.
 */
bool cut_piece(struct blocks *b, size_t *len, bool *ends);

/*
 * block_part.c: _open() opens the next file of --pipepart, and decides whether it is read
 * or cut at offsets; then _begin() reads its header, and _end() leaves it.
 */
int part_open(struct blocks *b, struct message *m);
int part_begin(struct blocks *b, struct message *m);

/* Tell that bytes of a file that is read, not cut, have been handed out. */
void part_passed(struct blocks *b, size_t len, bool block_ends);

/*
 * Can a border be found without what stands before it, and is a block handed out as it
 * stands in the input?
 */
bool blocks_are_ranges(const struct blocks *b);

/* Can the file that --pipe has open be cut at offsets?  If so, prepares for that. */
bool part_takes(struct blocks *b);
void part_end(struct blocks *b);

/*
 * block_move.c: if the next block can be moved, hands out all of it but the tail, which is
 * in b->chunk then: 1.  0: it has to be read.  -errno with a message.
 */
int block_move(struct blocks *b, struct block *block, struct message *m);

/* 1 and a block, 0 at the end of this file, or -errno. */
int blocks_next_part(struct blocks *b, struct block *block, struct message *m);

#endif
