/* SPDX-License-Identifier: ISC */

/*
 * The replacement strings of one run: GNU parallel's own, --plus, --rpl, names
 * from a header. It finds them in a text and makes their rewrites; what stands
 * between them is none of its business.
 */
#ifndef COMMAND_STRINGS_H
#define COMMAND_STRINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "command/command.h"
#include "command/rewrite.h"
#include "text/text.h"

struct strings;

/* options, and the texts of names, are lent and outlive the strings. */
int strings_new(const struct command_options *options,
    const struct command_name *names, size_t nnames, struct message *m,
    struct strings **sp);
void strings_free(struct strings *s);

/*
 * 1 when a replacement string begins at text[at]: *len is its length, *position
 * the value that it takes (1 the first, -1 the last, 0 all of them), and
 * *rewrite, which must be all zero, what it does.  0 when none does; -errno.
 */
int strings_find(struct strings *s, struct text text, size_t at, size_t *len,
    long *position, struct rewrite *rewrite, struct message *m);

#endif
