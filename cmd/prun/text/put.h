/* SPDX-License-Identifier: ISC */

/* Bytes into a descriptor, all of them. */
#ifndef TEXT_PUT_H
#define TEXT_PUT_H

#include "text/text.h"

/*
 * Waits for a slow reader, also where somebody else has made the descriptor
 * non-blocking.  0 or -errno.
 */
int put_all(int fd, struct text text);

#endif
