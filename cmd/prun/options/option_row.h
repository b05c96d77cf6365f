/* SPDX-License-Identifier: ISC */

/*
 * A row of the option table, and the type of its setter.
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
	ARGUMENT_OPTIONAL_NUMBER, /* the next word, when it is a number */
	ARGUMENT_ATTACHED, /* behind "=" only */
	ARGUMENT_ANY, /* the next word, if there is one */
};

enum option_state {
	OPTION_READY = 0,
	/*
	 * Ready, but GNU parallel 20221122 has no such option: an abbreviation means
	 * one that it has, where that is the only one.
	 */
	OPTION_NEWER,
	OPTION_NOT_YET, /* "--name is not supported", which set may say instead */
	OPTION_HIDDEN, /* not in --help, and never abbreviated */
	OPTION_HEADING, /* no option: the topic of the rows behind it is its help */
};

struct option_row;

/*
 * Store the option in *o.  value is NULL when the option has none; else it lives
 * as long as *o.  name is "--name", or "-x" where the user wrote a letter.  0, or
 * -errno and a message that begins with name.
 */
typedef int option_set_fn(struct options *o, const struct option_row *row,
    const char *name, const char *value, struct message *m);

struct option_row {
	const char *name; /* long, without "--"; NULL: short only */
	const char *aliases; /* more long names with blanks between, or NULL */
	char letter; /* 0: none */
	enum option_argument argument;
	const char *value; /* the name of the argument in the help */
	enum option_state state;
	option_set_fn *set;
	size_t field; /* for set: an offset in struct options */
	int constant; /* for set_constant(): what it stores in the field */
	const char *help; /* one line, no full stop */
};

/* It works, and --help shows it. */
static inline bool
option_is_shown(const struct option_row *row)
{
	return row->state == OPTION_READY || row->state == OPTION_NEWER;
}

#endif
