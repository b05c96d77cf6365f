/* SPDX-License-Identifier: ISC */

/*
 * Sources that go side by side: one source, one with those that :::+ links to
 * it, or with --link all of them.  A set is a stream of lists of values.  With
 * keep it can begin again.
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
