/* SPDX-License-Identifier: ISC */

/* Owns the layout of rows and their way to a descriptor.  Knows no quoting. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/field.h"
#include "report/joblog_line.h"
#include "report/rows.h"
#include "text/put.h"

/* A row is written in pieces of about this size; most rows are smaller. */
#define PIECE ((size_t)64 * 1024)

struct rows {
	struct rows_options options;
	int fd;
	bool headed;
	int stream; /* whose field is open; 0: no row is open */
	size_t ncolumns; /* of values, by the first row */
	struct field field;
	struct bytes out;
};

int
rows_new(const struct rows_options *options, int fd, struct rows **rp)
{
	struct rows *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->options = *options;
	r->fd = fd;
	r->headed = options->no_header || options->format == ROWS_JSON;
	*rp = r;
	return 0;
}

void
rows_free(struct rows *r)
{
	if (r == NULL)
		return;
	field_fini(&r->field);
	bytes_fini(&r->out);
	free(r);
}

static int
rows_write(struct rows *r)
{
	int error = put_all(r->fd, bytes_text(&r->out));

	r->out.len = 0;
	return error;
}

static char
rows_separator(const struct rows *r)
{
	static const char separators[] = {
		[ROWS_CSV] = ',',
		[ROWS_TSV] = '\t',
		[ROWS_JSON] = '\0',
	};

	return separators[r->options.format];
}

static int
add_whole_field(struct rows *r, struct text text)
{
	int error;

	field_begin(&r->field, rows_separator(r));
	error = field_add(&r->field, &r->out, text.data, text.len);
	return error != 0 ? error : field_end(&r->field, &r->out);
}

static int
add_value_name(struct rows *r, size_t i)
{
	char name[32];

	if (i < r->options.nnames)
		return add_whole_field(r, r->options.names[i]);
	(void)snprintf(name, sizeof(name), "V%zu", i + 1);
	return add_whole_field(r, text_of(name));
}

static int
rows_add_header(struct rows *r)
{
	/* None of these names needs quotes. */
	static const char *const columns[] = {
		[ROWS_CSV] = JOBLOG_COLUMNS(","),
		[ROWS_TSV] = JOBLOG_COLUMNS("\t"),
	};
	static const char *const last[] = { "Stdout", "Stderr" };
	char separator = rows_separator(r);
	int error = bytes_add_string(&r->out, columns[r->options.format]);

	if (error == 0)
		error = bytes_add_char(&r->out, separator);
	for (size_t i = 0; i < r->ncolumns && error == 0; i++) {
		error = add_value_name(r, i);
		if (error == 0)
			error = bytes_add_char(&r->out, separator);
	}
	for (size_t i = 0; i < 2 && error == 0; i++) {
		error = add_whole_field(r, text_of(last[i]));
		if (error == 0)
			error = bytes_add_char(&r->out,
			    i == 0 ? separator : '\n');
	}
	return error;
}

static int
add_numbers(struct rows *r, const struct rows_job *job,
    const struct prun_result *result)
{
	static const char *const formats[] = {
		[ROWS_CSV] = "%llu,:,%.3f,%.3f,%llu,%llu,%d,%d,",
		[ROWS_TSV] = "%llu\t:\t%.3f\t%.3f\t%llu\t%llu\t%d\t%d\t",
		[ROWS_JSON] =
		    "{ \"Seq\": %llu, \"Host\": \":\", \"Starttime\": %.3f, "
		    "\"JobRuntime\": %.3f, \"Send\": %llu, \"Receive\": %llu, "
		    "\"Exitval\": %d, \"Signal\": %d, \"Command\": ",
	};
	char text[512];
	int n;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	n = snprintf(text, sizeof(text), formats[r->options.format],
	    (unsigned long long)job->seq, result->started, result->elapsed,
	    (unsigned long long)job->sent,
	    (unsigned long long)result->out_bytes, joblog_exitval(result),
	    joblog_signal(result));
#pragma GCC diagnostic pop
	return bytes_add(&r->out, text, (size_t)n);
}

/* The command, the values, and what stands before the first output field. */
static int
add_texts(struct rows *r, const struct rows_job *job)
{
	bool json = r->options.format == ROWS_JSON;
	char separator[2] = { rows_separator(r), '\0' };
	size_t n = job->nvalues;
	int error = add_whole_field(r, job->command);

	if (!json && n < r->ncolumns)
		n = r->ncolumns; /* the last job may have fewer values */
	if (error == 0)
		error = bytes_add_string(&r->out,
		    json ? ", \"V\": [ " : separator);
	for (size_t i = 0; i < n && error == 0; i++) {
		if (json && i > 0)
			error = bytes_add_char(&r->out, ',');
		if (error == 0 && i < job->nvalues)
			error = add_whole_field(r, job->values[i]);
		if (error == 0 && !json)
			error = bytes_add_char(&r->out, separator[0]);
	}
	if (error == 0 && json)
		error = bytes_add_string(&r->out, " ], \"Stdout\": ");
	return error;
}

int
rows_begin(struct rows *r, const struct rows_job *job,
    const struct prun_result *result)
{
	int error = 0;

	if (!r->headed) {
		r->headed = true;
		r->ncolumns = job->nvalues;
		error = rows_add_header(r);
	}
	if (error == 0)
		error = add_numbers(r, job, result);
	if (error == 0)
		error = add_texts(r, job);
	field_begin(&r->field, rows_separator(r));
	r->stream = 1;
	return error;
}

static int
to_second_field(struct rows *r)
{
	char separator[2] = { rows_separator(r), '\0' };
	int error = field_end(&r->field, &r->out);

	r->stream = 2;
	field_begin(&r->field, separator[0]);
	if (error == 0)
		error = bytes_add_string(&r->out,
		    separator[0] == '\0' ? ", \"Stderr\": " : separator);
	return error;
}

int
rows_add(struct rows *r, int stream, const char *data, size_t len)
{
	int error = 0;

	if (stream == 2 && r->stream == 1)
		error = to_second_field(r);
	if (error == 0)
		error = field_add(&r->field, &r->out, data, len);
	if (error == 0 && r->out.len >= PIECE)
		error = rows_write(r);
	return error;
}

int
rows_end(struct rows *r)
{
	int error = r->stream == 1 ? to_second_field(r) : 0;

	r->stream = 0;
	if (error == 0)
		error = field_end(&r->field, &r->out);
	if (error == 0)
		error = bytes_add_string(&r->out,
		    r->options.format == ROWS_JSON ? " }\n" : "\n");
	return error != 0 ? error : rows_write(r);
}
