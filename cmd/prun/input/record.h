/* SPDX-License-Identifier: ISC */

/*
 * Where one record of a stream ends and the next begins: behind what --recend says,
 * ahead of what --recstart says, where the one meets the other, or as --records says.
 * Pure: it looks at bytes and reads none.
 */
#ifndef INPUT_RECORD_H
#define INPUT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

struct pattern;

/* A format whose records no separator tells apart. */
enum record_format {
	RECORD_SEPARATED = 0,
	RECORD_CSV,
	RECORD_FASTQ,
	RECORD_JSON,
};

/* As the options have it; escapes are resolved.  All zero: lines. */
struct record_options {
	enum record_format format;
	char csv_separator; /* with RECORD_CSV */
	struct text end, start; /* empty: not given */
	bool end_given; /* an empty --recend: a record is any byte */
	bool regexp;
	bool remove; /* --remove-rec-sep */
};

struct record_rule {
	const struct record_options *options; /* lent */
	struct text end, start;
	struct bytes joined; /* end and start, one behind the other */
	struct pattern *pattern; /* NULL: literals */
	struct pattern *separator; /* with remove */
	bool any; /* every byte is a border */
	/* Borders are found from the beginning of a record only, not backwards. */
	bool forward;
};

/* -errno with a message. */
int record_rule_init(struct record_rule *r,
    const struct record_options *options, struct message *m);
void record_rule_fini(struct record_rule *r);

/*
 * The first border behind `from`: an offset up to which the records are whole.  0:
 * there is none in these bytes.  last: no more bytes will come.  If borders are found
 * forward only, a record begins at `from`.
 */
size_t record_next(struct record_rule *r, struct text data, size_t from,
    bool last);

/*
 * The last border of the data, at most at its end; 0: there is none.  Not for the formats
 * of record_format.
 */
size_t record_last(struct record_rule *r, struct text data, bool last);

/* What separates records is taken out of the bytes: their new length. */
size_t record_remove(struct record_rule *r, char *data, size_t len);

/*
 * Where the records of well-known formats end, which no byte alone can tell.  Pure.  Each
 * function is given the beginning of a record, at `from`, and returns where the record
 * ends; 0: its end is not in these bytes.  last: no more bytes will come.
 */

/*
 * CSV: a line, unless its end is in a field in quotes.  Quotes count at the beginning of a
 * field, as in RFC 4180; the field ends with a quote that a separator or a line's end
 * follows.
 */
size_t csv_next(struct text data, size_t from, char separator, bool last);

/*
 * Finds where the field of CSV that begins at `at` ends: the offset of a separator, of a
 * line's end, or of the end of the data.  That it is not in quotes is for the caller to see.
 */
size_t csv_field_end(struct text data, size_t at, char separator);

/* FASTQ: four lines; sequence and quality may have several lines each. */
size_t fastq_next(struct text data, size_t from, bool last);

/* JSON: a value with the blanks behind it, up to the end of the line. */
size_t json_next(struct text data, size_t from, bool last);

#endif
