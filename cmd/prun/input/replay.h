/* SPDX-License-Identifier: ISC */

/*
 * Lists of values that must outlive the buffer into which they were read.  Their
 * bytes are copied one behind the other, and each list has a number.
 */
#ifndef INPUT_REPLAY_H
#define INPUT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input/input_options.h"
#include "text/text.h"

/* All zero is empty. */
struct replay {
	struct bytes data;
	struct bytes ends; /* size_t: where each value ends in data */
	struct bytes lists; /* size_t: where each list ends in ends */
};

void replay_fini(struct replay *replay);

/* Forget the lists, keep the memory. */
void replay_clear(struct replay *replay);

/* 0 or -ENOMEM. */
int replay_add(struct replay *replay, const struct text *values, size_t n);
size_t replay_count(const struct replay *replay);

/* How many values there are in all lists; in list i, whose first one is *first. */
size_t replay_values(const struct replay *replay);
size_t replay_list(const struct replay *replay, size_t i, size_t *first);

/* Value number v, counted over all lists; lent until the next replay_add(). */
struct text replay_value(const struct replay *replay, size_t v);

/* --shuf: all tuples, in an order that is random or set by a seed. */

struct shuffle;

int shuffle_new(struct shuffle **sp);
void shuffle_free(struct shuffle *s);
int shuffle_add(struct shuffle *s, const struct tuple *tuple);

/* All tuples have been added: choose the order. */
int shuffle_deal(struct shuffle *s, bool seeded, uint64_t seed);

/* 1 and a tuple lent until the next call; 0 after the last one; -ENOMEM. */
int shuffle_next(struct shuffle *s, struct tuple *tuple);

#endif
