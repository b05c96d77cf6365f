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
#include "input/reader.h"
#include "text/text.h"

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
