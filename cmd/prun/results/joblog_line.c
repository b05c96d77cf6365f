/* SPDX-License-Identifier: ISC */

/* Owns the format of the job log's lines.  Knows no file. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/joblog_line.h"

#define HEADER JOBLOG_COLUMNS("\t")
#define HEADER_EXTRA "\tUser\tSystem\tMaxRSS\tTries\tSlot"
#define HEADER_FLAKY "\tFlaky"
#define HEADER_KEY "\tKey"
#define COLUMNS_EXTRA 5

int
joblog_exitval(const struct prun_result *r)
{
	return r->flags & PRUN_RESULT_TIMED_OUT ? JOBLOG_TIMED_OUT : r->status;
}

int
joblog_signal(const struct prun_result *r)
{
	if (r->flags & PRUN_RESULT_TIMED_OUT && r->signal == 0)
		return SIGTERM;
	return r->signal;
}

static int
header_text(struct bytes *out, unsigned columns)
{
	int error = bytes_add_string(out, HEADER);

	if (error == 0 && columns & JOBLOG_EXTRA)
		error = bytes_add_string(out, HEADER_EXTRA);
	if (error == 0 && columns & JOBLOG_FLAKY)
		error = bytes_add_string(out, HEADER_FLAKY);
	if (error == 0 && columns & JOBLOG_KEY)
		error = bytes_add_string(out, HEADER_KEY);
	return error;
}

int
joblog_line_add_header(struct bytes *out, unsigned columns)
{
	int error = header_text(out, columns);

	return error != 0 ? error : bytes_add_char(out, '\n');
}

/* If the line begins with the name of these columns, skip it and set their bit. */
static void
take_columns(struct text *line, const char *name, unsigned bit,
    unsigned *columns)
{
	if (!text_begins(*line, name))
		return;
	*columns |= bit;
	line->data += strlen(name);
	line->len -= strlen(name);
}

bool
joblog_line_is_header(struct text line, unsigned *columns)
{
	if (!text_begins(line, HEADER))
		return false;
	line.data += strlen(HEADER);
	line.len -= strlen(HEADER);
	*columns = 0;
	take_columns(&line, HEADER_EXTRA, JOBLOG_EXTRA, columns);
	take_columns(&line, HEADER_FLAKY, JOBLOG_FLAKY, columns);
	take_columns(&line, HEADER_KEY, JOBLOG_KEY, columns);
	return line.len == 0;
}

bool
joblog_line_is_torn_header(struct text line)
{
	static const char longest[] = HEADER HEADER_EXTRA HEADER_FLAKY
	    HEADER_KEY;

	return line.len < sizeof(longest) &&
	    memcmp(line.data, longest, line.len) == 0;
}

double
joblog_seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Adds the command with a NUL byte for each newline, which would end the line. */
static int
add_command(struct bytes *out, struct text command)
{
	size_t start = out->len;
	int error = bytes_add_text(out, command);

	if (error != 0)
		return error;
	for (char *p = out->data + start; p < out->data + out->len; p++) {
		if (*p == '\n')
			*p = '\0';
	}
	return 0;
}

static const char escaped[] = "\\\t\n", escapes[] = "\\tn";

static int
add_key(struct bytes *out, struct text key)
{
	const char *special;
	int error = bytes_add_char(out, '\t');

	for (size_t i = 0; i < key.len && error == 0; i++) {
		special = key.data[i] != '\0' ? strchr(escaped, key.data[i]) :
						NULL;
		if (special != NULL)
			error = bytes_add_char(out, '\\');
		if (error == 0)
			error = bytes_add_char(out,
			    special != NULL ? escapes[special - escaped] :
					      key.data[i]);
	}
	return error;
}

