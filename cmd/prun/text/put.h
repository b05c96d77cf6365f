/* SPDX-License-Identifier: ISC */

/* Writes all bytes of a text to a descriptor. */
#ifndef TEXT_PUT_H
#define TEXT_PUT_H

#include "text/text.h"

/*
 * Waits for a slow reader, even if another process has made the descriptor
 * non-blocking.  0 or -errno.
 */
int put_all(int fd, struct text text);

#endif
