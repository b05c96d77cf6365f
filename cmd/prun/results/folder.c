/* SPDX-License-Identifier: ISC */

/*
 * Owns the sink of --results FOLDER and --results TEMPLATE, which gives each task its files
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
#include "results/folder_names.h"
#include "text/file.h"
#include "text/text.h"

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

static int
open_empty(const struct report_options *o, const struct bytes *path, int *fd)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND;
	int error;

	*fd = report_open_file(o, path->data, flags);
	if (*fd == -ENOENT) {
		error = make_parents(path->data);
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
