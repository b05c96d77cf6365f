/* SPDX-License-Identifier: ISC */

/*
 * Owns --files: each job writes to a temporary file, and the name of the file is
 * printed in place of the output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "report/sinks.h"

struct files_task {
	struct bytes path, heading;
};

static int
make_file(const char *tmpdir, struct bytes *path, int *fd)
{
	int error;

	path->len = 0;
	error = bytes_add_string(path, tmpdir);
	if (error == 0)
		error = bytes_add_string(path, "/parXXXXXX.par");
	if (error == 0)
		error = bytes_terminate(path);
	if (error != 0)
		return error;
	*fd = mkostemps(path->data, 4, O_CLOEXEC | O_APPEND);
	return *fd == -1 ? -errno : 0;
}

static int
print_name(const struct report_options *o, struct files_task *own,
    struct prun_spec *spec)
{
	const bool in_row = report_results(o) > RESULTS_FILES;
	struct bytes *h = &own->heading;
	int error = 0;

	h->len = 0;
	if (spec->heading != NULL)
		error = bytes_add_string(h, spec->heading);
	if (error == 0)
		error = bytes_add_text(h, bytes_text(&own->path));
	if (error == 0 && !in_row)
		error = bytes_add_char(h, o->files_nul ? '\0' : '\n');
	spec->heading = h->data;
	spec->heading_len = h->len;
	return error;
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct files_task *own = sink_task_memory(s, task);
	const struct report_options *o = s->context->options;
	int fd = -1, error = 0;

	(void)values;
	if (report_results(o) != RESULTS_FILES) {
		error = make_file(s->context->tmpdir, &own->path, &fd);
		task->file[0] = (struct report_file){ fd, own->path.data };
		spec->out.kind = PRUN_STDIO_FD;
		spec->out.fd = fd;
	} else {
		/* --results has made a file already. */
		own->path.len = 0;
		error = bytes_add_string(&own->path, task->file[0].path);
	}
	if (error == 0)
		error = print_name(o, own, spec);
	if (error != 0)
		return message_errno(message, error, "--files: %s",
		    own->path.data != NULL ? own->path.data : "");
	return 0;
}

static void
task_fini(void *memory)
{
	struct files_task *own = memory;

	bytes_fini(&own->path);
	bytes_fini(&own->heading);
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct files_task),
	.task_fini = task_fini,
	.pool = sink_hold_output,
	.started = started,
};

int
files_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct report_options *o = c->options;

	if (!o->files)
		return 0;
	if (o->latest_line)
		return message_set(message, -EINVAL,
		    "--latest-line cannot be combined with --files");
	return sink_new(sizeof(**sp), &ops, "--files", sp, message);
}
