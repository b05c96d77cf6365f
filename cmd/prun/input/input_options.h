/* SPDX-License-Identifier: ISC */

/*
 * The options of the input and the tuples that it hands out: the types that all
 * files of this room share.
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
	/* goes side by side with the source before it (:::+, ::::+) */
	bool linked;
	/* SOURCE_ARGUMENTS: lent, outlives the input. */
	const char *const *words;
	size_t nwords;
	const char *path; /* SOURCE_FILE: lent, outlives the input */
};

enum trim {
	TRIM_DEFAULT = 0, /* with --colsep both ends, else none */
	TRIM_NONE,
	TRIM_LEFT,
	TRIM_RIGHT,
	TRIM_BOTH,
};

/*
 * Every source reads by this function.  It returns what read(2) returns, or
 * -errno; -ECANCELED ends the input without a message.  fd may block.
 */
typedef ssize_t input_read_fn(void *arg, int fd, void *buf, size_t len);

/* A warning for the user: one line; each warning comes once, and the input goes on. */
typedef void input_warn_fn(void *arg, const char *text);

/*
 * Where the only source is at its end, more may come: 1 and a record, which is lent until
 * the next call; 0: nothing more comes; -ECANCELED ends the input without a message.
 */
typedef int input_more_fn(void *arg, struct text *record);

/* All zero: lines of stdin, one value each. */
struct input_options {
	const struct source_spec *sources; /* nsources is 0: stdin */
	size_t nsources;
	/* --link: all sources side by side, the short ones repeated. */
	bool link;

	/* -d, -0: bytes, escapes resolved; NULL: a newline. */
	const char *delimiter;
	size_t delimiter_len;
	/* -E: a record equal to this ends its source. */
	const char *eof;
	bool skip_blank; /* -r: blank records are left out */
	bool skip_first; /* --skip-first-line: of the first source */
	/* -L: a record that ends in a blank goes on in the next one. */
	bool join_lines;
	enum trim trim;

	/* --colsep, an expression of PCRE2; with csv the byte between fields. */
	const char *colsep;
	bool csv;
	bool header; /* each source's first record names its columns */
	bool header_paths; /* --header 0: paths of files name them */

	bool shuffle; /* --shuf: the whole input is read first */
	bool seeded; /* --seed: the order is the same every time */
	uint64_t seed;

	input_read_fn *read; /* NULL: read(2), repeated on EINTR */
	void *read_arg;
	input_more_fn *more; /* NULL: nothing more comes */
	void *more_arg;
	input_warn_fn *warn; /* NULL: no warnings */
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
