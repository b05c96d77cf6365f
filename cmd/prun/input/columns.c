/* SPDX-License-Identifier: ISC */

/*
 * Cuts records into values: see source_set.h.  Values without columns, or with a plain
 * separator, are parts of the record, and nothing is copied.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/source_set.h"
#include "text/pattern.h"

#define HEADER_COLSEP "\t"

/*
 * The most values of a record, see prun(1): each takes much more memory than the separator
 * that makes it.
 */
#define COLUMNS_MOST 1000000

/* Is the expression one byte that is no operator?  Then memchr(3) can find it. */
static bool
is_plain_byte(const char *regex)
{
	return regex[0] != '\0' && regex[1] == '\0' &&
	    strchr("\\^$.[]|()?*+{}", *regex) == NULL;
}

static int
init_separator(struct columns *c, struct message *m)
{
	const char *colsep = c->options->colsep;

	if (colsep == NULL && c->options->header)
		colsep = HEADER_COLSEP;
	if (colsep == NULL)
		return 0;
	if (strcmp(colsep, "\\t") == 0)
		colsep = HEADER_COLSEP;
	if (is_plain_byte(colsep)) {
		c->separator_byte = *colsep;
		return 0;
	}
	return pattern_new("--colsep", text_of(colsep), 0, m, &c->separator);
}

/* By RFC 4180, blanks are part of a field. */
static int
never_space(unsigned char byte)
{
	(void)byte;
	return 0;
}

static int
init_csv(struct columns *c, struct message *m)
{
	const char *colsep = c->options->colsep;

	if (colsep == NULL)
		colsep = ",";
	else if (strcmp(colsep, "\\t") == 0)
		colsep = HEADER_COLSEP;
	if (strlen(colsep) != 1)
		return message_set(m, -EINVAL,
		    "--csv: --colsep '%s' is not one character", colsep);
	if (csv_init(&c->csv, CSV_APPEND_NULL) != 0)
		return message_errno(m, -ENOMEM, "--csv");
	c->csv_ready = true;
	csv_set_delim(&c->csv, (unsigned char)*colsep);
	csv_set_space_func(&c->csv, never_space);
	return 0;
}

static void
init_trim(struct columns *c)
{
	const struct input_options *o = c->options;
	enum trim trim = o->trim;

	if (trim == TRIM_DEFAULT && o->colsep != NULL && !o->csv)
		trim = TRIM_BOTH;
	c->trim_left = trim == TRIM_LEFT || trim == TRIM_BOTH;
	c->trim_right = trim == TRIM_RIGHT || trim == TRIM_BOTH;
}

int
columns_init(struct columns *c, const struct input_options *options,
    struct message *m)
{
	*c = (struct columns){ .options = options };
	init_trim(c);
	return options->csv ? init_csv(c, m) : init_separator(c, m);
}

void
columns_fini(struct columns *c)
{
	pattern_free(c->separator);
	if (c->csv_ready)
		csv_free(&c->csv);
	bytes_fini(&c->csv_bytes);
	texts_fini(&c->values);
	*c = (struct columns){ 0 };
}

static int
add_value(struct columns *c, struct text value)
{
	return c->values.n < COLUMNS_MOST ? texts_add(&c->values, value) :
					    -E2BIG;
}

static int
columns_error(const struct columns *c, int error, struct message *m)
{
	const char *option = c->options->csv ? "--csv" : "--colsep";

	if (error == -E2BIG)
		return message_set(m, error,
		    "%s: a record has more than %d columns", option,
		    COLUMNS_MOST);
	return error == -ENOMEM ? message_errno(m, error, "input") : error;
}

static int
cut_at_byte(struct columns *c, struct text record)
{
	const char *at;
	size_t len;
	int r = 0;

	while (r == 0 && record.len > 0 &&
	    (at = memchr(record.data, c->separator_byte, record.len)) != NULL) {
		len = (size_t)(at - record.data);
		r = add_value(c, (struct text){ record.data, len });
		record.data += len + 1;
		record.len -= len + 1;
	}
	return r < 0 ? r : add_value(c, record);
}

/*
 * Does what Perl's split() does: an empty match at the beginning cuts nothing off, and the
 * groups of the expression become values too.
 */
