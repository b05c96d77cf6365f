/* SPDX-License-Identifier: ISC */

/*
 * Owns the memory of texts, growing bytes and messages.  bytes_reserve() is rarely
 * called while a command line is built, which makes that fast.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/text.h"

/* How many texts an array has room for at first. */
#define FIRST_TEXTS 8

bool
text_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text
text_of(const char *string)
{
	return (struct text){ string, strlen(string) };
}

bool
text_equals(struct text t, const char *string)
{
	size_t len = strlen(string);

	return t.len == len && (len == 0 || memcmp(t.data, string, len) == 0);
}

bool
text_begins(struct text t, const char *string)
{
	size_t len = strlen(string);

	return t.len >= len && (len == 0 || memcmp(t.data, string, len) == 0);
}

struct text
text_trim_left(struct text t)
{
	while (t.len > 0 && text_is_blank(*t.data)) {
		t.data++;
		t.len--;
	}
	return t;
}

struct text
text_trim_right(struct text t)
{
	while (t.len > 0 && text_is_blank(t.data[t.len - 1]))
		t.len--;
	return t;
}

void
bytes_fini(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

int
bytes_reserve(struct bytes *b, size_t n)
{
	size_t size = b->size ? b->size : 256;
	char *data;

	if (n <= b->size - b->len)
		return 0;
	if (n > SIZE_MAX / 2 - b->len)
		return -ENOMEM;
	while (size < b->len + n)
		size *= 2;
	if ((data = realloc(b->data, size)) == NULL)
		return -ENOMEM;
	b->data = data;
	b->size = size;
	return 0;
}

int
bytes_add(struct bytes *b, const void *data, size_t len)
{
	int r;

	if ((r = bytes_reserve(b, len)) < 0)
		return r;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	return 0;
}

int
bytes_add_text(struct bytes *b, struct text t)
{
	return bytes_add(b, t.data, t.len);
}

int
bytes_add_string(struct bytes *b, const char *string)
{
	return bytes_add(b, string, strlen(string));
}

int
bytes_add_char(struct bytes *b, char c)
{
	if (b->len < b->size) {
		b->data[b->len++] = c;
		return 0;
	}
	return bytes_add(b, &c, 1);
}

int
bytes_add_number(struct bytes *b, unsigned long long n)
{
	char digits[3 * sizeof n];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	return bytes_add(b, digits + at, sizeof digits - at);
}

int
bytes_terminate(struct bytes *b)
{
	int r;

	if ((r = bytes_reserve(b, 1)) == 0)
		b->data[b->len] = '\0';
	return r;
}

struct text
bytes_text(const struct bytes *b)
{
	return (struct text){ b->data, b->len };
}

int
bytes_add_format(struct bytes *b, const char *format, ...)
{
	va_list args;
	int n, error;

	/* The first try may only tell how many bytes are needed. */
	for (size_t room = 64;; room = (size_t)n + 1) {
		error = bytes_reserve(b, room);
		if (error != 0)
			return error;
		va_start(args, format);
		n = vsnprintf(b->data + b->len, room, format, args);
		va_end(args);
		if (n < 0)
			return -EINVAL;
		if ((size_t)n < room)
			break;
	}
	b->len += (size_t)n;
	return 0;
}

void
texts_fini(struct texts *t)
{
	free(t->list);
	*t = (struct texts){ 0 };
}

int
texts_reserve(struct texts *t, size_t n)
{
	size_t size = t->size > 0 ? 2 * t->size : FIRST_TEXTS;
	struct text *list;

	if (n <= t->size)
		return 0;
	if (size < n)
		size = n;
	list = reallocarray(t->list, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	t->list = list;
	t->size = size;
	return 0;
}

int
texts_add(struct texts *t, struct text text)
{
	int error = texts_reserve(t, t->n + 1);

	if (error == 0)
		t->list[t->n++] = text;
	return error;
}

const char *
get_variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}
