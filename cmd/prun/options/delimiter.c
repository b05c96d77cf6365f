/* SPDX-License-Identifier: ISC */

/*
 * Escapes of a delimiter: see delimiter.h.
 */
#include <errno.h>
#include <string.h>

#include "options/delimiter.h"

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Exactly or at most n digits of base; how many there are, 0 when that is wrong. */
static size_t
read_digits(const char *s, int base, size_t least, size_t most, int *value)
{
	size_t n = 0;

	*value = 0;
	while (n < most && digit_of(s[n]) < base)
		*value = *value * base + digit_of(s[n++]);
	return n >= least ? n : 0;
}

/* What the escape at s, behind its backslash, is: its length, 0 when it is none. */
static size_t
read_escape(const char *s, int *value)
{
	static const char letters[] = "abfnrtv\\0",
			  bytes[] = "\a\b\f\n\r\t\v\\";
	const char *letter;
	size_t n;

	if (*s == 'x' && (n = read_digits(s + 1, 16, 1, 2, value)) > 0)
		return n + 1;
	if ((n = read_digits(s, 8, 3, 3, value)) > 0 && *value < 256)
		return n;
	if (*s == '\0' || (letter = strchr(letters, *s)) == NULL)
		return 0;
	*value = (unsigned char)bytes[letter - letters];
	return 1;
}

int
delimiter_parse(const char *name, const char *value, struct bytes *out,
    struct message *m)
{
	const char *s;
	size_t n;
	int byte, r = 0;

	if (*value == '\0')
		return message_set(m, -EINVAL, "%s: the delimiter is empty",
		    name);
	for (s = value; *s != '\0' && r == 0;) {
		n = *s == '\\' ? read_escape(s + 1, &byte) : 0;
		r = bytes_add_char(out, n > 0 ? (char)byte : *s);
		s += n + 1;
	}
	return r < 0 ? message_errno(m, r, "%s", name) : 0;
}
