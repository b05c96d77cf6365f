/* SPDX-License-Identifier: ISC */

/* A buffer of bytes that grows, and lists of strings.  A struct buf of zeros is empty. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	/* NULL until memory is first needed.  It may move when the buffer grows. */
	char *data;
	size_t len;
	size_t size;
};

/* Make room for n more bytes behind the first len.  0 or -ENOMEM. */
int buf_reserve(struct buf *b, size_t n);

/* Append n bytes.  0; or -ENOMEM, and nothing was appended. */
int buf_add(struct buf *b, const void *data, size_t n);
int buf_add_string(struct buf *b, const char *s); /* with its NUL */

/* Remove the first n bytes, or all if there are fewer. */
void buf_drop(struct buf *b, size_t n);

/*
 * Empty the buffer.  Its memory is kept for the next use, unless it is more than
 * keep bytes.
 */
void buf_clear(struct buf *b, size_t keep);

/*
 * Take the bytes out of the buffer, NUL-terminated; the caller frees them.  NULL: no
 * memory.
 */
char *buf_take(struct buf *b, size_t *len);

void buf_fini(struct buf *b);

/* How many strings the list has, which NULL ends.  NULL: none. */
static inline size_t
list_length(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

#endif
