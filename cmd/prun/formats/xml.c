/* SPDX-License-Identifier: ISC */

/* Owns how bytes are written in XML.  Knows no element. */
#include <stdbool.h>

#include "formats/xml.h"
#include "text/utf8.h"

/* How the byte c is written in XML; NULL: as it is. */
static const char *
escape_of(unsigned char c, bool attribute)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\r': /* XML would read it as a newline. */
		return "&#13;";
	/* XML reads a tab or a newline in an attribute as a blank. */
	case '\t':
		return attribute ? "&#9;" : NULL;
	case '\n':
		return attribute ? "&#10;" : NULL;
	default:
		return c < ' ' || c == 0x7f ? UTF8_REPLACEMENT : NULL;
	}
}

/* Is the character U+FFFE or U+FFFF, which XML does not allow? */
static bool
is_forbidden(const unsigned char *data, int n)
{
	return n == 3 && data[0] == 0xef && data[1] == 0xbf && data[2] >= 0xbe;
}

/* Appends the first character of data, escaped.  Sets *n to the number of its bytes in data. */
static int
add_escaped(struct bytes *out, const unsigned char *data, size_t len,
    bool attribute, int *n)
{
	const char *escape = escape_of(*data, attribute);

	*n = *data < 0x80 ? 1 : utf8_length(data, len);
	if (escape != NULL)
		return bytes_add_string(out, escape);
	if (*n <= 0 || is_forbidden(data, *n)) {
		*n = *n <= 0 ? 1 : *n;
		return bytes_add_string(out, UTF8_REPLACEMENT);
	}
	return bytes_add(out, data, (size_t)*n);
}

static int
add(struct bytes *out, struct text t, bool attribute)
{
	const unsigned char *data = (const unsigned char *)t.data;
	size_t plain;
	int n, error = 0;

	for (size_t i = 0; i < t.len && error == 0; i += (size_t)n) {
		for (plain = i; plain < t.len && data[plain] < 0x80 &&
		     escape_of(data[plain], attribute) == NULL;
		     plain++)
			;
		n = (int)(plain - i);
		error = n > 0 ?
		    bytes_add(out, data + i, (size_t)n) :
		    add_escaped(out, data + i, t.len - i, attribute, &n);
	}
	return error;
}

int
xml_add(struct bytes *out, struct text t)
{
	return add(out, t, false);
}

int
xml_add_attribute(struct bytes *out, const char *name, struct text t)
{
	int error = bytes_add_format(out, " %s=\"", name);

	if (error == 0)
		error = add(out, t, true);
	return error != 0 ? error : bytes_add_char(out, '"');
}
