/* SPDX-License-Identifier: ISC */

/*
 * One input source, the words after ::: or a file, as a stream of records after
 * -r, -E and -L.  A source knows no columns.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "input/input_options.h"
#include "text/text.h"

/*
 * One open file, cut into records at a delimiter.  A reader owns the descriptor
 * and one buffer, reads in big pieces, and hands out every complete record
 * before it reads again.  It does not know what a record means.
 */

struct reader {
	int fd; /* -1: not open */
	bool own_fd; /* to be closed; false for stdin */
	const char *name; /* lent: the path, for messages */
	const struct input_options *options; /* lent: delimiter, read, warn */

	char *data;
	size_t size;
	size_t begin, end; /* the bytes that are read and not yet handed out */
	size_t scanned; /* so many bytes from begin hold no delimiter */
	bool eof;
	bool warned; /* about NULs */
	unsigned records; /* handed out, as far as READER_LOOKED_AT */
	bool dos; /* all of them have ended in CR-LF */
	struct bytes mended; /* the last record, when its NULs were replaced */
};

/*
 * Open path, "-" for stdin.  On a FIFO without a writer, the first read waits for
 * one; this call does not.  options outlives the reader.  -errno and a message.
 */
int reader_open(struct reader *r, const char *path,
    const struct input_options *options, struct message *m);
void reader_close(struct reader *r);

/* 1 and a record that is good until the next call; 0 at the end; -errno. */
int reader_next(struct reader *r, struct text *record, struct message *m);

struct source {
	const struct source_spec *spec; /* lent */
	const struct input_options *options; /* lent */
	struct reader reader; /* SOURCE_FILE */
	size_t word; /* SOURCE_ARGUMENTS: the next word */
	bool inside; /* -d has cut a word, and its rest comes next */
	struct text rest;
	bool at_end; /* of itself: what comes is input_options.more */
	bool ended;
	struct bytes joined; /* -L */
};

/* Opens the file.  spec and options outlive the source. */
int source_init(struct source *s, const struct source_spec *spec,
    const struct input_options *options, struct message *m);
void source_fini(struct source *s);

/* 1 and a record that is good until the next call; 0 at the end; -errno. */
int source_next(struct source *s, struct text *record, struct message *m);

/* The same without -r, -E and -L: for headers, and for quoted CSV fields. */
int source_next_raw(struct source *s, struct text *record, struct message *m);

#endif
