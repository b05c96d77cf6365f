/* SPDX-License-Identifier: ISC */

/*
 * Lists of values that must outlive the buffer they were read into: copied one
 * behind the other, found again by number.  It does not know what they are for.
 */
#ifndef INPUT_SHELF_H
#define INPUT_SHELF_H

#include <stddef.h>

#include "text/text.h"

/* All zero is empty. */
struct shelf {
	struct bytes data;
	struct bytes ends; /* size_t: where each value ends in data */
	struct bytes lists; /* size_t: where each list ends in ends */
};

void shelf_fini(struct shelf *s);

/* Forget the lists, keep the memory. */
void shelf_clear(struct shelf *s);

/* 0 or -ENOMEM. */
int shelf_add(struct shelf *s, const struct text *values, size_t n);
size_t shelf_count(const struct shelf *s);

/* Values of all lists, and of list i, which begin at *first. */
size_t shelf_values(const struct shelf *s);
size_t shelf_list(const struct shelf *s, size_t i, size_t *first);

/* Value number v of the whole shelf; lent until the next shelf_add(). */
struct text shelf_value(const struct shelf *s, size_t v);

#endif
