/* SPDX-License-Identifier: ISC */

/*
 * Where the records of well-known formats end, which no byte alone can tell.  Pure.  Each
 * function is given the beginning of a record, at `from`, and returns where the record
 * ends; 0: its end is not in these bytes.  last: no more bytes will come.
 */
#ifndef INPUT_RECORD_FORMAT_H
#define INPUT_RECORD_FORMAT_H

#include "text/text.h"

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
