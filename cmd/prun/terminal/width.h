/* SPDX-License-Identifier: ISC */

/* How many columns of a terminal a text takes, and cutting it to what fits.  Pure. */
#ifndef TERMINAL_WIDTH_H
#define TERMINAL_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

/* The bytes of the first character of a text that is not empty. */
size_t width_character(struct text text, size_t *columns);

/* Columns of the whole text; escape sequences take none. */
size_t width_of(struct text text);

/* Is nothing of it visible, because it is blanks and escape sequences? */
bool width_is_blank(struct text text);

/* Control bytes are shown as "?", what does not fit is left out. */
#define WIDTH_NAME 0x0u
/*
 * As a terminal would show it: tabs and backspaces do what they do, ">" stands
 * for what does not fit, and escape sequences are left out ...
 */
#define WIDTH_LINE 0x1u
/* ... but for colours, which end with the text. */
#define WIDTH_COLORS 0x2u

/*
 * Add as much of the text as fits.  *column is where it begins and, after that,
 * where it ends; column width is beyond the last one.  0 or -ENOMEM.
 */
int width_cut(struct bytes *out, struct text text, size_t width, unsigned flags,
    size_t *column);

#endif
