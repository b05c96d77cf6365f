/* SPDX-License-Identifier: ISC */

/*
 * Owns where the output of jobs goes: to files that they write themselves, into
 * rows, or coloured to stdout.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/books_room.h"
#include "report/color.h"

static bool
ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && strcmp(s + len - n, end) == 0;
}

/* FILE.csv and its kin; false: it is none of them. */
static bool
rows_format(const char *name, enum rows_format *format)
{
	if (ends_with(name, ".csv"))
		*format = ROWS_CSV;
	else if (ends_with(name, ".tsv"))
		*format = ROWS_TSV;
	else if (ends_with(name, ".json"))
		*format = ROWS_JSON;
	else
		return false;
	return true;
}

/* "-.csv" is stdout.  A resumed run goes on behind the rows that are there. */
static int
rows_open(struct books *b, enum rows_format format, struct message *message)
{
	const char *name = b->options->results;
	struct rows_options options = { .format = format,
		.names = b->names,
		.nnames = b->nnames };
	bool append = b->options->resume != RESUME_NONE;
	int fd = STDOUT_FILENO;
	struct stat st;

	if (name[0] != '-' || name[1] != '.') {
		fd = open(name,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
			(append ? 0 : O_TRUNC),
		    0666);
		if (fd == -1)
			return message_errno(message, -errno, "--results: %s",
			    name);
		b->rows_fd = fd;
		options.no_header = fstat(fd, &st) == 0 && st.st_size > 0;
	}
	if (rows_new(&options, fd, &b->rows) != 0)
		return message_errno(message, -ENOMEM, "--results");
	return 0;
}

static int
choose_output(struct books *b, enum rows_format *format,
    struct message *message)
{
	const char *results = b->options->results;
	int error;

	if (results == NULL)
		return 0;
	if (rows_format(results, format)) {
		b->output = BOOKS_ROWS;
		return 0;
	}
	error = template_new(b->command, results, message, &b->results);
	if (error == 0)
		b->output = template_is_constant(b->results) ? BOOKS_FOLDER :
							       BOOKS_TEMPLATE;
	return error;
}

/* What the jobs write themselves is as they write it. */
static int
check_compress(const struct books *b, struct message *message)
{
	const char *other = b->options->files ? "--files" :
	    b->output == BOOKS_FOLDER || b->output == BOOKS_TEMPLATE ?
						"--results in a folder" :
						NULL;

	if (!b->options->compress || other == NULL)
		return 0;
	return message_set(message, -EINVAL,
	    "--compress cannot be combined with %s", other);
}

int
books_output_open(struct books *b, struct message *message)
{
	const struct report_options *o = b->options;
	const char *no_color = getenv("NO_COLOR");
	enum rows_format format = ROWS_CSV;
	int error;

	b->tmpdir = o->tmpdir != NULL ? o->tmpdir : getenv("TMPDIR");
	if (b->tmpdir == NULL || *b->tmpdir == '\0')
		b->tmpdir = "/tmp";
	if (no_color == NULL || *no_color == '\0') {
		b->color = o->color;
		b->color_failed = o->color_failed;
	}
	error = choose_output(b, &format, message);
	if (error == 0)
		error = check_compress(b, message);
	if (error == 0 && b->output == BOOKS_ROWS)
		error = rows_open(b, format, message);
	return error;
}

void
books_output_close(struct books *b)
{
	template_free(b->results);
	rows_free(b->rows);
	if (b->rows_fd != -1)
		(void)close(b->rows_fd);
}

static int
name_files(struct books *b, struct folder_files *files,
    const struct command_job *values)
{
	struct text expanded;
	size_t width;
	int error;

	if (b->output == BOOKS_FOLDER) {
		width = values->nvalues;
		if (values->ntuples > 0)
			width /= values->ntuples;
		return folder_name_by_values(files, b->options->results,
		    values->values, values->nvalues, width > 0 ? width : 1,
		    b->names, b->nnames);
	}
	error = template_expand(b->results, values, &expanded);
	if (error != 0)
		return error;
	return folder_name_by_template(files, b->options->results, expanded);
}

int
books_output_has(struct books *b, const struct command_job *values,
    struct message *message)
{
	struct folder_files files = { 0 };
	int r;

	if (b->output != BOOKS_FOLDER && b->output != BOOKS_TEMPLATE)
		return 0;
	r = name_files(b, &files, values);
	if (r != 0)
		r = message_errno(message, r, "--results");
	else
		r = folder_is_finished(&files);
	folder_files_fini(&files);
	return r;
}

/* The job writes to fd by itself. */
static void
give_file(struct prun_stdio *stdio, int fd)
{
	stdio->kind = PRUN_STDIO_FD;
	stdio->fd = fd;
}

static int
start_folder(struct books *b, struct books_job *job,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	int error = name_files(b, &job->files, values);

	if (error == 0)
		error = folder_open(&job->files, &job->out, &job->err);
	if (error != 0) {
		job->out = job->err = -1;
		return message_errno(message, error, "--results: %s",
		    job->files.out.data != NULL ? job->files.out.data :
						  b->options->results);
	}
	/* Its output comes to us, and goes from us to the files. */
	if (b->latest != NULL)
		return 0;
	/* -v: as if the job had written it. */
	if (spec->heading != NULL) {
		size_t len = strlen(spec->heading);

		if (write(job->out, spec->heading, len) != (ssize_t)len)
			return message_errno(message, -errno, "--results: %s",
			    job->files.out.data);
	}
	spec->heading = NULL;
	give_file(&spec->out, job->out);
	give_file(&spec->err, job->err);
	return 0;
}

