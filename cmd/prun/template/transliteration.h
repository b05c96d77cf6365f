/* SPDX-License-Identifier: ISC */

/*
 * One tr/from/to/flags of Perl, over bytes.
 */
#ifndef TEMPLATE_TRANSLITERATION_H
#define TEMPLATE_TRANSLITERATION_H

#include "text/text.h"

/*
 * The byte that a backslash and c stand for, here and in s///; c itself if it names no
 * byte.
 */
char escape_byte(char c);

struct transliteration;

/* The parts are as the user wrote them.  -errno and a message that begins with name. */
int transliteration_new(const char *name, struct text from, struct text to,
    struct text flags, struct message *m, struct transliteration **tp);
void transliteration_free(struct transliteration *t);

/* Append the new value to out: 1 when a byte of it was listed, 0 when not, -ENOMEM. */
int transliteration_apply(const struct transliteration *t, struct text value,
    struct bytes *out);

#endif
