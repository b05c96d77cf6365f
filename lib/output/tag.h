/* SPDX-License-Identifier: ISC */

/* A text before every line of output, and one behind. */
#ifndef OUTPUT_TAG_H
#define OUTPUT_TAG_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Strings of the caller; NULL: none. */
struct tag {
	const char *begin; /* before the first byte of a line */
	const char *end; /* before the byte that ends it */
};

bool tag_is_empty(const struct tag *tag);

/*
 * Add data to out, tagged; a carriage return ends a line as well.  *midline
 * carries over to the next piece of the same stream; false at its start.
 * 0 or -ENOMEM.
 */
int tag_lines(struct buf *out, const struct tag *tag, const char *data,
    size_t len, bool *midline);

#endif
