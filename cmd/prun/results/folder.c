/* SPDX-License-Identifier: ISC */

/*
 * Owns --results FOLDER and --results TEMPLATE: the paths of each task's files, made safe
 * so that no value leads out of the folder, and the sink that gives each task its files
 * there, and marks those that are whole.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/sink.h"
#include "results/folder.h"
#include "text/file.h"
#include "text/text.h"

/* The paths of the files of one job; all zero holds none. */
struct folder_files {
	struct bytes out, err, seq; /* NUL-terminated paths */
};

/* The longest name of a file that common file systems allow. */
#define NAME_LENGTH 255

/* How the byte c of a value is written in a path; NULL: as it is. */
static const char *
escape_of(char c)
{
	switch (c) {
	case '/':
		return "\\_";
	case '\\':
		return "\\\\";
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\0':
		return "\\0";
	default:
		return NULL;
	}
}

static bool
is_dots(struct text t)
{
	return text_equals(t, ".") || text_equals(t, "..");
}

/* Adds the value as one level of the path, cut to the longest name of a file. */
static int
add_value(struct bytes *path, struct text value)
{
	const char *escape;
	size_t start;
	int error;

	if (value.len == 0)
		return 0;
	error = bytes_add_char(path, '/');
	start = path->len;
	if (error == 0 && is_dots(value))
		error = bytes_add_char(path, '\\');
	for (size_t i = 0; i < value.len && error == 0; i++) {
		escape = escape_of(value.data[i]);
		error = escape != NULL ? bytes_add(path, escape, 2) :
					 bytes_add_char(path, value.data[i]);
		if (path->len - start > NAME_LENGTH)
			break;
	}
	if (path->len - start > NAME_LENGTH)
		path->len = start + NAME_LENGTH;
	return error;
}

/* Sets each of the three paths to base with one of the names behind it. */
static int
name_files(struct folder_files *f, struct text base, const char *const names[3])
{
	struct bytes *paths[3] = { &f->out, &f->err, &f->seq };
	int error = 0;

	for (int i = 0; i < 3 && error == 0; i++) {
		if (paths[i]->data != base.data) {
			paths[i]->len = 0;
			error = bytes_add_text(paths[i], base);
		}
	}
	for (int i = 2; i >= 0 && error == 0; i--) {
		error = bytes_add_string(paths[i], names[i]);
		if (error == 0)
			error = bytes_terminate(paths[i]);
	}
	return error;
}

static int
name_in_folder(struct folder_files *f)
{
	static const char *const names[3] = { "/stdout", "/stderr", "/seq" };

	return name_files(f, bytes_text(&f->out), names);
}

/*
 * Sets the paths to FOLDER/HOST/NAME/VALUE/.../stdout, stderr and seq.  A source without a
 * name has its number as NAME.  If host is empty, HOST is left out.  The n values are tuples
 * of width values (at least 1), one from each source.
 */
static int
folder_name_by_values(struct folder_files *f, const char *folder,
    struct text host, const struct text *values, size_t n, size_t width,
    const struct text *names, size_t nnames)
{
	size_t source;
	int error;

	f->out.len = 0;
	error = bytes_add_string(&f->out, folder);
	if (error == 0)
		error = add_value(&f->out, host);
	for (size_t i = 0; i < n && error == 0; i++) {
		source = i % width;
		if (source < nnames) {
			error = add_value(&f->out, names[source]);
		} else {
			error = bytes_add_char(&f->out, '/');
			if (error == 0)
				error = bytes_add_number(&f->out, source + 1);
		}
		if (error == 0)
			error = add_value(&f->out, values[i]);
	}
	return error != 0 ? error : name_in_folder(f);
}

/*
 * How many of the first bytes of the expanded path the template itself has.  The bytes after
 * them may come from values.
 */
static size_t
own_length(const char *template, struct text expanded)
{
	size_t n = 0;

	while (n < expanded.len && template[n] == expanded.data[n])
		n++;
	return n;
}

