/* SPDX-License-Identifier: ISC */

/* --shuf: all tuples, in an order that is random or set by a seed. */
#ifndef INPUT_SHUFFLE_H
#define INPUT_SHUFFLE_H

#include <stdbool.h>
#include <stdint.h>

#include "input/input_options.h"

struct shuffle;

int shuffle_new(struct shuffle **sp);
void shuffle_free(struct shuffle *s);
int shuffle_add(struct shuffle *s, const struct tuple *tuple);

/* All tuples have been added: choose the order. */
int shuffle_deal(struct shuffle *s, bool seeded, uint64_t seed);

/* 1 and a tuple lent until the next call; 0 after the last one; -ENOMEM. */
int shuffle_next(struct shuffle *s, struct tuple *tuple);

#endif