static int
cut_at_pattern(struct columns *c, struct text record, struct message *m)
{
	size_t begin = 0, group, groups = pattern_groups(c->separator);
	int r, added;

	while ((r = pattern_match(c->separator, record, begin, true, m)) > 0) {
		struct text value = { record.data + begin,
			pattern_begin(c->separator) - begin };

		added = add_value(c, value);
		for (group = 1; group <= groups && added == 0; group++)
			added = add_value(c,
			    pattern_group(c->separator, record, group));
		if (added < 0)
			return added;
		begin = pattern_end(c->separator);
	}
	if (r < 0)
		return r;
	return add_value(c,
	    (struct text){ record.data + begin, record.len - begin });
}

static void
csv_field(void *data, size_t len, void *arg)
{
	struct columns *c = arg;

	/*
	 * csv_bytes moves while it grows, so the values get only their lengths now, and
	 * their addresses when the row is complete.
	 */
	if (c->csv_error == 0)
		c->csv_error = bytes_add(&c->csv_bytes, data, len);
	if (c->csv_error == 0)
		c->csv_error = add_value(c, (struct text){ NULL, len });
}

static void
csv_row(int byte, void *arg)
{
	struct columns *c = arg;

	(void)byte;
	c->csv_row = true;
}

static int
feed_csv(struct columns *c, const char *data, size_t len, struct message *m)
{
	if (len > 0 &&
	    csv_parse(&c->csv, data, len, csv_field, csv_row, c) != len)
		return message_set(m, -EINVAL, "--csv: %s",
		    csv_strerror(csv_error(&c->csv)));
	return c->csv_error;
}

/*
 * The input has ended inside a quoted field.  csv_fini() ends the field; the newline at its
 * end comes from cut_csv(), not from the input, and is removed.
 */
static void
close_csv(struct columns *c)
{
	csv_fini(&c->csv, csv_field, csv_row, c);
	if (c->values.n > 0 && c->values.list[c->values.n - 1].len > 0)
		c->values.list[c->values.n - 1].len--;
}

static void
place_csv_values(struct columns *c)
{
	size_t i, at = 0;

	for (i = 0; i < c->values.n; i++) {
		c->values.list[i].data = c->csv_bytes.data + at;
		at += c->values.list[i].len;
	}
}

/*
 * A quoted field may hold delimiters of records: then the row goes on in the next record.
 */
static int
cut_csv(struct columns *c, struct text record, struct source *source,
    struct message *m)
{
	int r;

	c->csv_row = false;
	c->csv_error = 0;
	c->csv_bytes.len = 0;
	/* libcsv makes no row of an empty line. */
	if (record.len == 0 || text_equals(record, "\r"))
		return texts_add(&c->values, (struct text){ record.data, 0 });
	while ((r = feed_csv(c, record.data, record.len, m)) == 0 &&
	    (r = feed_csv(c, "\n", 1, m)) == 0 && !c->csv_row &&
	    (r = source_next_raw(source, &record, m)) > 0)
		continue;
	if (r < 0)
		return r;
	if (!c->csv_row)
		close_csv(c);
	place_csv_values(c);
	return c->csv_error;
}

static void
trim_values(struct columns *c)
{
	size_t i;

	for (i = 0; i < c->values.n; i++) {
		if (c->trim_left)
			c->values.list[i] = text_trim_left(c->values.list[i]);
		if (c->trim_right)
			c->values.list[i] = text_trim_right(c->values.list[i]);
	}
}

int
columns_next(struct columns *c, struct source *source, struct message *m)
{
	struct text record;
	int r;

	if ((r = source_next(source, &record, m)) <= 0)
		return r;
	c->values.n = 0;
	if (c->options->csv)
		r = cut_csv(c, record, source, m);
	else if (c->separator_byte != '\0')
		r = cut_at_byte(c, record);
	else if (c->separator != NULL)
		r = cut_at_pattern(c, record, m);
	else
		r = texts_add(&c->values, record);
	if (r < 0)
		return columns_error(c, r, m);
	if (c->trim_left || c->trim_right)
		trim_values(c);
	return 1;
}
