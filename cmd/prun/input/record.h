/* SPDX-License-Identifier: ISC */

/*
 * Where one record of a stream ends and the next begins: after what --recend gives, before
 * what --recstart gives, between the two if both are given, or as --records says.  Pure: it
 * looks at bytes and reads none.
 */
#ifndef INPUT_RECORD_H
#define INPUT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "text/text.h"

struct pattern;

/* A format in which no single separator ends all records. */
enum record_format {
	RECORD_SEPARATED = 0,
	RECORD_CSV,
	RECORD_FASTQ,
	RECORD_JSON,
};

/* The options of the user, with escapes resolved.  All zero means lines. */
struct record_options {
	enum record_format format;
	char csv_separator; /* what separates fields, with RECORD_CSV */
	struct text end, start; /* empty if not given */
	/* --recend was given; if it is empty, each byte is a record */
	bool end_given;
	bool regexp;
	bool remove; /* --remove-rec-sep */
};

struct record_rule {
	const struct record_options *options; /* lent */
	struct text end, start;
	struct bytes joined; /* end and start, one after the other */
	struct pattern *pattern; /* NULL if end and start are no expressions */
	struct pattern *separator; /* what is removed, if remove is set */
	bool any; /* there is a border after every byte */
	/* Borders can only be found from the beginning of a record on, not backwards. */
	bool forward;
};

/* Returns 0, or -errno with a message. */
int record_rule_init(struct record_rule *r,
    const struct record_options *options, struct message *m);
void record_rule_fini(struct record_rule *r);

/*
 * Finds the first border after `from`, and returns its offset: up to there the records are
 * whole.  Returns 0 if these bytes have none.  last says that no more bytes will come.  If
 * forward is set, a record must begin at `from`.
 */
size_t record_next(struct record_rule *r, struct text data, size_t from,
    bool last);

/*
 * Finds the last border of the data, which may be at its end.  Returns 0 if there is none.
 * Not for the formats of record_format.
 */
size_t record_last(struct record_rule *r, struct text data, bool last);

/* Removes from the bytes what separates records, and returns their new length. */
size_t record_remove(struct record_rule *r, char *data, size_t len);

/*
 * Where the records of well-known formats end, which no single byte can tell.  Pure.  Each
 * function gets the beginning of a record, at `from`, and returns where the record ends; 0
 * if its end is not in these bytes.  last says that no more bytes will come.
 */

/*
 * CSV: a line, unless its end is in a field in quotes.  A quote counts at the beginning of
 * a field, as in RFC 4180; such a field ends with a quote before a separator or the end of
 * a line.
 */
size_t csv_next(struct text data, size_t from, char separator, bool last);

/*
 * Finds where the field of CSV that begins at `at` ends: the offset of a separator, of the
 * end of a line, or of the end of the data.  The caller must see that this place is not in
 * quotes.
 */
size_t csv_field_end(struct text data, size_t at, char separator);

/*
 * FASTQ: a record has four parts; the sequence and the quality may have several lines each.
 */
size_t fastq_next(struct text data, size_t from, bool last);

/* JSON: a value with the blanks after it, up to the end of the line. */
size_t json_next(struct text data, size_t from, bool last);

#endif
