/* SPDX-License-Identifier: ISC */

/*
 * Lists of values that must outlive the buffer into which they were read.  Their
 * bytes are copied one behind the other, and each list has a number.
 */
#ifndef INPUT_REPLAY_H
#define INPUT_REPLAY_H

#include <stddef.h>

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

#endif
