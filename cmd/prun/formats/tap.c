/* SPDX-License-Identifier: ISC */

/*
 * The sink of --tap, which writes a line for each job, with a block of YAML below if the job
 * failed, as TAP 13 and TAP 14 both have it.  With -k the lines have the order of the input.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/job_name.h"
#include "report/json.h"
#include "report/sink.h"
#include "text/file.h"
#include "text/utf8.h"

#define OUTPUT_TAIL ((size_t)4096)

struct tap {
	struct sink sink;
	const char *path;
	int fd; /* -1: none, or it could not be written */
	bool is_stdout;
	int error; /* -errno: why it could not be written */
	uint64_t n; /* how many lines of jobs were written */
	struct bytes name, line;
};

/* The lines of a job that has ended, without the "ok 1" at their beginning. */
struct tap_task {
	struct bytes text;
	bool ok;
};

static void
tap_write(struct tap *t, struct text text)
{
	if (t->fd == -1)
		return;
	if (t->is_stdout)
		sink_message(&t->sink, true);
	t->error = put_all(t->fd, text);
	if (t->is_stdout)
		sink_message(&t->sink, false);
	if (t->error == 0)
		return;
	/* When the reader of stdout has gone, the run ends as SIGPIPE would end it. */
	if (!t->is_stdout || t->error != -EPIPE)
		sink_fail(&t->sink, t->error, "--tap", t->path);
	(void)close(t->fd);
	t->fd = -1;
}

