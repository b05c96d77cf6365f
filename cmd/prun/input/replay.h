/* SPDX-License-Identifier: ISC */

/*
 * Lists of values that must outlive the buffer into which they were read.  Their bytes are
 * copied one after the other, and each list has a number.
 */
#ifndef INPUT_REPLAY_H
#define INPUT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/input_options.h"
#include "text/text.h"

/* All zero means that there are no lists. */
struct replay {
	struct bytes data;
	/* numbers of type size_t: where each value ends in data */
	struct bytes ends;
	/* numbers of type size_t: where each list ends in ends */
	struct bytes lists;
};

void replay_fini(struct replay *replay);

/* Forgets the lists, but keeps the memory. */
void replay_clear(struct replay *replay);

/* Returns 0 or -ENOMEM. */
int replay_add(struct replay *replay, const struct text *values, size_t n);
size_t replay_count(const struct replay *replay);

/*
 * replay_values() tells how many values all lists have, and replay_list() how many list i
 * has, the first of which is number *first.
 */
size_t replay_values(const struct replay *replay);
size_t replay_list(const struct replay *replay, size_t i, size_t *first);

/*
 * Returns value number v, counted over all lists, which is lent until the next
 * replay_add().
 */
struct text replay_value(const struct replay *replay, size_t v);

/*
 * --shuf: takes all tuples, and hands them out in an order that is random or set by a seed.
 */
struct shuffle;

int shuffle_new(struct shuffle **sp);
void shuffle_free(struct shuffle *s);
int shuffle_add(struct shuffle *s, const struct tuple *tuple);

/* Call it when all tuples were added: chooses the order. */
int shuffle_deal(struct shuffle *s, bool seeded, uint64_t seed);

/*
 * Returns 1 and a tuple, which is lent until the next call; 0 after the last one; or
 * -ENOMEM.
 */
int shuffle_next(struct shuffle *s, struct tuple *tuple);

#endif
