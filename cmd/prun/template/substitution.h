/* SPDX-License-Identifier: ISC */

/*
 * s/regex/replacement/flags and tr/from/to/flags of Perl, as far as prun understands them.
 */
#ifndef TEMPLATE_SUBSTITUTION_H
#define TEMPLATE_SUBSTITUTION_H

#include <stddef.h>

#include "text/text.h"

struct substitution;

/*
 * The three parts are as the user wrote them, without the delimiters.  $$1, $$2, ... stand
 * for parameters: in the regex these are regular expressions, in the replacement plain text.
 * 0, or -errno and a message that begins with name.
 */
int substitution_new(const char *name, struct text regex,
    struct text replacement, struct text flags, const struct text *parameters,
    size_t nparameters, struct message *m, struct substitution **sp);
void substitution_free(struct substitution *s);

/* Append the new value to out.  1: the regex has matched; 0: it has not; or -errno. */
int substitution_apply(struct substitution *s, struct text value,
    struct bytes *out, struct message *m);

/* tr/from/to/flags works on bytes, not on characters. */

/* The byte for which a backslash and c stand, in tr/// and in s///; else c itself. */
char escape_byte(char c);

struct transliteration;

/* The parts are as the user wrote them.  0, or -errno and a message that begins with name. */
int transliteration_new(const char *name, struct text from, struct text to,
    struct text flags, struct message *m, struct transliteration **tp);
void transliteration_free(struct transliteration *t);

/* Append the new value to out.  1: `from` lists a byte of the value; 0: none; or -ENOMEM. */
int transliteration_apply(const struct transliteration *t, struct text value,
    struct bytes *out);

#endif
