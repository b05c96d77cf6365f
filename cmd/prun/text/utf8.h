/* SPDX-License-Identifier: ISC */

/*
 * Characters of UTF-8: where one ends, and how bytes that are none are replaced or cut
 * off.
 */
#ifndef TEXT_UTF8_H
#define TEXT_UTF8_H

#include <stddef.h>

#include "text/text.h"

/* U+FFFD, which is shown in place of bytes that are no character. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/*
 * The length of the character at data; 0 when more bytes are needed to tell; -1 when
 * the first byte is not part of a character.  len is not 0.
 */
int utf8_length(const unsigned char *data, size_t len);

/*
 * Adds the text to out.  U+FFFD takes the place of each byte that is not part of a
 * character.
 */
int utf8_add(struct bytes *out, struct text t);

/*
 * How many bytes at the end of the text are the beginning of a character whose rest is
 * missing.
 */
size_t utf8_unfinished(struct text t);

/*
 * For a piece of a longer text: the piece without those parts of characters that were
 * cut apart at its beginning and at its end.
 */
struct text utf8_trim(struct text t);

#endif
