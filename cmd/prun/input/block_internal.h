/* SPDX-License-Identifier: ISC */

/*
 * What the files about blocks share: block_read.c reads, block_cut.c cuts what is read,
 * and block_part.c files.
 */
#ifndef INPUT_BLOCK_INTERNAL_H
#define INPUT_BLOCK_INTERNAL_H

#include <sys/queue.h>

#include "input/block.h"
#include "input/chunk.h"
#include "input/record.h"

/* So much of a record is kept in memory. */
#define RECORD_MOST ((size_t)1024 * 1024 * 1024)
/* Bytes of a look at a file. */
#define PIECE ((size_t)128 * 1024)
/* Parts of a file for each slot, where --block does not say. */
#define PARTS 10

/* Jobs read it as long as they run. */
struct header_copy {
	SLIST_ENTRY(header_copy) entry;
	char data[];
};

SLIST_HEAD(header_list, header_copy);

struct blocks {
	const struct block_options *options;
	struct record_rule rule;
	size_t size; /* bytes of a block */
	size_t records; /* of a block; 0: as many as fit */
	size_t lines; /* then: of a record; 0: it is no record of lines */
	struct text header; /* of the file that is open: the last of headers */
	struct header_list headers;
	bool warned;

	const char *const *files; /* NULL: stdin */
	size_t nfiles, file; /* which is next */
	int fd; /* -1: none is open */
	bool eof; /* of this one */

	/* What is read: bytes at..len of the chunk are not handed out. */
	struct chunk_store chunks;
	struct chunk *chunk;
	size_t at, len;
	bool text_seen; /* -r: there was more than blanks */

	/* The block that is being handed out. */
	size_t passed, counted; /* its bytes and records so far */
	size_t scanned; /* bytes behind at in which no border begins */
	size_t fruitless; /* that many were looked through in vain */

	struct bytes
	    buf; /* of a file that is cut by offsets: what is looked at */

	/* A regular file: the range of it that is not handed out. */
	bool ranged; /* the file that is open is cut by offsets */
	off_t offset, end;
	int *open; /* all such files */
	size_t nopen;
	bool part; /* --pipepart: */
	unsigned slots;
	size_t part_size;

	/* --group-by */
	struct pattern *colsep;
	size_t column; /* from 0 */
	bool column_missing;
};

/* block_group.c: as record_next(), for records of the same key (--group-by). */
size_t group_next(struct blocks *b, struct text data, size_t from, bool last);

/* Which column the key is: by its number, or by its name in the header. */
int group_find_column(struct blocks *b, struct message *m);

/*
 * How long the header is of what is read so far.  -EAGAIN: more must be read to know.
 */
int header_length(struct blocks *b, struct text data, size_t *len,
    struct message *m);

/* These bytes are the header of this file.  -errno with a message. */
int header_keep(struct blocks *b, struct text header, struct message *m);
void headers_free(struct blocks *b);

/* -EFBIG with a message: there is no end of a record in RECORD_MOST bytes. */
int record_too_long(struct message *m);

/* block_read.c: a record is longer than a block: the block grows, and stays so. */
void blocks_grow(struct blocks *b);

/* So many bytes before at belong to the same block, and to a border, perhaps. */
size_t blocks_back(const struct blocks *b);

/*
 * block_cut.c: how much of what is read can be passed on now, and whether the block
 * ends with that, for which there need be nothing.  False: more must be read.
 */
bool cut_piece(struct blocks *b, size_t *len, bool *ends);

/* block_part.c */
int part_open(struct blocks *b, struct message *m);
int part_begin(struct blocks *b, struct message *m);

/* Is what is open now, for --pipe, a file that can be cut by offsets?  Then it is. */
bool part_takes(struct blocks *b);
void part_end(struct blocks *b);

/* 1 and a block, 0 at the end of this file, or -errno. */
int blocks_next_part(struct blocks *b, struct block *block, struct message *m);

#endif
