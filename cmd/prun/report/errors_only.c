/* SPDX-License-Identifier: ISC */

/*
 * Owns --errors-only: the output of jobs that succeed is dropped.  What the others
 * wrote begins with their command line.
 */
#include <errno.h>

#include "report/sink.h"

struct errors_only_task {
	struct bytes heading;
};

static void
pool(struct sink *s, struct prun_pool_opts *opts)
{
	(void)s;
	opts->flags |= PRUN_POOL_HOLD | PRUN_POOL_ERRORS_ONLY;
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct errors_only_task *own = sink_task_memory(s, task);
	int error;

	(void)values;
	/* -v has written it already. */
	if (spec->heading != NULL)
		return 0;
	own->heading.len = 0;
	error = bytes_add_text(&own->heading, bytes_text(&task->line));
	if (error == 0)
		error = bytes_add_char(&own->heading, '\n');
	if (error == 0)
		error = bytes_terminate(&own->heading);
	spec->heading = own->heading.data;
	return error == 0 ? 0 : message_errno(message, error, "--errors-only");
}

static void
task_fini(void *memory)
{
	struct errors_only_task *own = memory;

	bytes_fini(&own->heading);
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct errors_only_task),
	.task_fini = task_fini,
	.pool = pool,
	.started = started,
};

int
errors_only_sink(struct sink_context *c, struct sink **sp,
    struct message *message)
{
	const struct report_options *o = c->options;
	const char *other = o->files ? "--files" :
	    o->results != NULL       ? "--results" :
				       NULL;

	if (!o->errors_only)
		return 0;
	if (other != NULL)
		return message_set(message, -EINVAL,
		    "--errors-only cannot be combined with %s", other);
	return sink_new(sizeof(**sp), &ops, "--errors-only", sp, message);
}
