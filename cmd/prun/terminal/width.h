/* SPDX-License-Identifier: ISC */

/*
 * How many columns of a terminal a text takes, and how it is cut to those that there
 * are.
 */
#ifndef TERMINAL_WIDTH_H
#define TERMINAL_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/* How many bytes the first character of the text has; the text is not empty. */
size_t width_character(struct text text, size_t *columns);

/* How many columns the whole text takes; escape sequences take none. */
size_t width_of(struct text text);

/* Does the text show nothing, because it is all blanks and escape sequences? */
bool width_is_blank(struct text text);

/* Control bytes are shown as "?", and what does not fit is left out. */
#define WIDTH_NAME 0x0u
/*
 * The text is shown as a terminal would show it: tabs and backspaces move the column,
 * and escape sequences are left out.  ">" stands for what does not fit.
 */
#define WIDTH_LINE 0x1u
/*
 * With WIDTH_LINE: escape sequences that set colours are kept, and the colours end with
 * the text.
 */
#define WIDTH_COLORS 0x2u

/*
 * Add as much of the text as fits.  *column is the column where the text begins and,
 * afterwards, where it ends; width is the first column that must not be used.  0 or
 * -ENOMEM.
 */
int width_cut(struct bytes *out, struct text text, size_t width, unsigned flags,
    size_t *column);

#endif
