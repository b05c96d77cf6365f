/* SPDX-License-Identifier: ISC */

/*
 * Sources that go side by side: one source, one with its :::+ companions, or
 * all of them with --link.  A group is a stream of lists of values that can be
 * run through again when it was told to keep what it read.
 */
#ifndef INPUT_SOURCE_SET_H
#define INPUT_SOURCE_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "input/columns.h"
#include "input/input_options.h"
#include "input/replay.h"
#include "input/source.h"
#include "text/text.h"
#include "text/texts.h"

/* One source of a group. */
struct member {
	struct source source;
	struct columns columns;
	bool ended;
	bool empty; /* it never had a record */
	struct replay wrap; /* --link: what a short source repeats */
	size_t turn; /* the next list of wrap */
};

struct source_set {
	struct member *members; /* lent: a part of the input's */
	size_t nmembers;
	bool wrap; /* --link: until the longest ends */
	bool keep; /* can be run through again */
	size_t nread; /* lists so far */
	bool ended;

	struct replay shelf; /* keep */
	size_t position; /* of the current list on the shelf */

	struct texts values; /* the current list */
};

void source_set_fini(struct source_set *g);

/*
 * Go to the next list: 1 and g->values, good until the next call; 0 at the
 * end; -errno.
 */
int source_set_next(struct source_set *g, struct message *m);

/* Instead of no list at all: one, of an empty value for each member. */
int source_set_make_blank(struct source_set *g, struct message *m);

/* keep: begin anew, with the first list. */
void source_set_rewind(struct source_set *g);

#endif
