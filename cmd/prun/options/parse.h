/* SPDX-License-Identifier: ISC */

/*
 * Parses options as getopt_long(3) does: letters may be bundled, long names may be
 * abbreviated, and a value may stand in the same word or in the next one.  The options end
 * at the first word that is no option: options behind it belong to the command.
 */
#ifndef OPTIONS_PARSE_H
#define OPTIONS_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "options/option_row.h"
#include "options/settings.h"
#include "text/text.h"

/*
 * What a user may have meant by a name that no option has.
 */

/* Are the names equal, apart from hyphens, small and large letters and typing errors? */
bool suggestion_is_like(struct text a, struct text b);

/* A list of words, and the position of the parser in it. */
struct words {
	const char *const *list;
	size_t n, at;
};

/*
 * Parse the options from w->at on.  Afterwards w->at is at the first word that is no option,
 * or behind "--".  0, or -errno with a message.
 */
int options_parse_words(struct options *o, struct words *w, struct message *m);

/*
 * Is the word surely meant as an option of prun: a long name of the table, -k, or -j with a
 * number?
 */
bool options_is_one(const char *word);

/* The row of "--name", which may be abbreviated, or of "-x"; NULL and a message: none. */
const struct option_row *options_find(const char *word, struct message *m);

#endif
