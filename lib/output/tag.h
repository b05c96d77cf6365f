/* SPDX-License-Identifier: ISC */

/* A text before every line of output. */
#ifndef OUTPUT_TAG_H
#define OUTPUT_TAG_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Add data to out with the tag before each first byte of a line; a carriage
 * return begins one as well.  *midline carries over to the next piece of the
 * same stream; false at its start.  0 or -ENOMEM.
 */
int tag_lines(struct buf *out, const char *tag, const char *data, size_t len,
    bool *midline);

#endif
