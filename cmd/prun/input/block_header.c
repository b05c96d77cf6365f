/* SPDX-License-Identifier: ISC */

/* Owns the header of a stream: how long it is, and the copies that jobs read. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "input/block_internal.h"
#include "text/pattern.h"

/*
 * A header that is an expression is searched in as many bytes as a block has, but at least
 * in so many.
 */
#define HEADER_LEAST ((size_t)64 * 1024)

/* Finds the end of a header of n lines, or of n records if the stream is CSV. */
static int
header_records(struct blocks *b, struct text data, long long n, size_t *len)
{
	const bool csv = b->options->record.format == RECORD_CSV;
	const char *newline;
	size_t next;

	for (; n > 0 && *len < data.len; n--) {
		newline = memchr(data.data + *len, '\n', data.len - *len);
		next = csv          ? record_next(&b->rule, data, *len, false) :
		    newline == NULL ? 0 :
				      (size_t)(newline - data.data) + 1;
		if (next == 0)
			break;
		*len = next;
	}
	if (n > 0)
		*len = b->eof ? data.len : 0;
	return n > 0 && !b->eof ? -EAGAIN : 0;
}

/* Only the first file, or stdin, has a line that --skip-first-line leaves out. */
static bool
header_skips_line(const struct blocks *b)
{
	return b->options->skip_first && b->file == 1;
}

bool
header_is_wanted(const struct blocks *b)
{
	return b->options->header != NULL || header_skips_line(b);
}

static int
header_search(struct blocks *b, struct text data, size_t *len,
    struct message *m)
{
	const char *header = b->options->header, *problem = NULL;
	struct pattern *pattern;
	size_t most;
	long long lines;
	int r;

	lines = strcmp(header, ":") == 0 ?
	    1 :
	    strtonum(header, 0, INT32_MAX, &problem);
	if (problem == NULL)
		return header_records(b, data, lines, len);
	/*
	 * The expression must search the same bytes in each run, although a read may bring
	 * more or fewer.
	 */
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
header_length(struct blocks *b, struct text data, size_t *skipped, size_t *len,
    struct message *m)
{
	const char *newline;

	*skipped = *len = 0;
	if (header_skips_line(b)) {
		newline = memchr(data.data, '\n', data.len);
		if (newline == NULL && !b->eof)
			return -EAGAIN;
		*skipped = newline == NULL ? data.len :
					     (size_t)(newline - data.data) + 1;
	}
	if (b->options->header == NULL)
		return 0;
	return header_search(b,
	    (struct text){ data.data + *skipped, data.len - *skipped }, len, m);
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
