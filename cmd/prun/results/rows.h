/* SPDX-License-Identifier: ISC */

/*
 * The rows of --results FILE.csv, .tsv and .json.  Each job has a row, which holds its
 * output too, and is written as the output comes.  So the jobs must come one by one.
 */
#ifndef RESULTS_ROWS_H
#define RESULTS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prun.h"
#include "text/text.h"

/*
 * One field of a row.  Its bytes are added in pieces, and are quoted as the format of the
 * row needs it.  The functions are pure.
 */

/*
 * All zero: no field is open.  separator is ',' or a tab; 0: a JSON string.
 */
struct field {
	char separator;
	bool quoted; /* the opening quote has been written */
	/*
	 * CSV: the bytes so far, none of which needs quotes.  JSON: the first bytes of a
	 * character that is not complete yet.
	 */
	struct bytes held;
};

void field_begin(struct field *f, char separator);

/* Add bytes of the field to out, quoted.  0 or -ENOMEM. */
int field_add(struct field *f, struct bytes *out, const char *data, size_t len);
int field_end(struct field *f, struct bytes *out);

void field_fini(struct field *f);

enum rows_format {
	ROWS_CSV = 0,
	ROWS_TSV,
	ROWS_JSON, /* one object a line */
};

struct rows;

/* What a row says of a job besides its output. */
struct rows_job {
	uint64_t seq;
	uint64_t sent;
	struct text command;
	const struct text *values;
	size_t nvalues;
	const char *host; /* NULL: this machine */
	bool flaky; /* it succeeded after a try that failed */
};

struct rows_options {
	enum rows_format format;
	/* names of the values; lent until rows_free() */
	const struct text *names;
	size_t nnames; /* values without a name are called V1, V2, ... */
	bool no_header; /* no header is written, because the file has rows */
	bool extra; /* the rows have JOBLOG_EXTRA_COLUMNS as well */
};

/* Does the header of a CSV or TSV file name the extra columns? */
bool rows_header_is_extra(enum rows_format format, struct text header);

/* The rows are written to fd, which the caller closes after rows_free(). */
int rows_new(const struct rows_options *options, int fd, struct rows **rp);
void rows_free(struct rows *r);

/*
 *	rows_begin(rows, &job, &result);
 *	rows_add(rows, 1, data, len) ... rows_add(rows, 2, data, len) ...
 *	rows_end(rows);
 *
 * Each returns 0, or -errno if the file could not be written.  When rows_end() returns, the
 * whole row has been written.
 */
int rows_begin(struct rows *r, const struct rows_job *job,
    const struct prun_result *result);
int rows_add(struct rows *r, int stream, const char *data, size_t len);
int rows_end(struct rows *r);

#endif
