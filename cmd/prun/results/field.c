/* SPDX-License-Identifier: ISC */

/*
 * Owns the quoting of CSV fields and JSON strings.  In JSON, bytes that are not UTF-8 are
 * written as \udcXX.  From these lone surrogates Python's error handler surrogateescape
 * makes the bytes again, so nothing is lost.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "results/rows.h"
#include "text/utf8.h"

/* A CSV field that is longer than this is quoted, whatever it holds. */
#define HELD_MAX ((size_t)64 * 1024)

void
field_begin(struct field *f, char separator)
{
	f->separator = separator;
	f->quoted = false;
	f->held.len = 0;
}

void
field_fini(struct field *f)
{
	bytes_fini(&f->held);
}

/* These are the bytes that GNU parallel quotes; they include all that CSV readers need. */
static bool
wants_quotes(const struct field *f, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c <= ' ' || c == '"' || data[i] == f->separator ||
		    (c >= 0x7f && c <= 0xa0))
			return true;
	}
	return false;
}

static int
add_doubled(struct bytes *out, const char *data, size_t len)
{
	const char *quote;
	size_t n;
	int error = 0;

	while (len > 0 && error == 0) {
		quote = memchr(data, '"', len);
		n = quote != NULL ? (size_t)(quote - data) + 1 : len;
		error = bytes_add(out, data, n);
		if (error == 0 && quote != NULL)
			error = bytes_add_char(out, '"');
		data += n;
		len -= n;
	}
	return error;
}

static int
csv_add(struct field *f, struct bytes *out, const char *data, size_t len)
{
	int error;

	if (f->quoted)
		return add_doubled(out, data, len);
	if (f->held.len + len <= HELD_MAX && !wants_quotes(f, data, len))
		return bytes_add(&f->held, data, len);
	f->quoted = true;
	error = bytes_add_char(out, '"');
	if (error == 0)
		error = bytes_add_text(out, bytes_text(&f->held));
	f->held.len = 0;
	return error != 0 ? error : add_doubled(out, data, len);
}

static int
add_escape(struct bytes *out, unsigned code)
{
	char text[8];

	(void)snprintf(text, sizeof(text), "\\u%04x", code);
	return bytes_add(out, text, 6);
}

static int
json_add_character(struct bytes *out, const unsigned char *data, int n)
{
	char escaped[2] = { '\\', (char)data[0] };

	if (n < 0)
		return add_escape(out, 0xdc00U + data[0]);
	if (data[0] < ' ')
		return add_escape(out, data[0]);
	if (data[0] == '"' || data[0] == '\\')
		return bytes_add(out, escaped, 2);
	return bytes_add(out, data, (size_t)n);
}

/* How many bytes from here on stand for themselves in JSON. */
static size_t
plain_length(const unsigned char *data, size_t len)
{
	size_t n = 0;

	while (n < len && data[n] >= ' ' && data[n] < 0x7f && data[n] != '"' &&
	    data[n] != '\\')
		n++;
	return n;
}

/* *left becomes how many bytes at the end are an incomplete character, and were not added. */
static int
json_add_bytes(struct bytes *out, const unsigned char *data, size_t len,
    size_t *left)
{
	size_t plain;
	int n, error = 0;

	while (len > 0 && error == 0) {
		plain = plain_length(data, len);
		if (plain > 0) {
			error = bytes_add(out, data, plain);
			data += plain;
			len -= plain;
			continue;
		}
		n = utf8_length(data, len);
		if (n == 0)
			break;
		error = json_add_character(out, data, n);
		data += n < 0 ? 1 : n;
		len -= n < 0 ? 1 : (size_t)n;
	}
	*left = len;
	return error;
}

static int
json_add(struct field *f, struct bytes *out, const char *data, size_t len)
{
	size_t left, from_data;
	int error;

	if (!f->quoted) {
		f->quoted = true;
		error = bytes_add_char(out, '"');
		if (error != 0)
			return error;
	}
	/* First complete the character that an earlier piece began. */
	while (f->held.len > 0 && len > 0) {
		error = bytes_add(&f->held, data, 1);
		data++;
		len--;
		if (error == 0)
			error = json_add_bytes(out,
			    (const unsigned char *)f->held.data, f->held.len,
			    &left);
		if (error != 0)
			return error;
		memmove(f->held.data, f->held.data + f->held.len - left, left);
		f->held.len = left;
	}
	error = json_add_bytes(out, (const unsigned char *)data, len, &left);
	from_data = len - left;
	return error != 0 || left == 0 ?
	    error :
	    bytes_add(&f->held, data + from_data, left);
}

int
field_add(struct field *f, struct bytes *out, const char *data, size_t len)
{
	if (f->separator != '\0')
		return csv_add(f, out, data, len);
	return json_add(f, out, data, len);
}

/* A character that is not complete at the end of the field is written as bytes. */
static int
json_end(struct field *f, struct bytes *out)
{
	int error = f->quoted ? 0 : bytes_add_char(out, '"');

	for (size_t i = 0; i < f->held.len && error == 0; i++)
		error = json_add_character(out,
		    (const unsigned char *)f->held.data + i, -1);
	return error != 0 ? error : bytes_add_char(out, '"');
}

int
field_end(struct field *f, struct bytes *out)
{
	int error;

	if (f->separator == '\0')
		error = json_end(f, out);
	else if (f->quoted)
		error = bytes_add_char(out, '"');
	else
		error = bytes_add_text(out, bytes_text(&f->held));
	f->held.len = 0;
	f->quoted = false;
	return error;
}
