/* SPDX-License-Identifier: ISC */

/*
 * Owns two sinks for files that stay.  With --files each job writes to a temporary file,
 * whose name is printed instead of the output.  With --compress and --compress-program the
 * files of a task are compressed after its last try, before their names are printed.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "report/sink.h"
#include "text/file.h"

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

/*
 * With -v the file begins with the command line: what is printed are names, which another
 * program may read.
 */
static int
put_heading(const struct report_options *o, int fd, struct prun_spec *spec)
{
	const char *heading = spec->heading;

	if (heading == NULL || fd == -1 || o->errors_only)
		return 0;
	spec->heading = NULL;
	return put_all(fd, text_of(heading));
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
		/* The sink of --results has already made the file. */
		own->path.len = 0;
		error = bytes_add_string(&own->path, task->file[0].path);
	}
	if (error == 0)
		error = put_heading(o, fd, spec);
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

static const struct sink_ops files_ops = {
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
	return sink_new(sizeof(**sp), &files_ops, "--files", sp, message);
}

#define OPTION "--compress"
#define PROGRAM "--compress-program"
#define SUFFIX ".prun"
#define PROBE "prun"

/* Runs the program from in to out.  0 or -errno; -ECHILD: it did not exit with 0. */
static int
run_program(const char *program, int in, int out)
{
	struct prun_spec spec = { .size = sizeof(spec), .command = program };

	spec.in = (struct prun_stdio){ PRUN_STDIO_FD, in };
	spec.out = (struct prun_stdio){ PRUN_STDIO_FD, out };
	return prun_check_call(&spec, NULL);
}

/* Compresses all bytes of the descriptor in to the descriptor out, as one frame. */
static int
run_zstd(int in, int out)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	const size_t size = ZSTD_CStreamInSize();
	char *from = malloc(size), *to = malloc(ZSTD_CStreamOutSize());
	int error = zstd == NULL || from == NULL || to == NULL ? -ENOMEM : 0;
	size_t left;
	ssize_t n = 1;

	while (error == 0 && n > 0) {
		ZSTD_inBuffer source = { from, 0, 0 };

		if ((n = read(in, from, size)) == -1) {
			error = errno == EINTR ? 0 : -errno;
			n = 1;
			continue;
		}
		source.size = (size_t)n;
		do {
			ZSTD_outBuffer target = { to, ZSTD_CStreamOutSize(),
				0 };

			left = ZSTD_compressStream2(zstd, &target, &source,
			    n == 0 ? ZSTD_e_end : ZSTD_e_continue);
			error = ZSTD_isError(left) ?
			    -EIO :
			    put_all(out, (struct text){ to, target.pos });
		} while (error == 0 &&
		    (n == 0 ? left > 0 : source.pos < source.size));
	}
	free(to);
	free(from);
	(void)ZSTD_freeCCtx(zstd);
	return error;
}

static int
compress_fd(const struct report_options *o, int in, int out)
{
	if (o->compress_program != NULL)
		return run_program(o->compress_program, in, out);
	return run_zstd(in, out);
}

/*
 * Compresses the descriptor in into the file new_path, which is renamed to path when it is
 * whole.
 */
static int
compress_to(const struct report_options *o, const char *path, int in,
    const char *new_path)
{
	struct stat st;
	int out = open(new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);
	int error;

	if (out == -1)
		return -errno;
	error = compress_fd(o, in, out);
	if (error == 0 && fstat(in, &st) == 0)
		(void)fchmod(out, st.st_mode & 07777);
	if (close(out) == -1 && error == 0)
		error = -errno;
	if (error == 0 && rename(new_path, path) == -1)
		error = -errno;
	if (error != 0)
		(void)unlink(new_path);
	return error;
}

/* Compresses the file; an empty file, a FIFO or a device is left as it is. */
static int
compress_file(const struct report_options *o, const char *path)
{
	int in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), error = 0;
	struct stat st;
	char *new_path;

	if (in == -1)
		return -errno;
	if (fstat(in, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		if (asprintf(&new_path, "%s" SUFFIX, path) == -1) {
			error = -ENOMEM;
		} else {
			error = compress_to(o, path, in, new_path);
			free(new_path);
		}
	}
	(void)close(in);
	return error;
}

static void
last_try(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	const struct report_options *o = s->context->options;
	int error;

	(void)r;
	for (int i = 0; i < 2; i++) {
		if (task->file[i].fd == -1)
			continue;
		error = compress_file(o, task->file[i].path);
		if (error != 0)
			sink_fail(s, error == -ECHILD ? -EIO : error,
			    o->compress_program != NULL ? PROGRAM : OPTION,
			    task->file[i].path);
	}
}

static const struct sink_ops compress_ops = {
	.last_try = last_try,
};

/*
 * Checks that the compressing program runs, and that the decompressing one, if given,
 * restores its input.  0, or -errno with a message.
 */
static int
check_programs(const struct report_options *o, struct message *m)
{
	const char *back = o->decompress_program;
	struct prun_spec spec = { .size = sizeof(spec) };
	char *line, *got = NULL;
	size_t len;
	int error;

	if (asprintf(&line, "printf %s | (%s\n) %s%s%s", PROBE,
		o->compress_program, back != NULL ? "| (" : ">/dev/null",
		back != NULL ? back : "", back != NULL ? "\n)" : "") == -1)
		return message_errno(m, -ENOMEM, PROGRAM);
	spec.command = line;
	error = prun_check_output(&spec, &got, &len, NULL);
	if (error == -ECHILD)
		error = message_set(m, error, "%s: '%s' failed",
		    back != NULL ? "--decompress-program" : PROGRAM,
		    back != NULL ? back : o->compress_program);
	else if (error != 0)
		(void)message_errno(m, error, PROGRAM);
	else if (back != NULL && strcmp(got, PROBE) != 0)
		error = message_set(m, -EINVAL,
		    "--decompress-program: '%s' does not undo '%s'", back,
		    o->compress_program);
	free(got);
	free(line);
	return error;
}

int
compress_sink(struct sink_context *c, struct sink **sp, struct message *m)
{
	const struct report_options *o = c->options;
	int error = 0;

	if (o->decompress_program != NULL && o->compress_program == NULL)
		return message_set(m, -EINVAL,
		    "--decompress-program needs " PROGRAM);
	if (c->dry_run || !o->compress)
		return 0;
	if (o->compress_program != NULL)
		error = check_programs(o, m);
	if (error != 0 || !report_keeps_files(o))
		return error;
	return sink_new(sizeof(**sp), &compress_ops, OPTION, sp, m);
}
