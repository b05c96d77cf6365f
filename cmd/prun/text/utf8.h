/* SPDX-License-Identifier: ISC */

/* Characters of UTF-8: where one ends, and how to replace or cut off what is none. */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>

#include "text/text.h"

/* U+FFFD, which stands for what is no character. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/*
 * The length of the character at data; 0 when more bytes are needed to tell; -1 when
 * the first byte is not part of a character.  len is not 0.
 */
int utf8_length(const unsigned char *data, size_t len);

/* Adds the text with U+FFFD in place of each byte that is not part of a character. */
int utf8_add(struct bytes *out, struct text t);

/* How many bytes at the end of the text begin a character that is not whole. */
size_t utf8_unfinished(struct text t);

/*
 * For a piece of a longer text: the piece without the parts of characters that were cut
 * at its beginning and its end.
 */
struct text utf8_trim(struct text t);

#endif
