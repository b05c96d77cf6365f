/* SPDX-License-Identifier: ISC */

/* Owns the layout of rows, and writes them to a descriptor.  Knows no quoting. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/joblog_line.h"
#include "results/rows.h"
#include "text/file.h"

/* A row is written in pieces of about this size; most rows are smaller. */
#define PIECE ((size_t)64 * 1024)

struct rows {
	struct rows_options options;
	int fd;
	bool headed;
	int stream; /* the stream whose field is open; 0: no row is open */
	size_t ncolumns; /* how many values the first row has */
	unsigned items; /* how many items the row has so far */
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

static const char *
rows_columns(enum rows_format format, bool extra)
{
	/* None of these names needs quotes. */
	static const char *const columns[][2] = {
		[ROWS_CSV] = { JOBLOG_COLUMNS(","),
		    JOBLOG_COLUMNS(",") "," JOBLOG_EXTRA_COLUMNS(",") },
		[ROWS_TSV] = { JOBLOG_COLUMNS("\t"),
		    JOBLOG_COLUMNS("\t") "\t" JOBLOG_EXTRA_COLUMNS("\t") },
	};

	return columns[format][extra];
}

bool
rows_header_is_extra(enum rows_format format, struct text header)
{
	return text_begins(header, rows_columns(format, true));
}

static int
rows_add_header(struct rows *r)
{
	static const char *const last[] = { "Stdout", "Stderr" };
	char separator = rows_separator(r);
	int error = bytes_add_string(&r->out,
	    rows_columns(r->options.format, r->options.extra));

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

/* Adds what stands before an item: a separator, and in JSON the name of the item. */
static int
begin_item(struct rows *r, const char *name)
{
	if (r->items++ > 0 && r->options.format != ROWS_JSON)
		return bytes_add_char(&r->out, rows_separator(r));
	if (r->options.format != ROWS_JSON)
		return 0;
	return bytes_add_format(&r->out,
	    "%s\"%s\": ", r->items == 1 ? "{ " : ", ", name);
}

static int
add_item(struct rows *r, const char *name, struct text value)
{
	int error = begin_item(r, name);

	return error != 0 ? error : add_whole_field(r, value);
}

static int __attribute__((format(printf, 3, 4)))
add_number(struct rows *r, const char *name, const char *format, ...)
{
	char text[64];
	va_list arguments;
	int error = begin_item(r, name);

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return error != 0 ? error : bytes_add_string(&r->out, text);
}

static int
add_numbers(struct rows *r, const struct rows_job *job,
    const struct prun_result *result)
{
	const char *host = job->host != NULL ? job->host : ":";
	int error = add_number(r, "Seq", "%" PRIu64, job->seq);

	if (error == 0)
		error = add_item(r, "Host", text_of(host));
	if (error == 0)
		error = add_number(r, "Starttime", "%.3f", result->started);
	if (error == 0)
		error = add_number(r, "JobRuntime", "%.3f", result->elapsed);
	if (error == 0)
		error = add_number(r, "Send", "%" PRIu64, job->sent);
	if (error == 0)
		error = add_number(r, "Receive", "%" PRIu64, result->out_bytes);
	if (error == 0)
		error = add_number(r, "Exitval", "%d", joblog_exitval(result));
	if (error == 0)
		error = add_number(r, "Signal", "%d", joblog_signal(result));
	return error;
}

static int
add_extra(struct rows *r, const struct rows_job *job,
    const struct prun_result *result)
{
	const struct rusage *usage = &result->usage;
	int error = add_number(r, "User", "%.3f",
	    joblog_seconds(usage->ru_utime));

	if (error == 0)
		error = add_number(r, "System", "%.3f",
		    joblog_seconds(usage->ru_stime));
	if (error == 0)
		error = add_number(r, "MaxRSS", "%ld", usage->ru_maxrss);
	if (error == 0)
		error = add_number(r, "Tries", "%u", result->tries);
	if (error == 0)
		error = add_number(r, "Slot", "%u", result->slot);
	if (error == 0)
		error = add_number(r, "Flaky", "%d", job->flaky);
	return error;
}

/* JSON: adds the member "V", a list of all values. */
static int
add_list(struct rows *r, const struct rows_job *job)
{
	int error = begin_item(r, "V");

	if (error == 0)
		error = bytes_add_string(&r->out, "[ ");
	for (size_t i = 0; i < job->nvalues && error == 0; i++) {
		if (i > 0)
			error = bytes_add_char(&r->out, ',');
		if (error == 0)
			error = add_whole_field(r, job->values[i]);
	}
	return error == 0 ? bytes_add_string(&r->out, " ]") : error;
}

/* A JSON object must not have a key twice: of equal names only the first is used. */
static bool
is_first_of_name(const struct rows *r, size_t i)
{
	const struct text *names = r->options.names;

	for (size_t j = 0; j < i; j++)
		if (names[j].len == names[i].len &&
		    memcmp(names[j].data, names[i].data, names[i].len) == 0)
			return false;
	return true;
}

/* JSON: adds the member "Columns", an object with all values that have names. */
static int
add_named(struct rows *r, const struct rows_job *job)
{
	const char *before = "{ ";
	int error = begin_item(r, "Columns");

	for (size_t i = 0; i < job->nvalues && i < r->options.nnames; i++) {
		if (!is_first_of_name(r, i))
			continue;
		if (error == 0)
			error = bytes_add_string(&r->out, before);
		if (error == 0)
			error = add_whole_field(r, r->options.names[i]);
		if (error == 0)
			error = bytes_add_string(&r->out, ": ");
		if (error == 0)
			error = add_whole_field(r, job->values[i]);
		before = ", ";
	}
	return error == 0 ? bytes_add_string(&r->out, " }") : error;
}

/* Adds a column for each value, empty ones where the job has fewer than the first row. */
static int
add_values(struct rows *r, const struct rows_job *job)
{
	const struct text none = { "", 0 };
	const size_t n = job->nvalues > r->ncolumns ? job->nvalues :
						      r->ncolumns;
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i++)
		error = add_item(r, "",
		    i < job->nvalues ? job->values[i] : none);
	return error;
}

int
rows_begin(struct rows *r, const struct rows_job *job,
    const struct prun_result *result)
{
	const bool json = r->options.format == ROWS_JSON;
	int error = 0;

	if (!r->headed) {
		r->headed = true;
		r->ncolumns = job->nvalues;
		error = rows_add_header(r);
	}
	r->items = 0;
	if (error == 0)
		error = add_numbers(r, job, result);
	if (error == 0)
		error = add_item(r, "Command", job->command);
	if (error == 0 && r->options.extra)
		error = add_extra(r, job, result);
	if (error == 0)
		error = json ? add_list(r, job) : add_values(r, job);
	if (error == 0 && json && r->options.nnames > 0 && job->nvalues > 0)
		error = add_named(r, job);
	if (error == 0)
		error = begin_item(r, "Stdout");
	field_begin(&r->field, rows_separator(r));
	r->stream = 1;
	return error;
}

static int
to_second_field(struct rows *r)
{
	int error = field_end(&r->field, &r->out);

	r->stream = 2;
	field_begin(&r->field, rows_separator(r));
	return error != 0 ? error : begin_item(r, "Stderr");
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
