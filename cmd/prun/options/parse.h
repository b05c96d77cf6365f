/* SPDX-License-Identifier: ISC */

/*
 * Options are found as getopt_long(3) finds them: bundled, abbreviated, with
 * their values behind or in the next word; and they end at the first word that
 * is none, so that a command keeps its own.
 */
#ifndef OPTIONS_PARSE_H
#define OPTIONS_PARSE_H

#include <stddef.h>

#include "options/settings.h"
#include "text/text.h"

/* A list of words on its way through the parser. */
struct words {
	const char *const *list;
	size_t n, at;
};

/*
 * Take the options from w->at on; w->at is then at the first word that is none,
 * or behind "--".
 */
int options_parse_words(struct options *o, struct words *w, struct message *m);

#endif
