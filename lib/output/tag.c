/* SPDX-License-Identifier: ISC */

/* Owns what counts as a line for --tag.  Pure. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "output/tag.h"

static size_t
line_length(const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len);
	const char *cr;

	if (newline != NULL)
		len = (size_t)(newline - data) + 1;
	cr = memchr(data, '\r', len);
	return cr != NULL ? (size_t)(cr - data) + 1 : len;
}

static size_t
length_of(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

bool
tag_is_empty(const struct tag *tag)
{
	return length_of(tag->begin) + length_of(tag->end) == 0;
}

int
tag_lines(struct buf *out, const struct tag *tag, const char *data, size_t len,
    bool *midline)
{
	size_t begin = length_of(tag->begin), end = length_of(tag->end), n;
	bool ended;

	for (; len > 0; data += n, len -= n) {
		n = line_length(data, len);
		ended = data[n - 1] == '\n' || data[n - 1] == '\r';
		if (buf_reserve(out, begin + n + end) != 0)
			return -ENOMEM;
		if (!*midline)
			(void)buf_add(out, tag->begin, begin);
		(void)buf_add(out, data, n - ended);
		if (ended) {
			(void)buf_add(out, tag->end, end);
			(void)buf_add(out, data + n - 1, 1);
		}
		*midline = !ended;
	}
	return 0;
}
