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
	SOURCE_FILE, /* a file, or stdin if it is "-" */
};

struct source_spec {
	enum source_kind kind;
	/* :::+, ::::+: the source goes side by side with the one before it. */
	bool linked;
	/* SOURCE_ARGUMENTS: the words, which are lent and must outlive the input. */
	const char *const *words;
	size_t nwords;
	const char *path; /* SOURCE_FILE: lent, and must outlive the input */
};

enum trim {
	TRIM_DEFAULT = 0, /* both ends with --colsep, else none */
	TRIM_NONE,
	TRIM_LEFT,
	TRIM_RIGHT,
	TRIM_BOTH,
};

/*
 * Every source reads with this function.  It returns what read(2) returns, or -errno;
 * -ECANCELED ends the input without a message.  It may block.
 */
typedef ssize_t input_read_fn(void *arg, int fd, void *buf, size_t len);

/*
 * Gets a warning for the user: one line.  Each warning comes once, and the input goes on.
 */
typedef void input_warn_fn(void *arg, const char *text);

/*
 * Called when the only source has ended, as more may come.  Returns 1 and a record, which
 * is lent until the next call; 0 if nothing more comes; or -ECANCELED, which ends the input
 * without a message.
 */
typedef int input_more_fn(void *arg, struct text *record);

/* All zero means the lines of stdin, each of which is one value. */
struct input_options {
	const struct source_spec *sources; /* if nsources is 0, stdin is read */
	size_t nsources;
	/* --link: all sources go side by side, and the short ones are repeated. */
	bool link;

	/*
	 * -d, -0: the bytes between records, with escapes resolved; NULL means a newline.
	 */
	const char *delimiter;
	size_t delimiter_len;
	/* -E: a record equal to this ends its source. */
	const char *eof;
	bool skip_blank; /* -r: blank records are left out */
	/* --skip-first-line: the first record of the first source is left out */
	bool skip_first;
	/* -L: a record that ends in a blank goes on in the next one. */
	bool join_lines;
	enum trim trim;

	/* --colsep, an expression of PCRE2; with csv it is the byte between fields. */
	const char *colsep;
	bool csv;
	bool header; /* the first record of each source names its columns */
	bool header_paths; /* --header 0: the paths of files are their names */

	/* --shuf: the order is random, so the whole input is read first */
	bool shuffle;
	bool seeded; /* --seed: the order is the same in each run */
	uint64_t seed;

	input_read_fn *read; /* NULL means read(2), repeated on EINTR */
	void *read_arg;
	input_more_fn *more; /* NULL if nothing more can come */
	void *more_arg;
	input_warn_fn *warn; /* NULL if nobody wants warnings */
	void *warn_arg;
};

/* The values of one combination, in the order of sources and columns. */
struct tuple {
	const struct text *values;
	size_t nvalues;
};

/* A name that --header gives to the value at position (from 1). */
struct input_name {
	struct text name;
	size_t position;
};

#endif
