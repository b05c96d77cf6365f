/* SPDX-License-Identifier: ISC */

/*
 * Owns the key of a record, which keeps records together (--group-by) or deals them to jobs
 * (--shard, --bin): which column it is, and where that column stands in a record.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "input/block_internal.h"
#include "input/record.h"
#include "text/pattern.h"

/*
 * Returns the byte that separates columns, if the expression is just that byte, so that no
 * expression needs to be searched.
 */
static char
plain_separator(const char *colsep)
{
	if (strcmp(colsep, "\\t") == 0)
		return '\t';
	return strlen(colsep) == 1 && strchr(",;:/=@%_~\t ", *colsep) != NULL ?
	    *colsep :
	    '\0';
}

int
key_init(struct blocks *b, struct message *m)
{
	const struct block_options *o = b->options;

	b->grouped = o->group != NULL;
	if (o->deal != NULL) {
		/* For jobs that get single records, the size of blocks does not matter. */
		b->size = b->record_most;
		b->records = 0;
	}
	if (!b->grouped && o->deal == NULL)
		return 0;
	b->keyed = true;
	b->csv = o->record.format == RECORD_CSV;
	if (b->csv)
		return 0;
	b->blanks = o->colsep == NULL;
	b->separator = b->blanks ? ' ' : plain_separator(o->colsep);
	return pattern_new("--colsep",
	    text_of(o->colsep != NULL ? o->colsep : "[ \t]+"), 0, m,
	    &b->colsep);
}

static bool
find_blanks(struct text line, size_t from, size_t *begin, size_t *end)
{
	const char *at = line.data + from, *const stop = line.data + line.len;

	while (at < stop && *at != ' ' && *at != '\t')
		at++;
	*begin = (size_t)(at - line.data);
	for (; end != NULL && at < stop && (*at == ' ' || *at == '\t'); at++)
		*end = (size_t)(at - line.data) + 1;
	return *begin < line.len;
}

/*
 * Finds where the next separator at or after `from` begins and, unless end is NULL, where
 * it ends.  Returns false if there is none.
 */
static bool
find_separator(struct blocks *b, struct text line, size_t from, size_t *begin,
    size_t *end)
{
	struct message ignored;
	const char *at;

	if (b->blanks)
		return find_blanks(line, from, begin, end);
	if (b->separator != '\0') {
		at = from < line.len ?
		    memchr(line.data + from, b->separator, line.len - from) :
		    NULL;
		if (at == NULL)
			return false;
		*begin = (size_t)(at - line.data);
		if (end != NULL)
			*end = *begin + 1;
		return true;
	}
	if (pattern_match(b->colsep, line, from, true, &ignored) != 1)
		return false;
	*begin = pattern_begin(b->colsep);
	if (end != NULL)
		*end = pattern_end(b->colsep);
	return true;
}

static struct text
without_line_end(struct text line)
{
	while (line.len > 0 &&
	    (line.data[line.len - 1] == '\n' ||
		line.data[line.len - 1] == '\r'))
		line.len--;
	return line;
}

/*
 * Returns the value of a field: without the quotes around it, and with one quote instead of
 * two.  If the field has such quotes, its value lies in bytes.
 */
static struct text
csv_value(struct text field, struct bytes *bytes)
{
	const char *quote;

	if (field.len < 2 || *field.data != '"' ||
	    field.data[field.len - 1] != '"')
		return field;
	field.data++;
	field.len -= 2;
	bytes->len = 0;
	while ((quote = memmem(field.data, field.len, "\"\"", 2)) != NULL) {
		const size_t len = (size_t)(quote - field.data) + 1;

		/* If there is no memory, the key is the field as it stands. */
		if (bytes_reserve(bytes, bytes->len + field.len) != 0)
			return field;
		(void)bytes_add(bytes, field.data, len);
		field.data += len + 1;
		field.len -= len + 1;
	}
	if (bytes->len == 0 || bytes_add_text(bytes, field) != 0)
		return field;
	return bytes_text(bytes);
}

static struct text
csv_key(struct blocks *b, struct text record, struct bytes *bytes)
{
	const char separator = b->options->record.csv_separator;
	size_t at = 0, end = csv_field_end(record, 0, separator);

	for (size_t i = 0; i < b->column; i++) {
		if (end >= record.len || record.data[end] != separator) {
			b->column_missing = true;
			return (struct text){ NULL, 0 };
		}
		at = end + 1;
		end = csv_field_end(record, at, separator);
	}
	return csv_value(without_line_end((struct text){ record.data + at,
			     end - at }),
	    bytes);
}

struct text
blocks_key(struct blocks *b, struct text line, struct bytes *bytes)
{
	size_t from = 0, begin, end;

	if (b->csv)
		return csv_key(b, line, bytes);

	for (size_t i = 0; i < b->column; i++) {
		if (!find_separator(b, line, from, &begin, &end)) {
			b->column_missing = true;
			return (struct text){ NULL, 0 };
		}
		from = end;
	}
	line.data += from;
	line.len -= from;
	if (find_separator(b, line, 0, &begin, NULL))
		line.len = begin;
	return without_line_end(line);
}

size_t
group_next(struct blocks *b, struct text data, size_t from, bool last)
{
	size_t border = record_next(&b->rule, data, from, last), next;
	struct text key, other;

	if (border == 0)
		return 0;
	key = blocks_key(b, (struct text){ data.data + from, border - from },
	    &b->key[0]);
	for (; border < data.len; border = next) {
		next = record_next(&b->rule, data, border, last);
		if (next == 0 && !last)
			return 0;
		if (next == 0)
			next = data.len;
		other = blocks_key(b,
		    (struct text){ data.data + border, next - border },
		    &b->key[1]);
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
	const char *group = b->grouped ? b->options->group : b->options->deal;
	const char *problem;
	const struct text name = text_of(group);
	struct text header = b->header, key;

	b->column = (size_t)strtonum(group, 1, INT32_MAX, &problem) - 1;
	if (problem == NULL)
		return 0;
	for (b->column = 0;; b->column++) {
		b->column_missing = false;
		key = blocks_key(b, header, &b->key[0]);
		if (b->column_missing)
			return message_set(m, -EINVAL,
			    "%s: there is no column '%s'%s",
			    b->grouped ? "--group-by" : "--shard, --bin", group,
			    strpbrk(group, "$;{") != NULL ?
				": a key is no Perl expression here" :
				"");
		if (key.len == name.len &&
		    (key.len == 0 || memcmp(key.data, name.data, key.len) == 0))
			return 0;
	}
}
