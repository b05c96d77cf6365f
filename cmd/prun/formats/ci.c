/* SPDX-License-Identifier: ISC */

/*
 * The sink of --ci, which makes the output of each job a group in the log of a CI system,
 * and tells the system of errors.  Knows nothing of how a system marks them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/ci_format.h"
#include "report/sink.h"
#include "text/file.h"

/* GitHub shows at most so many errors of one step. */
#define ERRORS_MOST 10
/* The output of a job is gathered up to so many bytes before it is written. */
#define LOOK_AT ((size_t)256 * 1024)

struct ci {
	struct sink sink;
	enum ci_system system;
	char token[40];
	unsigned errors; /* how many errors the system was told of */
	/* the task whose group has begun, or NULL */
	const struct report_task *open;
	struct bytes text; /* output of the job that is not written yet */
	struct bytes out;
	bool stopped, midline;
};

static struct ci_group
group_of(const struct ci *c, const struct report_task *task,
    const struct prun_result *r, char *outcome)
{
	outcome_text(r, outcome, OUTCOME_SIZE);
	return (struct ci_group){
		.system = c->system,
		.seq = task->seq,
		.command = bytes_text(&task->line),
		.failed = outcome_of(r) != OUTCOME_PASSED,
		.outcome = outcome,
		.started = r->started,
		.elapsed = r->elapsed,
		.token = c->token,
	};
}

static int
ci_write(struct ci *c, int error)
{
	sink_message(&c->sink, true);
	if (error == 0)
		error = put_all(STDOUT_FILENO, bytes_text(&c->out));
	sink_message(&c->sink, false);
	c->out.len = 0;
	return error;
}

/* Adds the gathered output to c->out.  more: the job has written more than c->text. */
static int
write_text(struct ci *c, const struct report_task *task,
    const struct ci_group *g, bool more)
{
	int error = 0;

	if (c->open != task) {
		c->open = task;
		c->stopped = c->midline = false;
		error = ci_add_begin(&c->out, g);
	}
	if (error == 0 && c->text.len > 0) {
		error = ci_add_lines(&c->out, g, bytes_text(&c->text), more,
		    &c->stopped);
		c->midline = c->text.data[c->text.len - 1] != '\n';
	}
	c->text.len = 0;
	return error;
}

static int
write_end(struct ci *c, const struct ci_group *g)
{
	int error = c->midline ? bytes_add_char(&c->out, '\n') : 0;

	if (error == 0)
		error = ci_add_resume(&c->out, g, c->stopped);
	if (error == 0)
		error = ci_add_end(&c->out, g);
	if (error == 0 && g->failed && c->errors < ERRORS_MOST) {
		c->errors++;
		error = ci_add_error(&c->out, g);
	}
	c->open = NULL;
	return error;
}

static int
output(struct sink *s, struct report_task *task, const struct prun_result *r,
    int stream, struct text bytes)
{
	struct ci *c = (struct ci *)s;
	char outcome[OUTCOME_SIZE];
	const struct ci_group g = group_of(c, task, r, outcome);
	int error = bytes_add_text(&c->text, bytes);

	if (stream != 0) {
		if (error == 0 && c->text.len >= LOOK_AT)
			error = ci_write(c, write_text(c, task, &g, true));
		return error;
	}
	/* A job that wrote nothing and has not failed gets no group. */
	if (error != 0 || (c->open != task && c->text.len == 0 && !g.failed))
		return error;
	error = write_text(c, task, &g, false);
	if (error == 0)
		error = write_end(c, &g);
	return ci_write(c, error);
}

/* If the output makes no groups, the system is still told of the errors. */
static void
delivered(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct ci *c = (struct ci *)s;
	char outcome[OUTCOME_SIZE];
	const struct ci_group g = group_of(c, task, r, outcome);

	if (!g.failed || c->errors == ERRORS_MOST || c->system == CI_BUILDKITE)
		return;
	c->errors++;
	(void)ci_write(c, ci_add_error(&c->out, &g));
}

static void
ci_close(struct sink *s)
{
	struct ci *c = (struct ci *)s;

	bytes_fini(&c->text);
	bytes_fini(&c->out);
	free(c);
}

static const struct sink_ops ops_groups = {
	.pool = sink_hold_output,
	.output = output,
	.close = ci_close,
};

static const struct sink_ops ops_errors = {
	.delivered = delivered,
	.close = ci_close,
};

int
ci_sink(struct sink_context *context, struct sink **sp, struct message *message)
{
	const struct report_options *o = context->options;
	const enum ci_system system = report_ci(o);
	const bool groups = o->group && !context->output_taken && !o->files &&
	    report_results(o) == RESULTS_NONE;
	struct ci *c;
	int error;

	if (system == CI_NONE || context->dry_run)
		return 0;
	error = sink_new(sizeof(*c), groups ? &ops_groups : &ops_errors, "--ci",
	    sp, message);
	if (error != 0)
		return error;
	c = (struct ci *)*sp;
	c->system = system;
	(void)snprintf(c->token, sizeof(c->token),
	    "prun-%08" PRIx32 "%08" PRIx32, arc4random(), arc4random());
	context->output_taken |= groups;
	return 0;
}
