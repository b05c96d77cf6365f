/* SPDX-License-Identifier: ISC */

/*
 * Quotes values: see shell.h.  For sh a value is written as GNU parallel writes it: '...'
 * around it, and "'" for an apostrophe.  For csh it gets backslashes, because single quotes
 * of csh do not switch history off, and double quotes around newlines.  For fish it is
 * '...', in which \\ and \' are escapes.
 */
#include <stdbool.h>
#include <string.h>

#include "template/shell.h"

/* Bytes that are special to no shell, wherever they stand in a word. */
static const bool is_safe[256] = {
	['+'] = true,
	['-'] = true,
	['.'] = true,
	['/'] = true,
	['_'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
};

/* Bytes that need no backslash for csh. */
static const bool is_safe_in_csh[256] = {
	['%'] = true,
	['+'] = true,
	[','] = true,
	['-'] = true,
	['.'] = true,
	['/'] = true,
	[':'] = true,
	['@'] = true,
	['_'] = true,
	['0' ... '9'] = true,
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
};

static bool
needs_no_quotes(struct text t)
{
	size_t i;

	for (i = 0; i < t.len; i++)
		if (!is_safe[(unsigned char)t.data[i]])
			return false;
	return t.len > 0;
}

/* The position of the next apostrophe, or of the end. */
static size_t
end_of_run(struct text t, size_t from)
{
	const char *at = memchr(t.data + from, '\'', t.len - from);

	return at ? (size_t)(at - t.data) : t.len;
}

static int
add_between(struct bytes *out, const char *data, size_t len)
{
	int r;

	if ((r = bytes_reserve(out, len + 2)) < 0)
		return r;
	out->data[out->len++] = '\'';
	memcpy(out->data + out->len, data, len);
	out->len += len;
	out->data[out->len++] = '\'';
	return 0;
}

/* As GNU parallel does, this writes '' between two apostrophes in a row. */
static int
add_for_sh(struct bytes *out, struct text t)
{
	size_t at = 0, end;
	int r = 0;

	while (at < t.len && r == 0) {
		end = end_of_run(t, at);
		if (end > at || (at > 0 && end < t.len))
			r = add_between(out, t.data + at, end - at);
		if (r == 0 && end < t.len)
			r = bytes_add(out, "\"'\"", 3);
		at = end + 1;
	}
	return r;
}

static int
add_for_fish(struct bytes *out, struct text t)
{
	size_t i;
	int r;

	if (memchr(t.data, '\\', t.len) == NULL)
		return add_for_sh(out, t);
	if ((r = bytes_reserve(out, 2 * t.len + 2)) < 0)
		return r;
	out->data[out->len++] = '\'';
	for (i = 0; i < t.len; i++) {
		if (t.data[i] == '\'' || t.data[i] == '\\')
			out->data[out->len++] = '\\';
		out->data[out->len++] = t.data[i];
	}
	out->data[out->len++] = '\'';
	return 0;
}

static int
add_for_csh(struct bytes *out, struct text t)
{
	size_t i;
	int r;

	/* A newline becomes four bytes, any other byte at most two. */
	if ((r = bytes_reserve(out, 4 * t.len)) < 0)
		return r;
	for (i = 0; i < t.len; i++) {
		if (t.data[i] == '\n') {
			memcpy(out->data + out->len, "\"\\\n\"", 4);
			out->len += 4;
			continue;
		}
		if (!is_safe_in_csh[(unsigned char)t.data[i]])
			out->data[out->len++] = '\\';
		out->data[out->len++] = t.data[i];
	}
	return 0;
}

int
quote_add(struct bytes *out, struct text t, enum shell_kind kind)
{
	if (t.len == 0)
		return bytes_add(out, "''", 2);
	if (needs_no_quotes(t))
		return bytes_add(out, t.data, t.len);
	if (kind == SHELL_CSH)
		return add_for_csh(out, t);
	if (kind == SHELL_FISH)
		return add_for_fish(out, t);
	return add_for_sh(out, t);
}

static size_t
length_for_csh(struct text t)
{
	size_t i, length = t.len;

	for (i = 0; i < t.len; i++)
		if (t.data[i] == '\n')
			length += 3;
		else
			length += !is_safe_in_csh[(unsigned char)t.data[i]];
	return length;
}

static size_t
length_for_fish(struct text t)
{
	size_t i, length = t.len + 2;

	for (i = 0; i < t.len; i++)
		length += t.data[i] == '\'' || t.data[i] == '\\';
	return length;
}

static size_t
length_for_sh(struct text t)
{
	size_t at = 0, end, length = 0;

	while (at < t.len) {
		end = end_of_run(t, at);
		if (end > at || (at > 0 && end < t.len))
			length += end - at + 2;
		length += end < t.len ? 3 : 0;
		at = end + 1;
	}
	return length;
}

size_t
quote_length(struct text t, enum shell_kind kind)
{
	if (t.len == 0)
		return 2;
	if (needs_no_quotes(t))
		return t.len;
	if (kind == SHELL_CSH)
		return length_for_csh(t);
	if (kind == SHELL_FISH && memchr(t.data, '\\', t.len) != NULL)
		return length_for_fish(t);
	return length_for_sh(t);
}
