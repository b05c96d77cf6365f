/* SPDX-License-Identifier: ISC */

/* Owns the list of Perl's escapes that are one letter. */
#include <string.h>

#include "template/escape.h"

char
escape_byte(char c)
{
	static const char letters[] = "ntrfae0", bytes[] = "\n\t\r\f\a\033";
	const char *letter = c != '\0' ? strchr(letters, c) : NULL;

	/* \0 is the NUL that ends bytes[]. */
	return letter != NULL ? bytes[letter - letters] : c;
}
