/* SPDX-License-Identifier: ISC */

/*
 * One s/regex/replacement/flags of Perl, as far as it can be had without Perl.
 */
#ifndef TEMPLATE_SUBSTITUTION_H
#define TEMPLATE_SUBSTITUTION_H

#include <stddef.h>

#include "text/text.h"

struct substitution;

/*
 * The three parts are as they were written, without the delimiters.
 * parameters take the places of $$1, $$2, ...: in the regex as regex, in the
 * replacement as they are.  -errno and a message that begins with name.
 */
int substitution_new(const char *name, struct text regex,
    struct text replacement, struct text flags, const struct text *parameters,
    size_t nparameters, struct message *m, struct substitution **sp);
void substitution_free(struct substitution *s);

/*
 * Append what value becomes to out: 1 when something matched, 0 when not,
 * -errno.
 */
int substitution_apply(struct substitution *s, struct text value,
    struct bytes *out, struct message *m);

#endif
