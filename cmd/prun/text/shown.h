/* SPDX-License-Identifier: ISC */

/*
 * How a message quotes a command, a name or a value, which may have any bytes and be of any
 * length.
 */
#ifndef TEXT_SHOWN_H
#define TEXT_SHOWN_H

#include <stddef.h>

#include "text/text.h"

#define SHOWN_MOST ((size_t)200)

struct shown {
	char text[SHOWN_MOST + sizeof("...")];
};

/* How many bytes of the text are whole characters and not more than so many. */
size_t shown_fit(struct text t, size_t most);

/*
 * At most SHOWN_MOST bytes of it, then "..." if that is not all.  Control bytes are shown as
 * ^X, save for tabs, and what is no character as a question mark.  Returns s->text.
 */
const char *shown(struct shown *s, struct text text);

#endif
