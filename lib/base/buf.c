/* SPDX-License-Identifier: ISC */

/*
 * Owns the growing of byte buffers: how much memory is asked for, checks against
 * overflow, and the reuse of memory.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define BUF_MIN 256

int
buf_reserve(struct buf *b, size_t n)
{
	size_t size = b->size ? b->size : BUF_MIN;
	char *data;

	if (b->size - b->len >= n)
		return 0;
	if (n > SIZE_MAX / 2 - b->len)
		return -ENOMEM;
	while (size - b->len < n)
		size *= 2;
	data = realloc(b->data, size);
	if (data == NULL)
		return -ENOMEM;
	b->data = data;
	b->size = size;
	return 0;
}

int
buf_add(struct buf *b, const void *data, size_t n)
{
	int error = buf_reserve(b, n);

	if (error != 0 || n == 0)
		return error;
	memcpy(b->data + b->len, data, n);
	b->len += n;
	return 0;
}

int
buf_add_string(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s) + 1);
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

void
buf_clear(struct buf *b, size_t keep)
{
	b->len = 0;
	if (b->size > keep)
		buf_fini(b);
}

char *
buf_take(struct buf *b, size_t *len)
{
	char *data;

	if (buf_reserve(b, 1) != 0)
		return NULL;
	b->data[b->len] = '\0';
	data = b->data;
	*len = b->len;
	*b = (struct buf){ 0 };
	return data;
}

void
buf_fini(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}
