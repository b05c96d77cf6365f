/* SPDX-License-Identifier: ISC */

/*
 * Regular expressions as Perl has them, over bytes: a small interface to PCRE2.
 */
#ifndef TEXT_PATTERN_H
#define TEXT_PATTERN_H

#include "text/text.h"

struct pattern;

/* Bits of the flags of pattern_new(). */
#define PATTERN_IGNORE_CASE 0x1u /* /i */
#define PATTERN_MULTILINE 0x2u /* /m */
#define PATTERN_DOT_ALL 0x4u /* /s */
#define PATTERN_EXTENDED 0x8u /* /x */
#define PATTERN_UNGREEDY 0x10u
#define PATTERN_ANCHORED 0x20u /* a match must begin at `from` */

/*
 * name is lent as long as the pattern lives.  -EINVAL: the expression is wrong, and the
 * message is "name: reason at character N of 'regex'".
 */
int pattern_new(const char *name, struct text regex, unsigned flags,
    struct message *m, struct pattern **pp);
void pattern_free(struct pattern *p);

/*
 * 1: the subject matches at from or later; 0: it does not; or -errno.  With not_empty,
 * an empty match at from does not count.
 */
int pattern_match(struct pattern *p, struct text subject, size_t from,
    bool not_empty, struct message *m);

/*
 * The text of a group in the last match; group 0 is the whole match.  A group that took
 * no part in the match is empty, with data NULL.
 */
struct text pattern_group(const struct pattern *p, struct text subject,
    size_t group);

/* Where the last match begins and ends, in bytes of the subject. */
size_t pattern_begin(const struct pattern *p);
size_t pattern_end(const struct pattern *p);

/* How many groups the expression has. */
size_t pattern_groups(const struct pattern *p);

#endif
