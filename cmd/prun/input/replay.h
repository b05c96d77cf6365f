/* SPDX-License-Identifier: ISC */

/*
 * Lists of values that must outlive the buffer they were read into: copied one
 * behind the other, found again by number.  It does not know what they are for.
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

void replay_fini(struct replay *s);

/* Forget the lists, keep the memory. */
void replay_clear(struct replay *s);

/* 0 or -ENOMEM. */
int replay_add(struct replay *s, const struct text *values, size_t n);
size_t replay_count(const struct replay *s);

/* Values of all lists, and of list i, which begin at *first. */
size_t replay_values(const struct replay *s);
size_t replay_list(const struct replay *s, size_t i, size_t *first);

/* Value number v of the whole shelf; lent until the next replay_add(). */
struct text replay_value(const struct replay *s, size_t v);

#endif
