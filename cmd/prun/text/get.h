/* SPDX-License-Identifier: ISC */

/* Reads a whole file. */
#ifndef TEXT_GET_H
#define TEXT_GET_H

#include "text/text.h"

/*
 * Appends the bytes of the file to *bytes.  0 or -errno; -EINTR: a handler of a signal
 * has run.
 */
int get_file(const char *path, struct bytes *bytes);

#endif
