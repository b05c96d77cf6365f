/* SPDX-License-Identifier: ISC */

/*
 * Owns what keeps records of a stream together: the key of --group-by, and what
 * belongs to the header.  Reads nothing.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "input/block_internal.h"
#include "text/pattern.h"

/* A header that is an expression is searched in a block, but at least in so many bytes. */
#define HEADER_LEAST ((size_t)64 * 1024)

static struct text
group_key(struct blocks *b, struct text line)
{
	struct message ignored;
	size_t from = 0;

	for (size_t i = 0; i < b->column; i++) {
		if (pattern_match(b->colsep, line, from, true, &ignored) != 1) {
			b->column_missing = true;
			return (struct text){ NULL, 0 };
		}
		from = pattern_end(b->colsep);
	}
	line.data += from;
	line.len -= from;
	if (pattern_match(b->colsep, line, 0, true, &ignored) == 1)
		line.len = pattern_begin(b->colsep);
	while (line.len > 0 &&
	    (line.data[line.len - 1] == '\n' ||
		line.data[line.len - 1] == '\r'))
		line.len--;
	return line;
}

size_t
group_next(struct blocks *b, struct text data, size_t from, bool last)
{
	size_t border = record_next(&b->rule, data, from, last), next;
	struct text key, other;

	if (border == 0)
		return 0;
	key = group_key(b, (struct text){ data.data + from, border - from });
	for (; border < data.len; border = next) {
		next = record_next(&b->rule, data, border, last);
		if (next == 0 && !last)
			return 0;
		if (next == 0)
			next = data.len;
		other = group_key(b,
		    (struct text){ data.data + border, next - border });
		if (key.data == NULL || other.data == NULL ||
		    key.len != other.len ||
		    memcmp(key.data, other.data, key.len) != 0)
			return border;
	}
	return last ? border : 0;
}

int
group_find_column(struct blocks *b, struct message *m)
{
	const char *group = b->options->group, *problem;
	const struct text name = text_of(group);
	struct text header = b->header, key;

	b->column = (size_t)strtonum(group, 1, INT32_MAX, &problem) - 1;
	if (problem == NULL)
		return 0;
	for (b->column = 0;; b->column++) {
		b->column_missing = false;
		key = group_key(b, header);
		if (b->column_missing)
			return message_set(m, -EINVAL,
			    "--group-by: there is no column '%s'", group);
		if (key.len == name.len &&
		    (key.len == 0 || memcmp(key.data, name.data, key.len) == 0))
			return 0;
	}
}

int
header_length(struct blocks *b, struct text data, size_t *len,
    struct message *m)
{
	const char *header = b->options->header, *problem = NULL, *newline;
	struct pattern *pattern;
	size_t most;
	long long lines;
	int r;

	*len = 0;
	lines = strcmp(header, ":") == 0 ?
	    1 :
	    strtonum(header, 0, INT32_MAX, &problem);
	if (problem == NULL) {
		for (; lines > 0 && data.len > 0; lines--) {
			newline = memchr(data.data + *len, '\n',
			    data.len - *len);
			if (newline == NULL)
				break;
			*len = (size_t)(newline - data.data) + 1;
		}
		if (lines > 0)
			*len = b->eof ? data.len : 0;
		return lines > 0 && !b->eof ? -EAGAIN : 0;
	}
	/* Always search the same bytes, however many came with a read. */
	most = b->size > HEADER_LEAST ? b->size : HEADER_LEAST;
	if (!b->eof && data.len < most)
		return -EAGAIN;
	if (data.len > most)
		data.len = most;
	r = pattern_new("--header", text_of(header),
	    PATTERN_ANCHORED | PATTERN_MULTILINE, m, &pattern);
	if (r != 0)
		return r;
	if (pattern_match(pattern, data, 0, false, m) == 1)
		*len = pattern_end(pattern);
	pattern_free(pattern);
	return 0;
}

int
header_keep(struct blocks *b, struct text header, struct message *m)
{
	struct header_copy *copy;

	if (header.len == b->header.len &&
	    (header.len == 0 ||
		memcmp(b->header.data, header.data, header.len) == 0))
		return 0;
	b->header.len = 0;
	if (header.len == 0)
		return 0;
	copy = malloc(sizeof(*copy) + header.len);
	if (copy == NULL)
		return message_errno(m, -ENOMEM, "--header");
	memcpy(copy->data, header.data, header.len);
	SLIST_INSERT_HEAD(&b->headers, copy, entry);
	b->header = (struct text){ copy->data, header.len };
	return 0;
}

void
headers_free(struct blocks *b)
{
	struct header_copy *copy, *next;

	SLIST_FOREACH_SAFE(copy, &b->headers, entry, next)
	free(copy);
}
