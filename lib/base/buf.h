/* SPDX-License-Identifier: ISC */

/* Bytes that grow.  An all-zero struct buf is empty. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	/* It moves when the buffer grows.  NULL until memory is first needed. */
	char *data;
	size_t len;
	size_t size;
};

/* Make room for n bytes behind len.  0 or -ENOMEM. */
int buf_reserve(struct buf *b, size_t n);

/* 0, or -ENOMEM: nothing was added. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_add_string(struct buf *b, const char *s); /* with its NUL */

/* Remove the first n bytes, or all if there are fewer. */
void buf_drop(struct buf *b, size_t n);

/* Empty it.  Memory of at most keep bytes is kept for the next use. */
void buf_clear(struct buf *b, size_t keep);

/* Take the bytes out, NUL-terminated; the caller frees them.  NULL: no memory. */
char *buf_take(struct buf *b, size_t *len);

void buf_fini(struct buf *b);

#endif
