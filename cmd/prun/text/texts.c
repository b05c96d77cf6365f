/* SPDX-License-Identifier: ISC */

/* Owns the growing of an array of texts: it doubles. */
#include <errno.h>
#include <stdlib.h>

#include "text/texts.h"

#define FIRST_SIZE 8

void
texts_fini(struct texts *t)
{
	free(t->list);
	*t = (struct texts){ 0 };
}

int
texts_reserve(struct texts *t, size_t n)
{
	size_t size = t->size > 0 ? 2 * t->size : FIRST_SIZE;
	struct text *list;

	if (n <= t->size)
		return 0;
	if (size < n)
		size = n;
	list = reallocarray(t->list, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	t->list = list;
	t->size = size;
	return 0;
}

int
texts_add(struct texts *t, struct text text)
{
	int error = texts_reserve(t, t->n + 1);

	if (error == 0)
		t->list[t->n++] = text;
	return error;
}
