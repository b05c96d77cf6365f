/* SPDX-License-Identifier: ISC */

/*
 * One s/regex/replacement/flags of Perl, as far as prun understands it.
 */
#ifndef TEMPLATE_SUBSTITUTION_H
#define TEMPLATE_SUBSTITUTION_H

#include <stddef.h>

#include "text/text.h"

struct substitution;

/*
 * The three parts are as the user wrote them, without the delimiters.
 * parameters take the places of $$1, $$2, ...: in the regex they are regular
 * expressions, in the replacement plain text.  -errno and a message that begins
 * with name.
 */
int substitution_new(const char *name, struct text regex,
    struct text replacement, struct text flags, const struct text *parameters,
    size_t nparameters, struct message *m, struct substitution **sp);
void substitution_free(struct substitution *s);

/*
 * Append the new value to out: 1 when the regex matched, 0 when not, -errno.
 */
int substitution_apply(struct substitution *s, struct text value,
    struct bytes *out, struct message *m);

/*
 * One tr/from/to/flags of Perl, over bytes.
 */

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
