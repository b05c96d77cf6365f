/* SPDX-License-Identifier: ISC */

/*
 * A set of sources that go side by side: one source, or one with those that :::+ links to
 * it, or with --link all of them.  A set is a stream of lists of values.  If keep is set,
 * it can begin again.
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
 * Cuts a record into its values (by --colsep, as CSV, or not at all), and trims them.  The
 * source is needed because a quoted field of CSV may go on in the next record.
 */

struct pattern;

struct columns {
	const struct input_options *options; /* lent */
	struct pattern *separator; /* --colsep, if it is an expression */
	char separator_byte; /* --colsep, if it is one plain byte; else 0 */
	bool trim_left, trim_right;

	struct texts values; /* the values of the last record */

	struct csv_parser csv;
	bool csv_ready;
	bool csv_row; /* libcsv has seen the end of the row */
	int csv_error;
	/* the bytes of the fields, one after the other */
	struct bytes csv_bytes;
};

/* options must outlive the columns.  Returns 0, or -errno with a message. */
int columns_init(struct columns *c, const struct input_options *options,
    struct message *m);
void columns_fini(struct columns *c);

/*
 * Takes the next record of source, and puts its values into c->values, where they are valid
 * until the next call.  Returns 1, 0 at the end, or -errno with a message.
 */
int columns_next(struct columns *c, struct source *source, struct message *m);

/* One source of a set. */
struct member {
	struct source source;
	struct columns columns;
	bool ended;
	bool empty; /* the member has not had any record */
	/* --link: the records that are repeated once the member has ended. */
	struct replay wrap;
	size_t turn; /* which list of wrap is repeated next */
};

struct source_set {
	/* the array of all members, lent by the input */
	struct member *members;
	size_t nmembers;
	bool wrap; /* --link: the set ends with its longest member */
	bool keep; /* the set can begin again: see source_set_rewind() */
	size_t nread; /* how many lists were read so far */
	bool ended;

	struct replay kept; /* with keep: all lists so far */
	/* with keep: the number of the list in kept that comes next */
	size_t position;

	struct texts values; /* the values of the current list */
};

void source_set_fini(struct source_set *set);

/*
 * Goes to the next list.  Returns 1 and sets set->values, which are valid until the next
 * call; 0 at the end; or -errno with a message.
 */
int source_set_next(struct source_set *set, struct message *m);

/* Call it if the set has no list: makes one, with an empty value for each member. */
int source_set_make_blank(struct source_set *set, struct message *m);

/* With keep: begins again with the first list. */
void source_set_rewind(struct source_set *set);

#endif
