/* SPDX-License-Identifier: ISC */

/*
 * Sources that go side by side: one source, one with its :::+ companions, or
 * all of them with --link.  A group is a stream of lists of values that can be
 * run through again when it was told to keep what it read.
 */
#ifndef INPUT_GROUP_H
#define INPUT_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "input/columns.h"
#include "input/input.h"
#include "input/shelf.h"
#include "input/source.h"
#include "text/text.h"
#include "text/texts.h"

/* One source of a group. */
struct member {
	struct source source;
	struct columns columns;
	bool ended;
	bool empty; /* it never had a record */
	struct shelf wrap; /* --link: what a short source repeats */
	size_t turn; /* the next list of wrap */
};

struct group {
	struct member *members; /* lent: a part of the input's */
	size_t nmembers;
	bool wrap; /* --link: until the longest ends */
	bool keep; /* can be run through again */
	size_t nread; /* lists so far */
	bool ended;

	struct shelf shelf; /* keep */
	size_t position; /* of the current list on the shelf */

	struct texts values; /* the current list */
};

void group_fini(struct group *g);

/*
 * Go to the next list: 1 and g->values, good until the next call; 0 at the
 * end; -errno.
 */
int group_next(struct group *g, struct message *m);

/* Instead of no list at all: one, of an empty value for each member. */
int group_make_blank(struct group *g, struct message *m);

/* keep: begin anew, with the first list. */
void group_rewind(struct group *g);

#endif
