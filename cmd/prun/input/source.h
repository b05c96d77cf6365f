/* SPDX-License-Identifier: ISC */

/*
 * One source of the input, the words after ::: or a file, as a stream of records: what -r,
 * -E and -L leave of them.  Knows no columns.
 */
#ifndef INPUT_SOURCE_H
#define INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "input/input_options.h"
#include "text/text.h"

/*
 * One open file, cut into records at a delimiter.  A reader owns the descriptor and one
 * buffer, reads in large pieces, and hands out every complete record before it reads again.
 * It does not know what a record means.
 */

struct reader {
	int fd; /* -1 if no file is open */
	bool own_fd; /* the reader closes fd; false for stdin */
	const char *name; /* the path, for messages; lent */
	/* lent; used are delimiter, read and warn */
	const struct input_options *options;

	char *data;
	size_t size;
	/* the bytes that were read and are not handed out yet */
	size_t begin, end;
	/* the first so many bytes after begin hold no delimiter */
	size_t scanned;
	bool eof;
	bool warned; /* the user was warned about NULs */
	/* how many records were handed out, counted up to READER_LOOKED_AT */
	unsigned records;
	bool dos; /* all of them have ended in CR-LF */
	struct bytes mended; /* the last record, if its NULs were replaced */
};

/*
 * Opens path, or stdin if it is "-".  On a FIFO without a writer, the first read waits for
 * one; this call does not.  options must outlive the reader.  Returns 0, or -errno with a
 * message.
 */
int reader_open(struct reader *r, const char *path,
    const struct input_options *options, struct message *m);
void reader_close(struct reader *r);

/*
 * Returns 1 and a record, which is valid until the next call; 0 at the end; or -errno with
 * a message.
 */
int reader_next(struct reader *r, struct text *record, struct message *m);

struct source {
	const struct source_spec *spec; /* lent */
	const struct input_options *options; /* lent */
	struct reader reader; /* used if the source is SOURCE_FILE */
	/* the index of the next word, if the source is SOURCE_ARGUMENTS */
	size_t word;
	bool inside; /* -d has cut a word, whose rest comes next */
	struct text rest;
	/* the source itself has ended; more may come from input_options.more */
	bool at_end;
	bool ended;
	struct bytes joined; /* -L: the record that was joined of several */
};

/*
 * Opens the file.  spec and options must outlive the source.  Returns 0, or -errno with a
 * message.
 */
int source_init(struct source *s, const struct source_spec *spec,
    const struct input_options *options, struct message *m);
void source_fini(struct source *s);

/*
 * Returns 1 and a record, which is valid until the next call; 0 at the end; or -errno with
 * a message.
 */
int source_next(struct source *s, struct text *record, struct message *m);

/* The same without -r, -E and -L: for headers, and for quoted fields of CSV. */
int source_next_raw(struct source *s, struct text *record, struct message *m);

#endif