/* Adds the expanded path with a backslash before each ".." that comes from a value. */
static int
add_safe(struct bytes *path, struct text expanded, size_t own)
{
	size_t start = 0, end;
	const char *slash;
	struct text part;
	int error = 0;

	for (; start <= expanded.len && error == 0; start = end + 1) {
		slash = memchr(expanded.data + start, '/',
		    expanded.len - start);
		end = slash != NULL ? (size_t)(slash - expanded.data) :
				      expanded.len;
		part = (struct text){ expanded.data + start, end - start };
		if (own > 0 && end > own && text_equals(part, ".."))
			error = bytes_add_char(path, '\\');
		for (size_t i = 0; i < part.len && error == 0; i++)
			error = part.data[i] == '\0' ?
			    bytes_add(path, "\\0", 2) :
			    bytes_add_char(path, part.data[i]);
		if (error == 0 && slash != NULL)
			error = bytes_add_char(path, '/');
	}
	return error;
}

/*
 * Sets the paths to PATH, PATH.err and PATH.seq, where PATH is the expanded template.  If it
 * ends in a slash, they are PATH/stdout, PATH/stderr and PATH/seq.
 */
static int
folder_name_by_template(struct folder_files *f, const char *template,
    struct text expanded)
{
	static const char *const names[3] = { "", ".err", ".seq" };
	int error;

	f->out.len = 0;
	error = add_safe(&f->out, expanded, own_length(template, expanded));
	if (error != 0)
		return error;
	if (f->out.len > 1 && f->out.data[f->out.len - 1] == '/') {
		f->out.len--;
		return name_in_folder(f);
	}
	return name_files(f, bytes_text(&f->out), names);
}

struct folder {
	struct sink sink;
	struct template *template;
	bool by_values; /* the template is constant: it names a folder */
};

static void
task_fini(void *memory)
{
	struct folder_files *f = memory;

	bytes_fini(&f->out);
	bytes_fini(&f->err);
	bytes_fini(&f->seq);
}

int
folder_make_parents(char *path)
{
	int error = *path != '\0' ? 0 : -ENOENT;
	char *p = error == 0 ? strchr(path + 1, '/') : NULL;

	for (; p != NULL && error == 0; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(path, 0777) == -1 && errno != EEXIST)
			error = -errno;
		*p = '/';
	}
	return error;
}

static int
open_empty(const struct report_options *o, const struct bytes *path, int *fd)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
	int error;

	*fd = report_open_file(o, path->data, flags);
	if (*fd == -ENOENT) {
		error = folder_make_parents(path->data);
		if (error != 0)
			return error;
		*fd = report_open_file(o, path->data, flags);
	}
	return *fd < 0 ? *fd : 0;
}

/* Make the folders and open both files for writing, empty. */
static int
open_files(const struct report_options *o, const struct folder_files *f,
    int *out, int *err)
{
	int error = open_empty(o, &f->out, out);

	if (error != 0)
		return error;
	error = open_empty(o, &f->err, err);
	if (error == 0 && unlink(f->seq.data) == -1 && errno != ENOENT) {
		error = -errno;
		(void)close(*err);
	}
	if (error != 0)
		(void)close(*out);
	return error;
}

/* Writes the job's number into the third file: a later run sees that the job is done. */
static int
finish_files(const struct folder_files *f, uint64_t seq)
{
	char text[32];
	int fd, error = open_empty(NULL, &f->seq, &fd);

	if (error != 0)
		return error;
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)seq);
	error = put_all(fd, text_of(text));
	if (close(fd) == -1 && error == 0)
		error = -errno;
	return error;
}

/* Has an earlier run finished the job of these files? */
static bool
is_finished(const struct folder_files *f)
{
	struct stat st;

	return f->seq.data != NULL && stat(f->seq.data, &st) == 0 &&
	    st.st_size > 0;
}

