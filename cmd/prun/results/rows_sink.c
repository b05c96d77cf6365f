/* SPDX-License-Identifier: ISC */

/*
 * The sink of --results FILE, which writes a row for each task into the file.  Owns the
 * file.  Knows no layout of rows.  The output of a task comes here when the task has ended,
 * and nowhere else.  With --line-buffer and --ungroup it is printed as it comes, too; then
 * that of many tasks comes mixed, and is kept here until its row is written.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/sink.h"
#include "results/rows.h"
#include "text/kept_output.h"

/* How many bytes of a file are read at a time. */
#define PIECE ((size_t)64 * 1024)

/*
 * How many of the bytes at data are whole rows.  *quoted: the data begin, and on return end,
 * within quotes.
 */
static size_t
whole_length(const char *data, size_t len, enum rows_format format,
    bool *quoted)
{
	size_t whole = 0;

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '"')
			*quoted = !*quoted && format != ROWS_JSON;
		else if (data[i] == '\n' && !*quoted)
			whole = i + 1;
	}
	return whole;
}

/*
 * Sets *whole to the position at which the last whole row of the file ends.  The row behind
 * that is incomplete.  0 or -errno.
 */
static int
rows_whole(int fd, enum rows_format format, off_t *whole)
{
	static char data[PIECE];
	bool quoted = false;
	off_t at = 0;
	size_t n;
	ssize_t got;

	*whole = 0;
	while ((got = pread(fd, data, sizeof(data), at)) > 0) {
		n = whole_length(data, (size_t)got, format, &quoted);
		if (n > 0)
			*whole = at + (off_t)n;
		at += got;
	}
	return got == -1 ? -errno : 0;
}

struct rows_sink {
	struct sink sink;
	struct rows *rows;
	int fd; /* -1: stdout */
	const struct report_task *open; /* whose row has begun; NULL: none */
};

static int
begin(struct rows_sink *rs, struct report_task *task,
    const struct prun_result *r)
{
	const struct rows_job row = {
		.seq = task->seq,
		.sent = task->sent,
		.command = bytes_text(&task->line),
		.values = task->values.list,
		.nvalues = task->values.n,
		.host = task->host_name,
		.flaky = report_task_is_flaky(task, r),
	};

	rs->open = task;
	return rows_begin(rs->rows, &row, r);
}

static int
output(struct sink *s, struct report_task *task, const struct prun_result *r,
    int stream, struct text bytes)
{
	struct rows_sink *rs = (struct rows_sink *)s;
	int error = 0;

	/* Stdout may be the terminal on which the progress is drawn. */
	if (rs->fd == -1)
		sink_message(s, true);
	if (rs->open != task)
		error = begin(rs, task, r);
	if (error == 0 && stream != 0)
		error = rows_add(rs->rows, stream, bytes.data, bytes.len);
	else if (error == 0)
		error = rows_end(rs->rows);
	if (stream == 0)
		rs->open = NULL;
	if (rs->fd == -1)
		sink_message(s, false);
	return error;
}

struct live_task {
	struct kept_output kept[2];
};

struct live_row {
	struct rows_sink *rs;
	int stream;
};

static int
add_piece(void *arg, struct text piece)
{
	const struct live_row *row = arg;

	return rows_add(row->rs->rows, row->stream, piece.data, piece.len);
}

/* Writes the row of a task whose output has come. */
static int
live_row(struct rows_sink *rs, struct report_task *task,
    const struct prun_result *r, struct live_task *own)
{
	struct live_row row = { .rs = rs };
	int error = begin(rs, task, r);

	for (int i = 0; i < 2; i++) {
		row.stream = i + 1;
		if (error == 0)
			error = kept_output_read(&own->kept[i], add_piece,
			    &row);
		kept_output_clear(&own->kept[i]);
	}
	if (error == 0)
		error = rows_end(rs->rows);
	rs->open = NULL;
	return error;
}

static int
live_output(struct sink *s, struct report_task *task,
    const struct prun_result *r, int stream, struct text bytes)
{
	struct live_task *own = sink_task_memory(s, task);

	if (stream == 0)
		return live_row((struct rows_sink *)s, task, r, own);
	return kept_output_add(&own->kept[stream - 1], bytes,
	    s->context->tmpdir);
}

/* The task before may have been cut short. */
static int
live_started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct live_task *own = sink_task_memory(s, task);

	(void)values;
	(void)spec;
	(void)message;
	for (int i = 0; i < 2; i++)
		kept_output_clear(&own->kept[i]);
	return 0;
}

static void
live_task_fini(void *memory)
{
	struct live_task *own = memory;

	for (int i = 0; i < 2; i++)
		kept_output_fini(&own->kept[i]);
}

/* With --ungroup, too, the output comes by prun, which could not keep it otherwise. */
static void
live_pool(struct sink *s, struct prun_pool_opts *opts)
{
	(void)s;
	if (opts->output == PRUN_OUTPUT_NONE)
		opts->output = PRUN_OUTPUT_RAW;
}

