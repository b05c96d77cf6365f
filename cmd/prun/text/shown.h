/* SPDX-License-Identifier: ISC */

/*
 * How a message quotes a command, a name or a value, which may contain any bytes and
 * may have any length.
 */
#ifndef TEXT_SHOWN_H
#define TEXT_SHOWN_H

#include <stddef.h>

#include "text/text.h"

#define SHOWN_MOST ((size_t)200)

struct shown {
	char text[SHOWN_MOST + sizeof("...")];
};

/*
 * The text as a message shows it: at most SHOWN_MOST bytes, then "..." if there are
 * more.  Control bytes other than tabs are shown as ^X, and bytes that are no character
 * as a question mark.  Returns s->text.
 */
const char *shown(struct shown *s, struct text text);

#endif
