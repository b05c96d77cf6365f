/* SPDX-License-Identifier: ISC */

/*
 * Texts in a row, as many as there come: the values of a record, of a tuple, of
 * a job.  It owns the row, and the bytes are somebody else's.
 */
#ifndef TEXT_TEXTS_H
#define TEXT_TEXTS_H

#include <stddef.h>

#include "text/text.h"

/* All zero is empty; n = 0 empties it, and keeps the memory. */
struct texts {
	struct text *list;
	size_t n, size;
};

void texts_fini(struct texts *t);

/* Room for n texts in all, beyond t->n as well.  0 or -ENOMEM. */
int texts_reserve(struct texts *t, size_t n);
int texts_add(struct texts *t, struct text text);

#endif
