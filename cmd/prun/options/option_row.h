/* SPDX-License-Identifier: ISC */

/*
 * The only table of options, with their names, arguments, help and setters.  The parser,
 * --help, the completions and the tests read it.  An option is one row of this table and one
 * field of struct options.
 */
#ifndef OPTIONS_OPTION_ROW_H
#define OPTIONS_OPTION_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "options/settings.h"
#include "text/text.h"

enum option_argument {
	ARGUMENT_NONE = 0,
	ARGUMENT_REQUIRED,
	ARGUMENT_OPTIONAL, /* the next word, unless it begins with "-" */
	ARGUMENT_OPTIONAL_NUMBER, /* the next word, if it is a number */
	ARGUMENT_ATTACHED, /* optional, and only in the same word, behind "=" */
	ARGUMENT_ANY, /* the next word, if there is one */
};

enum option_state {
	OPTION_READY = 0,
	/*
	 * Ready, but GNU parallel 20221122 has no such option.  An abbreviation that fits
	 * an option of GNU parallel too means that one.
	 */
	OPTION_NEWER,
	/* refused: set says why; set is NULL: "is not supported" */
	OPTION_NOT_YET,
	OPTION_HIDDEN, /* not shown by --help, and never abbreviated */
	/* no option: help names the topic of the rows that follow */
	OPTION_HEADING,
};

struct option_row;

/*
 * Store the option in *o.  value lives as long as *o; NULL if the option has none.  name is
 * what the user wrote, "--name" or "-x".  0, or -errno and a message that begins with name.
 */
typedef int option_set_fn(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m);

struct option_row {
	const char *name; /* the long name without "--"; NULL: it has none */
	/* more long names, separated by blanks; NULL: none */
	const char *aliases;
	char letter; /* the short name; 0: it has none */
	enum option_argument argument;
	const char *value; /* the name of the argument in the help */
	enum option_state state;
	option_set_fn *set;
	size_t field; /* the offset in struct options of what set stores */
	int constant; /* what set_constant() stores there */
	const char *help; /* one line, no full stop */
};

/* Does the option work, so that --help shows it? */
static inline bool
option_is_shown(const struct option_row *row)
{
	return row->state == OPTION_READY || row->state == OPTION_NEWER;
}

extern const struct option_row options_rows[];
extern const size_t options_nrows;

#endif
