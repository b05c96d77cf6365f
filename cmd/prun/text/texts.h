/* SPDX-License-Identifier: ISC */

/*
 * An array of texts that grows: the values of a record, of a tuple, of a job.  It
 * owns the array; the bytes belong to somebody else.
 */
#ifndef TEXT_TEXTS_H
#define TEXT_TEXTS_H

#include <stddef.h>

#include "text/text.h"

/* All zero is empty.  Setting n to 0 empties it and keeps the memory. */
struct texts {
	struct text *list;
	size_t n, size;
};

void texts_fini(struct texts *t);

/* Make room for n texts in all, including those of list.  0 or -ENOMEM. */
int texts_reserve(struct texts *t, size_t n);
int texts_add(struct texts *t, struct text text);

#endif
