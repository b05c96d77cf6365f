/* SPDX-License-Identifier: ISC */

/*
 * The stream of argument tuples: the sources of the command line, cut into
 * records and columns and combined (cross product, --link, :::+).  The face of
 * this room.  It reads descriptors and knows no command and no process.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct input;

enum source_kind {
	SOURCE_ARGUMENTS, /* ::: words */
	SOURCE_FILE, /* a file, "-" for stdin */
};

struct source_spec {
	enum source_kind kind;
	bool linked; /* with the source before it (:::+, ::::+) */
	/* SOURCE_ARGUMENTS: lent, outlives the input. */
	const char *const *words;
	size_t nwords;
	const char *path; /* SOURCE_FILE: lent, outlives the input */
};

enum trim {
	TRIM_DEFAULT = 0, /* both ends with columns, else none */
	TRIM_NONE,
	TRIM_LEFT,
	TRIM_RIGHT,
	TRIM_BOTH,
};

/*
 * Every read(2) of a source goes through this: returns what read(2) returns,
 * or -errno; -ECANCELED ends the input silently.  fd may block.
 */
typedef ssize_t input_read_fn(void *arg, int fd, void *buf, size_t len);

/* What the user should know, though the input goes on: one line, once each. */
typedef void input_warn_fn(void *arg, const char *text);

/* All zero: lines of stdin, one value each. */
struct input_options {
	const struct source_spec *sources; /* none: stdin */
	size_t nsources;
	/* --link: all sources side by side, the short ones repeated. */
	bool link;

	/* -d, -0: unescaped bytes; NULL: a newline. */
	const char *delimiter;
	size_t delimiter_len;
	/* -E: a record equal to this ends its source. */
	const char *eof;
	bool skip_blank; /* -r: blank records are no records */
	bool skip_first; /* --skip-first-line: of the first source */
	/* -L: a record that ends in a blank goes on in the next one. */
	bool join_lines;
	enum trim trim;

	/* --colsep, PCRE2; with csv the one byte between fields. */
	const char *colsep;
	bool csv;
	bool header; /* each source's first record names its columns */
	bool header_paths; /* --header 0: paths of files name them */

	bool shuffle; /* holds the whole input, then deals it */
	bool seeded;
	uint64_t seed; /* with seeded: the same order every time */

	input_read_fn *read; /* NULL: read(2), repeated on EINTR */
	void *read_arg;
	input_warn_fn *warn; /* NULL: nobody wants to know */
	void *warn_arg;
};

/* The values of one combination, in order of sources and columns. */
struct tuple {
	const struct text *values;
	size_t nvalues;
};

/* A name that --header gave to the value at position (from 1). */
struct input_name {
	struct text name;
	size_t position;
};

/*
 *	input_new(&options, &message, &in);
 *	input_names(in, &names, &n);
 *	while ((r = input_next(in, &tuple, &message)) > 0)
 *		...
 *	input_free(in);
 *
 * input_new() copies options, opens every file and reads the headers: it may
 * block in the read function.  -errno sets the message, except -ECANCELED.
 */
int input_new(const struct input_options *options, struct message *message,
    struct input **inp);
void input_free(struct input *in);

/* Lent until input_free(). */
void input_names(const struct input *in, const struct input_name **names,
    size_t *n);

/*
 * 1 and a tuple that is good until the next call; 0 at the end; -errno.
 * A record that has been read is handed out before the next read is made.
 */
int input_next(struct input *in, struct tuple *tuple, struct message *message);

#endif
