/* SPDX-License-Identifier: ISC */

/*
 * What the input is told, and what it hands out: the types that all files of this
 * room share.
 */
#ifndef INPUT_INPUT_OPTIONS_H
#define INPUT_INPUT_OPTIONS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

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

#endif
