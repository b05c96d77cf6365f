/* SPDX-License-Identifier: ISC */

/* Owns the meaning of --recend, --recstart and --regexp.  Knows no file. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "input/record.h"
#include "text/pattern.h"

/* Each expression must be valid alone: "[a" and "b]" would make a valid one together. */
static int
record_check(struct text regex, struct message *m)
{
	struct pattern *pattern;
	int error = pattern_new("--regexp", regex, PATTERN_MULTILINE, m,
	    &pattern);

	if (error == 0)
		pattern_free(pattern);
	return error;
}

/*
 * Where the border is, or, if remove is set, what is removed there.  A block that begins
 * with the start of a record or ends with the end of one loses these as well.
 */
static int
record_compile(struct record_rule *r, bool remove, struct pattern **pp,
    struct message *m)
{
	const int end = (int)r->end.len, start = (int)r->start.len;
	struct bytes regex = { 0 };
	int error;

	error = bytes_add_format(&regex, "(?:%.*s)", end, r->end.data);
	if (error == 0 && start > 0)
		error = bytes_add_format(&regex, "(?%s%.*s)",
		    remove ? ":" : "=", start, r->start.data);
	if (error == 0 && remove && start > 0 && end > 0)
		error = bytes_add_format(&regex, "|\\A(?:%.*s)|(?:%.*s)\\z",
		    start, r->start.data, end, r->end.data);
	if (error == 0)
		error = pattern_new("--regexp", bytes_text(&regex),
		    PATTERN_MULTILINE, m, pp);
	else
		(void)message_errno(m, error, "--regexp");
	bytes_fini(&regex);
	return error;
}

/* A border is the end of a match: there the next record starts. */
static int
record_compile_all(struct record_rule *r, struct message *m)
{
	int error = record_check(r->end, m);

	if (error == 0)
		error = record_check(r->start, m);
	if (error == 0)
		error = record_compile(r, false, &r->pattern, m);
	if (error == 0 && r->options->remove)
		error = record_compile(r, true, &r->separator, m);
	return error;
}

int
record_rule_init(struct record_rule *r, const struct record_options *options,
    struct message *m)
{
	int error;

	*r = (struct record_rule){ .options = options,
		.end = options->end,
		.start = options->start };
	if (!options->end_given && options->start.len == 0)
		r->end = text_of("\n");
	r->forward = options->format != RECORD_SEPARATED;
	if (r->forward)
		return 0;
	r->any = r->end.len == 0 && r->start.len == 0;
	r->forward = options->regexp && !r->any;
	if (r->forward)
		return record_compile_all(r, m);
	error = bytes_add_text(&r->joined, r->end);
	if (error == 0)
		error = bytes_add_text(&r->joined, r->start);
	return error == 0 ? 0 : message_errno(m, error, "--recend");
}

void
record_rule_fini(struct record_rule *r)
{
	pattern_free(r->pattern);
	pattern_free(r->separator);
	bytes_fini(&r->joined);
}

/*
 * A match that reaches the end of the data may become another one when more comes.  If
 * only --recstart is given, the end of the data is no border.
 */
static size_t
record_next_match(struct record_rule *r, struct text data, size_t from,
    bool last)
{
	struct message ignored;
	size_t at = from, border;

	while (at <= data.len &&
	    pattern_match(r->pattern, data, at, false, &ignored) == 1) {
		border = pattern_end(r->pattern);
		if (!last && border == data.len)
			return 0;
		if (border > from && border < data.len)
			return border;
		if (border > from && r->end.len > 0)
			return border;
		at = border > at ? border : at + 1;
	}
	return 0;
}

static size_t
record_next_of_format(const struct record_options *o, struct text data,
    size_t from, bool last)
{
	if (from >= data.len)
		return 0;
	if (o->format == RECORD_CSV)
		return csv_next(data, from, o->csv_separator, last);
	return o->format == RECORD_FASTQ ? fastq_next(data, from, last) :
					   json_next(data, from, last);
}

size_t
record_next(struct record_rule *r, struct text data, size_t from, bool last)
{
	const char *found;
	size_t at;

	if (data.len == 0)
		return 0;
	if (r->options->format != RECORD_SEPARATED)
		return record_next_of_format(r->options, data, from, last);
	if (r->any)
		return from < data.len ? from + 1 : 0;
	if (r->pattern != NULL)
		return record_next_match(r, data, from, last);
	/* A border at `from` itself does not count. */
	at = from + 1 > r->end.len ? from + 1 - r->end.len : 0;
	if (at > data.len)
		return 0;
	found = r->joined.len == 1 ?
	    memchr(data.data + at, r->joined.data[0], data.len - at) :
	    memmem(data.data + at, data.len - at, r->joined.data,
		r->joined.len);
	return found == NULL ? 0 : (size_t)(found - data.data) + r->end.len;
}

/* Finds the last place of the joined texts at which their border is not at 0. */
static size_t
record_last_literal(const struct record_rule *r, struct text data)
{
	const char first = r->joined.data[0], *found;
	size_t left, border;

	if (data.len < r->joined.len)
		return 0;
	left = data.len - r->joined.len + 1;
	while ((found = memrchr(data.data, first, left)) != NULL) {
		border = (size_t)(found - data.data) + r->end.len;
		if (border > 0 &&
		    memcmp(found, r->joined.data, r->joined.len) == 0)
			return border;
		left = (size_t)(found - data.data);
	}
	return 0;
}

size_t
record_last(struct record_rule *r, struct text data, bool last)
{
	size_t border, found = 0;

	if (r->any || data.len == 0)
		return data.len;
	if (r->pattern == NULL)
		return record_last_literal(r, data);
	while ((border = record_next_match(r, data, found, last)) > found)
		found = border;
	return found;
}

static size_t
remove_literal(const struct text what, char *data, size_t len)
{
	size_t from = 0, to = 0;
	const char *found;

	if (what.len == 0)
		return len;
	while ((found = memmem(data + from, len - from, what.data, what.len)) !=
	    NULL) {
		size_t n = (size_t)(found - data) - from;

		memmove(data + to, data + from, n);
		to += n;
		from += n + what.len;
	}
	memmove(data + to, data + from, len - from);
	return to + len - from;
}

static size_t
remove_matches(struct record_rule *r, char *data, size_t len)
{
	struct text rest = { data, len };
	struct message ignored;
	size_t from = 0, to = 0, begin, end;

	while (pattern_match(r->separator, rest, from, true, &ignored) == 1) {
		begin = pattern_begin(r->separator);
		end = pattern_end(r->separator);
		memmove(data + to, data + from, begin - from);
		to += begin - from;
		from = end;
	}
	memmove(data + to, data + from, len - from);
	return to + len - from;
}

size_t
record_remove(struct record_rule *r, char *data, size_t len)
{
	if (!r->options->remove || r->any || len == 0)
		return len;
	if (r->pattern != NULL)
		return remove_matches(r, data, len);
	if (r->end.len == 0 || r->start.len == 0)
		return remove_literal(bytes_text(&r->joined), data, len);
	len = remove_literal(bytes_text(&r->joined), data, len);
	if (len >= r->start.len &&
	    memcmp(data, r->start.data, r->start.len) == 0) {
		len -= r->start.len;
		memmove(data, data + r->start.len, len);
	}
	if (len >= r->end.len &&
	    memcmp(data + len - r->end.len, r->end.data, r->end.len) == 0)
		len -= r->end.len;
	return len;
}
