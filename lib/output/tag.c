/* SPDX-License-Identifier: ISC */

/* Owns what counts as a line for --tag.  Pure. */
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

int
tag_lines(struct buf *out, const char *tag, const char *data, size_t len,
    bool *midline)
{
	size_t tag_len = strlen(tag), n;
	int error;

	for (; len > 0; data += n, len -= n) {
		n = line_length(data, len);
		if (!*midline) {
			error = buf_add(out, tag, tag_len);
			if (error != 0)
				return error;
		}
		error = buf_add(out, data, n);
		if (error != 0)
			return error;
		*midline = data[n - 1] != '\n' && data[n - 1] != '\r';
	}
	return 0;
}