/* Sets the paths of the job with these values.  0, or -errno with a message. */
static int
name_task_files(const struct folder *f, struct folder_files *files,
    const struct command_job *values, struct message *message)
{
	const struct sink_context *c = f->sink.context;
	const char *results = c->options->results;
	size_t width = values->nvalues;
	const struct text host = text_of(c->options->each_host &&
		    values->login != NULL ?
		values->login :
		"");
	struct text expanded;
	int error;

	if (f->by_values) {
		if (values->ntuples > 0)
			width /= values->ntuples;
		error = folder_name_by_values(files, results, host,
		    values->values, values->nvalues, width > 0 ? width : 1,
		    c->names, c->nnames);
	} else {
		error = template_expand(f->template, values, &expanded,
		    message);
		if (error != 0)
			return error;
		if (expanded.len == 0)
			return message_set(message, -EINVAL,
			    "--results %s: the file name of job %llu is empty",
			    results, (unsigned long long)values->seq);
		error = folder_name_by_template(files, results, expanded);
	}
	return error != 0 ? message_errno(message, error, "--results") : 0;
}

static int
has(struct sink *s, const struct command_job *values, struct text command,
    struct prun_result *past, struct message *message)
{
	struct folder_files files = { 0 };
	int r;

	(void)command, (void)past;
	/* If there is a job log, the log decides which jobs are done. */
	if (s->context->options->joblog != NULL)
		return 0;
	r = name_task_files((struct folder *)s, &files, values, message);
	if (r == 0)
		r = is_finished(&files);
	task_fini(&files);
	return r;
}

/* Removes the old file, so that a new one will be made; a device or a link stays. */
static void
forget_file(const struct bytes *path)
{
	struct stat st;

	if (path->data != NULL && lstat(path->data, &st) == 0 &&
	    S_ISREG(st.st_mode))
		(void)unlink(path->data);
}

/* Makes the files the stdout and stderr of the job. */
static void
give_files(const struct report_task *task, struct prun_spec *spec)
{
	struct prun_stdio *stdio[2] = { &spec->out, &spec->err };

	for (int i = 0; i < 2; i++) {
		stdio[i]->kind = PRUN_STDIO_FD;
		stdio[i]->fd = task->file[i].fd;
	}
	spec->heading = NULL;
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct folder_files *files = sink_task_memory(s, task);
	int out, err, error;

	error = name_task_files((struct folder *)s, files, values, message);
	if (error != 0)
		return error;
	/* Processes that the killed run has left alive may still write to the old files. */
	if (s->context->options->resume != RESUME_NONE) {
		forget_file(&files->out);
		forget_file(&files->err);
	}
	error = open_files(s->context->options, files, &out, &err);
	if (error != 0)
		return message_errno(message, error, "--results: %s",
		    files->out.data);
	task->file[0] = (struct report_file){ out, files->out.data };
	task->file[1] = (struct report_file){ err, files->err.data };
	if (s->context->output_taken)
		return 0;
	/* With -v the file begins with the command line, as if the job had written it. */
	if (spec->heading != NULL)
		error = put_all(out, text_of(spec->heading));
	if (error != 0)
		return message_errno(message, error, "--results: %s",
		    files->out.data);
	give_files(task, spec);
	return 0;
}

/* Where another sink takes the output, this one writes it to the files. */
static int
output(struct sink *s, struct report_task *task, const struct prun_result *r,
    int stream, struct text bytes)
{
	int error = 0;

	(void)r;
	if (stream != 0)
		error = put_all(task->file[stream - 1].fd, bytes);
	if (error != 0)
		return sink_warn(s, error, "--results",
		    task->file[stream - 1].path);
	return 0;
}

static int
logged(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	const struct folder_files *files = sink_task_memory(s, task);
	int error = finish_files(files, task->seq);

	(void)r;
	if (error != 0)
		return sink_warn(s, error, "--results", files->seq.data);
	return 0;
}

static void
folder_close(struct sink *s)
{
	struct folder *f = (struct folder *)s;

	template_free(f->template);
	free(f);
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct folder_files),
	.task_fini = task_fini,
	.has = has,
	.started = started,
	.output = output,
	.logged = logged,
	.close = folder_close,
};

int
folder_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	struct folder *f;
	int error;

	if (report_results(c->options) != RESULTS_FILES)
		return 0;
	error = sink_new(sizeof(*f), &ops, "--results", sp, message);
	if (error != 0)
		return error;
	f = (struct folder *)*sp;
	error = template_new(c->command, c->options->results, message,
	    &f->template);
	f->by_values = error == 0 && template_is_constant(f->template);
	return error;
}
