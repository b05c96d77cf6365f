/* SPDX-License-Identifier: ISC */

/* Owns the form of characters in UTF-8: which bytes make one. */
#include "text/utf8.h"

/* How many bytes a character has that begins with c; 0: no character does. */
static size_t
sequence_length(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	return c >= 0xf0 && c <= 0xf4 ? 4 : 0;
}

/* May this second byte follow that first byte? */
static bool
second_fits(unsigned char first, unsigned char second)
{
	if (first == 0xe0)
		return second >= 0xa0 && second <= 0xbf;
	if (first == 0xed)
		return second >= 0x80 && second <= 0x9f;
	if (first == 0xf0)
		return second >= 0x90 && second <= 0xbf;
	if (first == 0xf4)
		return second >= 0x80 && second <= 0x8f;
	return (second & 0xc0) == 0x80;
}

int
utf8_length(const unsigned char *data, size_t len)
{
	size_t n = sequence_length(data[0]);

	if (n == 0)
		return -1;
	for (size_t i = 1; i < n; i++) {
		if (i == len)
			return 0;
		if (i == 1 ? !second_fits(data[0], data[1]) :
			     (data[i] & 0xc0) != 0x80)
			return -1;
	}
	return (int)n;
}

int
utf8_add(struct bytes *out, struct text t)
{
	const unsigned char *data = (const unsigned char *)t.data;
	size_t i = 0, from = 0;
	int n, error = 0;

	while (i < t.len && error == 0) {
		n = data[i] < 0x80 ? 1 : utf8_length(data + i, t.len - i);
		if (n > 0) {
			i += (size_t)n;
			continue;
		}
		error = bytes_add(out, t.data + from, i - from);
		if (error == 0)
			error = bytes_add_string(out, UTF8_REPLACEMENT);
		from = ++i;
	}
	return error != 0 || i == from ?
	    error :
	    bytes_add(out, t.data + from, i - from);
}

size_t
utf8_unfinished(struct text t)
{
	const unsigned char *end = (const unsigned char *)t.data + t.len;

	for (size_t n = 1; n <= 3 && n <= t.len; n++) {
		if (utf8_length(end - n, n) == 0)
			return n;
	}
	return 0;
}

struct text
utf8_trim(struct text t)
{
	const unsigned char *data = (const unsigned char *)t.data;
	size_t skip = 0;

	while (skip < t.len && skip < 3 && (data[skip] & 0xc0) == 0x80)
		skip++;
	t.data += skip;
	t.len -= skip;
	t.len -= utf8_unfinished(t);
	return t;
}
