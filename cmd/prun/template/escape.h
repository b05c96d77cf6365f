/* SPDX-License-Identifier: ISC */

/* The letters that name a byte behind a backslash, in s/// and in tr///. */
#ifndef TEMPLATE_ESCAPE_H
#define TEMPLATE_ESCAPE_H

/* The byte that a backslash and c stand for; c itself if it names no byte. */
char escape_byte(char c);

#endif
