/* SPDX-License-Identifier: ISC */

/*
 * The placeholders (replacement strings) of one run: GNU parallel's own, those of
 * --plus and --rpl, and names from a header.  placeholders_find() finds them in a
 * text and makes their rewrites.
 */
#ifndef TEMPLATE_PLACEHOLDERS_H
#define TEMPLATE_PLACEHOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/rewrite.h"
#include "text/text.h"

struct placeholders;

/* The caller keeps options and the texts of names until the placeholders are freed. */
int placeholders_new(const struct command_options *options,
    const struct command_name *names, size_t nnames, struct message *m,
    struct placeholders **sp);
void placeholders_free(struct placeholders *s);

/*
 * Does a placeholder begin at text[at]?  1: *len becomes its length, *position the value for
 * which it stands (1 the first, -1 the last, 0 all of them), and *rewrite, which must be all
 * zero, what it makes of the value.  0: none begins there.  Or -errno with a message.
 */
int placeholders_find(struct placeholders *s, struct text text, size_t at,
    size_t *len, long *position, struct rewrite *rewrite, struct message *m);

#endif