/* --files: what is printed is the name of the file. */
static int
start_file(struct books *b, struct books_job *job, struct prun_spec *spec,
    struct message *message)
{
	struct bytes *path = &job->files.out;
	int error;

	path->len = 0;
	error = bytes_add_string(path, b->tmpdir);
	if (error == 0)
		error = bytes_add_string(path, "/parXXXXXX.par");
	if (error == 0)
		error = bytes_terminate(path);
	if (error != 0)
		return message_errno(message, error, "--files");
	job->out = mkostemps(path->data, 4, O_CLOEXEC | O_APPEND);
	if (job->out == -1)
		return message_errno(message, -errno, "--files: %s",
		    path->data);
	give_file(&spec->out, job->out);
	return 0;
}

static int
print_name(struct books *b, struct books_job *job, struct prun_spec *spec)
{
	struct bytes *h = &job->heading;
	int error = 0;

	h->len = 0;
	if (spec->heading != NULL)
		error = bytes_add_string(h, spec->heading);
	if (error == 0)
		error = bytes_add_text(h, bytes_text(&job->files.out));
	if (error == 0 && b->output != BOOKS_ROWS)
		error = bytes_add_char(h, b->options->files_nul ? '\0' : '\n');
	spec->heading = h->data;
	spec->heading_len = h->len;
	return error;
}

static int
make_tag(struct bytes *out, const char *color, const char *tag)
{
	int error;

	out->len = 0;
	error = bytes_add_string(out, color);
	if (error == 0 && tag != NULL)
		error = bytes_add_string(out, tag);
	return error != 0 ? error : bytes_terminate(out);
}

static int
start_color(struct books *b, struct books_job *job, struct prun_spec *spec)
{
	const char *tag = spec->tag;
	char color[COLOR_SIZE];
	int error = 0;

	if (b->color) {
		color_of_job(job->seq, color);
		error = make_tag(&job->tag, color, tag);
		spec->tag = job->tag.data;
		spec->tag_end = COLOR_END;
	}
	if (b->color_failed && error == 0) {
		color_of_failure(color);
		error = make_tag(&job->failed_tag, color, tag);
		spec->failed_tag = job->failed_tag.data;
		spec->failed_tag_end = COLOR_END;
	}
	return error;
}

int
books_output_start(struct books *b, struct books_job *job,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	bool to_files = b->output == BOOKS_FOLDER ||
	    b->output == BOOKS_TEMPLATE;
	int error = 0;

	if (to_files)
		error = start_folder(b, job, values, spec, message);
	else if (b->options->files)
		error = start_file(b, job, spec, message);
	if (error != 0)
		return error;
	if (b->options->files)
		error = print_name(b, job, spec);
	if (error == 0 && b->latest != NULL)
		error = books_latest_start(b, job, spec);
	else if (error == 0 && b->output != BOOKS_ROWS)
		error = start_color(b, job, spec);
	return error == 0 ? 0 : message_errno(message, error, "output");
}

int
books_output_end(struct books *b, struct books_job *job,
    const struct prun_result *r, uint64_t *received)
{
	struct stat st;
	int error = 0;

	*received = r->out_bytes;
	if (job->out != -1 && fstat(job->out, &st) == 0)
		*received = (uint64_t)st.st_size;
	if (b->output == BOOKS_FOLDER || b->output == BOOKS_TEMPLATE) {
		error = folder_finish(&job->files, job->seq);
		if (error != 0)
			books_warn(b, error, "--results", job->files.seq.data);
	}
	return error;
}

static size_t
file_tail(const struct bytes *path, char *tail, size_t size)
{
	int fd = path->len > 0 ? open(path->data, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = 0;
	struct stat st;
	off_t from = 0;

	if (fd == -1)
		return 0;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)size)
		from = st.st_size - (off_t)size;
	n = pread(fd, tail, size, from);
	(void)close(fd);
	return n > 0 ? (size_t)n : 0;
}

size_t
books_output_tail(const struct books_job *job, char *tail, size_t size)
{
	size_t n = 0;

	if (job->out != -1)
		n = file_tail(&job->files.out, tail, size / 2);
	if (job->err != -1)
		n += file_tail(&job->files.err, tail + n, size / 2);
	return n;
}

static int
begin_row(struct books *b, struct books_job *job, const struct prun_result *r)
{
	const struct rows_job row = {
		.seq = job->seq,
		.sent = job->sent,
		.command = bytes_text(&job->line),
		.values = job->values.list,
		.nvalues = job->values.n,
	};

	b->row = job;
	return rows_begin(b->rows, &row, r);
}

/* Jobs come one after the other, for the pool holds each until it has ended. */
int
books_deliver(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg)
{
	struct books *b = arg;
	int error = 0;

	/* The rows may go to the terminal. */
	if (b->rows_fd == -1)
		books_message(b, true);
	if (b->row != job)
		error = begin_row(b, job, r);
	if (error == 0 && stream != 0)
		error = rows_add(b->rows, stream, data, len);
	if (stream == 0) {
		if (error == 0)
			error = rows_end(b->rows);
		b->row = NULL;
		books_job_unhold(b, job);
	}
	if (b->rows_fd == -1)
		books_message(b, false);
	return error;
}