/* Adds the name of the job in one line.  "#" is escaped, as it would begin a directive. */
static int
add_description(struct tap *t, const struct text *values, size_t n,
    uint64_t seq, struct bytes *out)
{
	int error;
	char c;

	t->name.len = 0;
	error = job_name_add(&t->name, values, n, seq);
	if (error == 0)
		error = bytes_add_string(out, " - ");
	for (size_t i = 0; i < t->name.len && error == 0; i++) {
		c = t->name.data[i];
		if (c == '#' || c == '\\')
			error = bytes_add_char(out, '\\');
		if (error == 0)
			error = bytes_add_char(out,
			    (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
	}
	return error;
}

/* Adds a member of the YAML block.  A string of JSON is valid YAML. */
static int
add_member(struct bytes *out, const char *name, struct text value)
{
	int error = bytes_add_format(out, "  %s: ", name);
	json_t *string = json_text(value);

	if (error == 0)
		error = json_add(out, string);
	else
		json_decref(string);
	return error != 0 ? error : bytes_add_char(out, '\n');
}

static int
add_block(const struct report_task *task, const struct prun_result *r,
    struct bytes *out)
{
	char outcome[OUTCOME_SIZE], message[2 * OUTCOME_SIZE];
	char tail[OUTPUT_TAIL];
	const bool flaky = report_task_is_flaky(task, r);
	struct text last = { 0 };
	int error = bytes_add_string(out, "  ---\n");

	outcome_text(r, outcome, sizeof(outcome));
	if (flaky)
		(void)snprintf(message, sizeof(message), "%s; passed in try %u",
		    task->failure, r->tries);
	else
		last = report_task_tail(task, r, tail, sizeof(tail));
	if (error == 0)
		error = add_member(out, "message",
		    text_of(flaky ? message : outcome));
	if (error == 0)
		error = add_member(out, "severity",
		    text_of(flaky ? "comment" : "fail"));
	if (error == 0)
		error = bytes_add_format(out, "  exit: %d\n  seconds: %.3f\n",
		    r->status, r->elapsed);
	if (error == 0 && last.len > 0)
		error = add_member(out, "output", utf8_trim(last));
	return error != 0 ? error : bytes_add_string(out, "  ...\n");
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct tap_task *own = sink_task_memory(s, task);
	struct tap *t = (struct tap *)s;
	int error;

	own->text.len = 0;
	own->ok = outcome_of(r) == OUTCOME_PASSED;
	error = add_description(t, task->values.list, task->values.n, task->seq,
	    &own->text);
	if (error == 0)
		error = bytes_add_char(&own->text, '\n');
	if (error == 0 && (!own->ok || report_task_is_flaky(task, r)))
		error = add_block(task, r, &own->text);
	if (error != 0)
		sink_fail(s, error, "--tap", t->path);
}

static void
tap_line(struct tap *t, bool ok, struct text text)
{
	int error;

	t->line.len = 0;
	error = bytes_add_format(&t->line, "%s %" PRIu64, ok ? "ok" : "not ok",
	    ++t->n);
	if (error == 0)
		error = bytes_add_text(&t->line, text);
	if (error == 0)
		tap_write(t, bytes_text(&t->line));
}

static void
delivered(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct tap_task *own = sink_task_memory(s, task);

	tap_line((struct tap *)s,
	    own->ok && !(r->flags & PRUN_RESULT_OUTPUT_LOST),
	    bytes_text(&own->text));
}

static void
skip(struct sink *s, const struct text *values, size_t n, uint64_t seq,
    const char *why)
{
	struct tap *t = (struct tap *)s;
	struct bytes text = { 0 };
	int error = add_description(t, values, n, seq, &text);

	if (error == 0)
		error = bytes_add_format(&text, " # SKIP %s\n", why);
	if (error == 0)
		tap_line(t, true, bytes_text(&text));
	else
		sink_fail(s, error, "--tap", t->path);
	bytes_fini(&text);
}

static void
dropped(struct sink *s, struct report_task *task)
{
	const struct tap_task *own = sink_task_memory(s, task);

	if (task->ended)
		tap_line((struct tap *)s, own->ok, bytes_text(&own->text));
	else
		skip(s, task->values.list, task->values.n, task->seq,
		    "never started");
}

static void
unstarted(struct sink *s, const struct command_job *values, struct text command)
{
	(void)command;
	skip(s, values->values, values->nvalues, values->seq, "never started");
}

static int
left_out(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *r)
{
	(void)command, (void)r;
	skip(s, values->values, values->nvalues, values->seq, "left out");
	return 0;
}

static void
resumed(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *past)
{
	struct tap *t = (struct tap *)s;
	struct bytes text = { 0 };
	const bool ok = past == NULL || outcome_of(past) == OUTCOME_PASSED;
	int error;

	(void)command;
	if (ok) {
		skip(s, values->values, values->nvalues, values->seq,
		    "done by an earlier run");
		return;
	}
	error = add_description(t, values->values, values->nvalues, values->seq,
	    &text);
	if (error == 0)
		error = bytes_add_string(&text,
		    "\n  ---\n  message: \"failed in an earlier run\"\n"
		    "  severity: fail\n  ...\n");
	if (error == 0)
		tap_line(t, false, bytes_text(&text));
	bytes_fini(&text);
}

/* With "--tap -" this takes the output of jobs, and drops it. */
static int
output(struct sink *s, struct report_task *task, const struct prun_result *r,
    int stream, struct text bytes)
{
	(void)task, (void)r, (void)stream, (void)bytes;
	return ((struct tap *)s)->error;
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct tap *t = (struct tap *)s;
	int error;
	bool more;

	(void)end->unstarted(end->arg, &more);
	t->line.len = 0;
	if (more)
		error = bytes_add_string(&t->line,
		    "Bail out! The rest of the input was never read\n");
	else
		error = bytes_add_format(&t->line, "1..%" PRIu64 "%s\n", t->n,
		    t->n == 0 ? " # SKIP no jobs" : "");
	if (error == 0)
		tap_write(t, bytes_text(&t->line));
	if (t->fd != -1 && close(t->fd) == -1)
		sink_fail(s, -errno, "--tap", t->path);
	t->fd = -1;
}

static void
task_fini(void *memory)
{
	bytes_fini(&((struct tap_task *)memory)->text);
}

static void
tap_close(struct sink *s)
{
	struct tap *t = (struct tap *)s;

	if (t->fd != -1)
		(void)close(t->fd);
	bytes_fini(&t->name);
	bytes_fini(&t->line);
	free(t);
}

#define OPS \
	.task_size = sizeof(struct tap_task), .task_fini = task_fini, \
	.ended = ended, .delivered = delivered, .dropped = dropped, \
	.unstarted = unstarted, .left_out = left_out, .resumed = resumed, \
	.finished = finished, .close = tap_close

static const struct sink_ops ops = { OPS };
static const struct sink_ops ops_stdout = { OPS, .output = output };

static int
open_file(struct tap *t, struct sink_context *c, struct message *message)
{
	t->path = c->options->tap;
	t->is_stdout = strcmp(t->path, "-") == 0;
	if (t->is_stdout && (c->output_taken || c->options->ungroup))
		return message_set(message, -EINVAL,
		    "--tap - cannot be combined with %s",
		    c->options->ungroup ? "--ungroup" :
					  "--results in a file for all jobs");
	if (t->is_stdout)
		c->output_taken = true;
	t->fd = report_open_output(c->options, t->path,
	    O_WRONLY | O_CREAT | O_TRUNC);
	if (t->fd < 0) {
		t->error = t->fd;
		t->fd = -1;
		return message_errno(message, t->error, "--tap: %s", t->path);
	}
	tap_write(t, text_of("TAP version 13\n"));
	return 0;
}

int
tap_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	struct tap *t;
	int error;

	if (c->options->tap == NULL || c->dry_run)
		return 0;
	error = sink_new(sizeof(*t),
	    strcmp(c->options->tap, "-") == 0 ? &ops_stdout : &ops, "--tap", sp,
	    message);
	if (error != 0)
		return error;
	t = (struct tap *)*sp;
	t->sink.context = c;
	t->fd = -1;
	c->keep_values = c->wants_unstarted = true;
	sink_want_tail(c, OUTPUT_TAIL);
	return open_file(t, c, message);
}
