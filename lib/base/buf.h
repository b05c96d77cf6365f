/* SPDX-License-Identifier: ISC */

/* A growable run of bytes.  An all-zero struct buf is an empty one. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *
	    data; /* moves when the buffer grows; NULL while it has never held any */
	size_t len;
	size_t size;
};

/* 0 or -ENOMEM: room for n bytes behind len. */
int buf_reserve(struct buf *b, size_t n);

/* 0 or -ENOMEM: nothing was added then. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_add_string(struct buf *b, const char *s); /* with its NUL */

/* Drop the first n bytes. */
void buf_drop(struct buf *b, size_t n);

/* Empty it, and keep memory up to keep bytes for the next use. */
void buf_clear(struct buf *b, size_t keep);

/* The bytes, NUL-terminated, now the caller's to free(3); NULL: no memory. */
char *buf_take(struct buf *b, size_t *len);

void buf_fini(struct buf *b);

#endif