int
joblog_line_add(struct bytes *out, const struct joblog_entry *entry,
    unsigned columns)
{
	const struct prun_result *r = entry->result;
	int error = bytes_add_format(out,
	    "%llu\t%s\t%.3f\t%10.3f\t%llu\t%llu\t%d\t%d\t",
	    (unsigned long long)entry->seq,
	    entry->host != NULL ? entry->host : ":", r->started, r->elapsed,
	    (unsigned long long)entry->sent,
	    (unsigned long long)entry->received,
	    entry->left_out ? JOBLOG_LEFT_OUT : joblog_exitval(r),
	    joblog_signal(r));

	if (error == 0)
		error = add_command(out, entry->command);
	if (error == 0 && columns & JOBLOG_EXTRA)
		error = bytes_add_format(out, "\t%.3f\t%.3f\t%ld\t%u\t%u",
		    joblog_seconds(r->usage.ru_utime),
		    joblog_seconds(r->usage.ru_stime), r->usage.ru_maxrss,
		    entry->tries, r->slot);
	if (error == 0 && columns & JOBLOG_FLAKY)
		error = bytes_add_format(out, "\t%d", entry->flaky);
	if (error == 0 && columns & JOBLOG_KEY)
		error = add_key(out, entry->key);
	return error != 0 ? error : bytes_add_char(out, '\n');
}

/* Takes the field up to the next tab; *line becomes what follows the tab. */
static bool
next_field(struct text *line, struct text *field)
{
	const char *tab = memchr(line->data, '\t', line->len);

	if (tab == NULL)
		return false;
	*field = (struct text){ line->data, (size_t)(tab - line->data) };
	line->len -= field->len + 1;
	line->data = tab + 1;
	return true;
}

/* Takes the field behind the last tab; *line becomes what stands before the tab. */
static bool
last_field(struct text *line, struct text *field)
{
	const char *tab = memrchr(line->data, '\t', line->len);

	if (tab == NULL)
		return false;
	field->data = tab + 1;
	field->len = line->len - (size_t)(tab + 1 - line->data);
	line->len = (size_t)(tab - line->data);
	return true;
}

/* Is the field a number?  strtol(3) stops at the tab that ends the field. */
static bool
is_number(struct text field, long *value)
{
	char *end;

	if (field.len == 0)
		return false;
	errno = 0;
	*value = strtol(field.data, &end, 10);
	return errno == 0 && end == field.data + field.len;
}

static bool
is_time(struct text field, double *value)
{
	char *end;

	while (field.len > 0 && *field.data == ' ') {
		field.data++;
		field.len--;
	}
	if (field.len == 0)
		return false;
	*value = strtod(field.data, &end);
	return end == field.data + field.len;
}

static void
unescape(struct text *key)
{
	char *from = (char *)(uintptr_t)key->data, *to = from;
	char *end = from + key->len;
	const char *special;

	for (; from < end; from++) {
		special = NULL;
		if (*from == '\\' && from + 1 < end && from[1] != '\0')
			special = strchr(escapes, from[1]);
		*to++ = special != NULL ? escaped[special - escapes] : *from;
		from += special != NULL;
	}
	key->len = (size_t)(to - key->data);
}

/* Reads the columns behind the command from the last, as the command may hold tabs. */
static bool
parse_behind(struct text *line, unsigned columns, struct joblog_row *row)
{
	struct text field;
	int n = columns & JOBLOG_FLAKY ? 1 : 0;

	row->key = (struct text){ 0 };
	row->slot = 0;
	if (columns & JOBLOG_KEY) {
		if (!last_field(line, &row->key))
			return false;
		unescape(&row->key);
	}
	if (columns & JOBLOG_EXTRA)
		n += COLUMNS_EXTRA;
	for (; n > 0; n--) {
		if (!last_field(line, &field))
			return false;
		if (n == COLUMNS_EXTRA)
			(void)is_number(field, &row->slot);
	}
	return true;
}

bool
joblog_line_parse(char *data, size_t len, unsigned columns,
    struct joblog_row *row)
{
	struct text line = { data, len }, field;
	long n[8] = { 0 };
	double time[8] = { 0 };

	for (int i = 0; i < 8; i++) {
		if (!next_field(&line, &field))
			return false;
		if (i == 1) {
			row->host = field; /* it may have any name */
			continue;
		}
		if (i == 2 || i == 3 ? !is_time(field, &time[i]) :
				       !is_number(field, &n[i]))
			return false;
	}
	if (n[0] < 1 || !parse_behind(&line, columns, row))
		return false;
	for (char *p = data + (line.data - data); p < line.data + line.len;
	     p++) {
		if (*p == '\0')
			*p = '\n';
	}
	row->seq = (uint64_t)n[0];
	row->started = time[2];
	row->elapsed = time[3];
	row->exitval = n[6];
	row->signal = n[7];
	row->command = line;
	return true;
}
