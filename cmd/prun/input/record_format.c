/* SPDX-License-Identifier: ISC */

/*
 * Owns the borders of CSV, FASTQ and JSON.  Bytes that are not in the format make no error:
 * they become some record, and the job will see them.
 */
#include <string.h>

#include "input/record.h"

/*
 * Returns where the quotes end that begin at `at`; the end of the data if they do not end.
 */
static size_t
csv_quotes_end(struct text data, size_t at, char separator)
{
	const char *quote;

	for (at++; at < data.len; at++) {
		quote = memchr(data.data + at, '"', data.len - at);
		if (quote == NULL)
			return data.len;
		at = (size_t)(quote - data.data) + 1;
		/* Two quotes together stand for one quote. */
		if (at < data.len && data.data[at] != '"' &&
		    (data.data[at] == separator || data.data[at] == '\n' ||
			data.data[at] == '\r'))
			return at;
		if (at < data.len && data.data[at] != '"')
			at--;
	}
	return data.len;
}

size_t
csv_field_end(struct text data, size_t at, char separator)
{
	if (at < data.len && data.data[at] == '"')
		at = csv_quotes_end(data, at, separator);
	while (at < data.len && data.data[at] != separator &&
	    data.data[at] != '\n')
		at++;
	return at;
}

size_t
csv_next(struct text data, size_t from, char separator, bool last)
{
	const char *newline;
	size_t len = data.len - from;

	if (len == 0)
		return 0;
	newline = memchr(data.data + from, '\n', len);
	if (newline != NULL)
		len = (size_t)(newline - data.data) + 1 - from;
	/* Most lines have no quotes. */
	if (newline != NULL && memchr(data.data + from, '"', len) == NULL)
		return from + len;
	while (from < data.len) {
		from = csv_field_end(data, from, separator);
		if (from < data.len && data.data[from++] == '\n')
			return from;
	}
	return last ? data.len : 0;
}

/*
 * Finds the line at `at`, without its end, and where the next line begins.  Returns false
 * if the line is not whole yet.
 */
static bool
next_line(struct text data, size_t *at, bool last, struct text *line)
{
	const char *newline;

	if (*at >= data.len)
		return false;
	newline = memchr(data.data + *at, '\n', data.len - *at);
	if (newline == NULL && !last)
		return false;
	line->data = data.data + *at;
	line->len = newline != NULL ? (size_t)(newline - line->data) :
				      data.len - *at;
	*at += line->len + (newline != NULL);
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return true;
}

size_t
fastq_next(struct text data, size_t from, bool last)
{
	struct text line;
	size_t sequence = 0, quality = 0, at = from;

	do {
		if (!next_line(data, &at, last, &line))
			return last ? data.len : 0;
	} while (line.len == 0);
	if (*line.data != '@')
		return at;
	for (;;) {
		if (!next_line(data, &at, last, &line))
			return last ? data.len : 0;
		if (line.len > 0 && *line.data == '+')
			break;
		sequence += line.len;
	}
	do {
		if (!next_line(data, &at, last, &line))
			return last ? data.len : 0;
		quality += line.len;
	} while (quality < sequence);
	return at;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/*
 * Returns where the string ends that begins at `at`; the end of the data if it does not
 * end.
 */
static size_t
json_string_end(struct text data, size_t at)
{
	for (at++; at < data.len && data.data[at] != '"'; at++)
		at += data.data[at] == '\\';
	return at < data.len ? at + 1 : data.len + 1;
}

static bool
json_is_word(char c)
{
	return !is_blank(c) && c != '\n' && c != '"' && c != '[' && c != ']' &&
	    c != '{' && c != '}';
}

/*
 * Returns where the value ends that begins at `at`; an offset after the end of the data if
 * it does not end.
 */
static size_t
json_value_end(struct text data, size_t at)
{
	size_t depth = 0;
	char c;

	do {
		if (at >= data.len)
			return data.len + 1;
		c = data.data[at];
		if (c == '"') {
			at = json_string_end(data, at);
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= depth > 0 && (c == '}' || c == ']');
		at++;
		/* Outside of all brackets, a word or a number is a value of its own. */
		while (depth == 0 && json_is_word(c) && at < data.len &&
		    json_is_word(data.data[at]))
			at++;
	} while (depth > 0);
	return at;
}

size_t
json_next(struct text data, size_t from, bool last)
{
	size_t at = from;

	while (at < data.len &&
	    (is_blank(data.data[at]) || data.data[at] == '\n'))
		at++;
	if (at < data.len)
		at = json_value_end(data, at);
	while (at < data.len && is_blank(data.data[at]))
		at++;
	if (at >= data.len)
		return last && from < data.len ? data.len : 0;
	return at + (data.data[at] == '\n');
}
