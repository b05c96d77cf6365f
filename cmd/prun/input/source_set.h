/* SPDX-License-Identifier: ISC */

/*
 * Sources that go side by side: one source, one with those that :::+ links to
 * it, or with --link all of them.  A set is a stream of lists of values.  With
 * keep it can begin again.
 */
#ifndef INPUT_SOURCE_SET_H
#define INPUT_SOURCE_SET_H

#include <csv.h>
#include <stdbool.h>
#include <stddef.h>

#include "input/input_options.h"
#include "input/replay.h"
#include "input/source.h"
#include "text/text.h"

/*
 * A record cut into its values (by --colsep, as CSV, or not at all), which are
 * then trimmed.  The source is needed because a quoted CSV field may go on in
 * the next record.
 */

struct pattern;

struct columns {
	const struct input_options *options; /* lent */
	struct pattern *separator; /* --colsep, when it is an expression */
	char separator_byte; /* --colsep, when it is one plain byte; else 0 */
	bool trim_left, trim_right;

	struct texts values; /* of the last record */

	struct csv_parser csv;
	bool csv_ready;
	bool csv_row; /* libcsv has seen the end of the row */
	int csv_error;
	struct bytes csv_bytes; /* the fields' bytes, one after the other */
};

/* options outlives it. */
int columns_init(struct columns *c, const struct input_options *options,
    struct message *m);
void columns_fini(struct columns *c);

/*
 * The next record of source as values in c->values, good until the next call.
 * 1, 0 at the end, -errno.
 */
int columns_next(struct columns *c, struct source *source, struct message *m);

/* One source of a set. */
struct member {
	struct source source;
	struct columns columns;
	bool ended;
	bool empty; /* it never had a record */
	/* --link: the records that it repeats once it has ended */
	struct replay wrap;
	size_t turn; /* the next list of wrap to repeat */
};

struct source_set {
	struct member *members; /* lent by the input */
	size_t nmembers;
	bool wrap; /* --link: it ends with the longest member */
	bool keep; /* it can begin again: see source_set_rewind() */
	size_t nread; /* lists so far */
	bool ended;

	struct replay kept; /* keep: all lists so far */
	size_t position; /* keep: the list of kept that comes next */

	struct texts values; /* the current list */
};

void source_set_fini(struct source_set *set);

/*
 * Go to the next list: 1 and set->values, good until the next call; 0 at the
 * end; -errno.
 */
int source_set_next(struct source_set *set, struct message *m);

/* The set has no list: make one, with an empty value for each member. */
int source_set_make_blank(struct source_set *set, struct message *m);

/* keep: begin again with the first list. */
void source_set_rewind(struct source_set *set);

#endif
