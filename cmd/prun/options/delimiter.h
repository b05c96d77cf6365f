/* SPDX-License-Identifier: ISC */

/*
 * The escapes of -d: C's, with three octal digits or \x and two others.
 */
#ifndef DELIMITER_H
#define DELIMITER_H

#include "text/text.h"

/*
 * Append what value stands for to out.  -EINVAL with a message that begins with
 * name when that is nothing.
 */
int delimiter_parse(const char *name, const char *value, struct bytes *out,
    struct message *m);

#endif
