/* SPDX-License-Identifier: ISC */

/*
 * The only table of options, with their names, arguments, help and setters.  The parser,
 * --help, the completions and the tests read it.  An option is one row of this table and one
 * field of struct options.
 */
#ifndef OPTIONS_TABLE_H
#define OPTIONS_TABLE_H

#include <stddef.h>

#include "options/option_row.h"

extern const struct option_row options_rows[];
extern const size_t options_nrows;

#endif
