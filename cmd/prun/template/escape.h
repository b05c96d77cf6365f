/* SPDX-License-Identifier: ISC */

/* The letters behind a backslash that name a byte, in s/// and tr/// alike. */
#ifndef TEMPLATE_ESCAPE_H
#define TEMPLATE_ESCAPE_H

/* The byte that a backslash and c stand for: c itself where it names none. */
char escape_byte(char c);

#endif