static void
rows_close(struct sink *s)
{
	struct rows_sink *rs = (struct rows_sink *)s;

	rows_free(rs->rows);
	if (rs->fd != -1)
		(void)close(rs->fd);
	free(rs);
}

static const struct sink_ops ops = {
	.pool = sink_hold_output,
	.output = output,
	.close = rows_close,
};

static const struct sink_ops live_ops = {
	.task_size = sizeof(struct live_task),
	.task_fini = live_task_fini,
	.pool = live_pool,
	.started = live_started,
	.output = live_output,
	.close = rows_close,
};

/* Is the output printed as it comes?  Not where stdout has the rows or the names of files. */
static bool
is_live(const struct report_options *o)
{
	return !o->group && !o->files &&
	    (o->results[0] != '-' || o->results[1] != '.');
}

/*
 * Cuts off the beginning of a row that a killed prun has left, so that the next row begins
 * on a line of its own.  -EINVAL: the file ends with something that is no row of prun.
 */
static int
cut_torn_row(int fd, enum rows_format format, off_t size)
{
	static const char json[] = "{ \"Seq\": ", header[] = "Seq";
	const char *begin_of_row = format == ROWS_JSON ? json : header;
	char begin_of_rest[sizeof(json) - 1];
	off_t whole;
	ssize_t n;
	int error = rows_whole(fd, format, &whole);

	if (error != 0 || whole == size)
		return error;
	n = pread(fd, begin_of_rest, strlen(begin_of_row), whole);
	if (n == -1)
		return -errno;
	if (memcmp(begin_of_rest, begin_of_row, (size_t)n) != 0 &&
	    (format == ROWS_JSON || *begin_of_rest < '1' ||
		*begin_of_rest > '9'))
		return -EINVAL;
	return ftruncate(fd, whole) == -1 ? -errno : 0;
}

/* Makes the new rows have the columns that the header of the file names. */
static void
take_columns(int fd, struct rows_options *rows)
{
	char header[256];
	ssize_t n = pread(fd, header, sizeof(header), 0);

	if (n > 0 && rows->format != ROWS_JSON)
		rows->extra = rows_header_is_extra(rows->format,
		    (struct text){ header, (size_t)n });
}

/* Opens the file; "-.csv" is stdout.  A resumed run adds to the rows of the file. */
static int
rows_file(struct rows_sink *rs, struct rows_options *rows,
    const struct report_options *o, struct message *message)
{
	const bool append = o->resume != RESUME_NONE;
	struct stat st;
	int error;

	if (o->results[0] == '-' && o->results[1] == '.')
		return 0;
	rs->fd = report_open_file(o, o->results,
	    O_CREAT | O_APPEND | (append ? O_RDWR : O_WRONLY | O_TRUNC));
	if (rs->fd < 0) {
		error = rs->fd;
		rs->fd = -1;
		return message_errno(message, error, "--results: %s",
		    o->results);
	}
	if (fstat(rs->fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return 0;
	error = cut_torn_row(rs->fd, rows->format, st.st_size);
	if (error == -EINVAL)
		return message_set(message, error,
		    "--results: %s does not end with a row; the file is left as it is",
		    o->results);
	if (error != 0)
		return message_errno(message, error, "--results: %s",
		    o->results);
	rows->no_header = lseek(rs->fd, 0, SEEK_END) > 0;
	take_columns(rs->fd, rows);
	return 0;
}

static int
rows_open(struct rows_sink *rs, struct sink_context *c, struct message *message)
{
	const enum results_kind kind = report_results(c->options);
	struct rows_options rows = {
		.format = kind == RESULTS_CSV ? ROWS_CSV :
		    kind == RESULTS_TSV       ? ROWS_TSV :
						ROWS_JSON,
		.names = c->names,
		.nnames = c->nnames,
		.extra = c->options->joblog_extra,
	};
	int error = rows_file(rs, &rows, c->options, message);

	if (error == 0 &&
	    rows_new(&rows, rs->fd != -1 ? rs->fd : STDOUT_FILENO, &rs->rows) !=
		0)
		error = message_errno(message, -ENOMEM, "--results");
	return error;
}

int
rows_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	struct rows_sink *rs;
	bool live;
	int error;

	if (report_results(c->options) <= RESULTS_FILES || c->dry_run)
		return 0;
	if (c->options->latest_line)
		return message_set(message, -EINVAL,
		    "--latest-line cannot be combined with --results in a file for all jobs");
	live = is_live(c->options);
	error = sink_new(sizeof(*rs), live ? &live_ops : &ops, "--results", sp,
	    message);
	if (error != 0)
		return error;
	rs = (struct rows_sink *)*sp;
	rs->fd = -1;
	c->output_taken |= !live;
	c->output_copied |= live;
	c->keep_values = true;
	return rows_open(rs, c, message);
}
