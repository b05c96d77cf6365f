/* SPDX-License-Identifier: ISC */

/*
 * The sink of --joblog, which writes a row for each task that is done, and of --resume and
 * its kin, for which it reads the rows of an earlier run.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "report/sink.h"
#include "results/joblog_file.h"
#include "results/resume.h"

struct joblog {
	struct sink sink;
	struct joblog_file *file; /* NULL: no log is written */
	bool told; /* the user was told that a row was not written */
	const char *path;
	struct resume *resume; /* NULL: nothing is resumed */
	struct template *key; /* --resume-key; NULL: none */
};

struct joblog_task {
	struct bytes key;
};

static int
has(struct sink *s, const struct command_job *values, struct text command,
    struct prun_result *past, struct message *message)
{
	struct joblog *log = (struct joblog *)s;
	struct text key = { 0 };
	int error = 0;

	if (log->file == NULL)
		return 0;
	if (log->key != NULL)
		error = template_expand(log->key, values, &key, message);
	if (error != 0)
		return error;
	if (!resume_has(log->resume,
		text_of(values->login != NULL ? values->login : ""),
		values->seq, command, key))
		return 0;
	resume_past(log->resume, past);
	return 1;
}

static bool
next(struct sink *s, const char *host, uint64_t *seq, struct text *command)
{
	return resume_next_failed(((struct joblog *)s)->resume,
	    host != NULL ? text_of(host) : (struct text){ 0 }, seq, command);
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct joblog_task *own = sink_task_memory(s, task);
	struct joblog *log = (struct joblog *)s;
	struct text key;
	int error;

	(void)spec;
	own->key.len = 0;
	if (log->key == NULL)
		return 0;
	error = template_expand(log->key, values, &key, message);
	if (error != 0)
		return error;
	error = bytes_add_text(&own->key, key);
	return error == 0 ? 0 : message_errno(message, error, "--resume-key");
}

/*
 * The first row that cannot be written ends the run.  The jobs that end meanwhile still get
 * theirs where they can, so that --resume does not run them again.
 */
static int
write_row(struct joblog *log, const struct joblog_entry *entry)
{
	int error = joblog_file_write(log->file, entry);

	if (error != 0 && !log->told)
		(void)sink_warn(&log->sink, error, "--joblog", log->path);
	log->told |= error != 0;
	return error;
}

static int
logged(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	const struct joblog_task *own = sink_task_memory(s, task);
	struct joblog *log = (struct joblog *)s;
	const struct joblog_entry entry = {
		.seq = task->seq,
		.result = r,
		.sent = task->sent,
		.received = task->received,
		.tries = r->tries,
		.flaky = report_task_is_flaky(task, r),
		.host = task->host_name,
		.command = bytes_text(&task->line),
		.key = bytes_text(&own->key),
	};

	return log->file != NULL ? write_row(log, &entry) : 0;
}

static int
left_out(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *r)
{
	struct joblog *log = (struct joblog *)s;
	struct joblog_entry entry = {
		.seq = values->seq,
		.result = r,
		.left_out = true,
		.command = command,
	};
	struct message message = { "" };
	int error = 0;

	if (log->file == NULL || s->context->dry_run)
		return 0;
	if (log->key != NULL)
		error = template_expand(log->key, values, &entry.key, &message);
	return error == 0 ? write_row(log, &entry) :
			    sink_warn(s, error, "--joblog", log->path);
}

static void
finished(struct sink *s, const struct report_end *end)
{
	const struct joblog *log = (const struct joblog *)s;
	uint64_t n = log->resume != NULL ? resume_differing(log->resume) : 0;

	(void)end;
	if (n == 0)
		return;
	sink_message(s, true);
	warnx(
	    "Warning: %" PRIu64
	    " of the logged commands in %s differ%s from today's for the same job number",
	    n, log->path, n == 1 ? "s" : "");
	sink_message(s, false);
}

static void
task_fini(void *memory)
{
	struct joblog_task *own = memory;

	bytes_fini(&own->key);
}

static void
joblog_close(struct sink *s)
{
	struct joblog *log = (struct joblog *)s;

	joblog_file_close(log->file);
	resume_free(log->resume);
	template_free(log->key);
	free(log);
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct joblog_task),
	.task_fini = task_fini,
	.has = has,
	.next = next,
	.started = started,
	.logged = logged,
	.left_out = left_out,
	.finished = finished,
	.close = joblog_close,
};

static int
open_resume(struct joblog *log, const struct report_options *o,
    struct message *message)
{
	if (o->resume == RESUME_NONE)
		return 0;
	if (o->joblog == NULL && o->resume == RESUME_RETRY)
		return message_set(message, -EINVAL,
		    "--retry-failed needs --joblog (--retries N runs a failed job again at once)");
	if (o->joblog == NULL && report_results(o) != RESULTS_FILES)
		return message_set(message, -EINVAL,
		    "--resume and --resume-failed need --joblog, or --results with a folder");
	if (resume_new(o->resume, o->resume_key != NULL, o->each_host,
		&log->resume) != 0)
		return message_errno(message, -ENOMEM, "--resume");
	return 0;
}

static int
open_log(struct joblog *log, const struct report_options *o,
    struct message *message)
{
	struct joblog_options options = {
		.report = o,
		.path = o->joblog,
		.append = log->resume != NULL,
		.columns = (o->joblog_extra ? JOBLOG_EXTRA | JOBLOG_FLAKY : 0) |
		    (o->resume_key != NULL ? JOBLOG_KEY : 0),
	};

	if (options.path[0] == '+') {
		options.path++;
		options.append = options.no_header = true;
	}
	log->path = options.path;
	return joblog_file_open(&options,
	    log->resume != NULL ? resume_add : NULL, log->resume, &log->file,
	    message);
}

static int
open_all(struct joblog *log, struct sink_context *c, struct message *message)
{
	const struct report_options *o = c->options;
	int error = open_resume(log, o, message);

	if (error == 0 && o->resume_key != NULL)
		error = template_new(c->command, o->resume_key, message,
		    &log->key);
	/* --dry-run reads the log and does not change it. */
	if (error == 0 && o->joblog != NULL &&
	    (!c->dry_run || log->resume != NULL))
		error = open_log(log, o, message);
	if (error == 0 && o->resume == RESUME_RETRY)
		c->total = resume_failed(log->resume);
	return error;
}

int
joblog_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct report_options *o = c->options;
	int error;

	if (o->joblog == NULL && o->resume == RESUME_NONE &&
	    o->resume_key == NULL)
		return 0;
	error = sink_new(sizeof(struct joblog), &ops, "--joblog", sp, message);
	return error != 0 ? error : open_all((struct joblog *)*sp, c, message);
}
