/* SPDX-License-Identifier: ISC */

/*
 * Owns the list of sinks and the memory of tasks, and tells the sinks what happens to
 * the tasks.  The file is long because each event that a run reports is a function here:
 * all of them need the list, and none knows what a sink makes of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/color.h"
#include "report/report.h"
#include "report/sink.h"
#include "text/file.h"

TAILQ_HEAD(task_list, report_task);

struct report {
	struct sink_context context;
	struct text *names;
	TAILQ_HEAD(, sink) sinks; /* in the order of SINKS */
	size_t task_size;
	struct task_list tasks; /* those in use */
	struct task_list idle; /* memory that the next tasks get */
	uint64_t total, skipped; /* 0: not known */
};

/* Calls the function of that name of each sink that has one. */
#define TELL(report, event, ...) \
	do { \
		struct sink *sink_; \
\
		TAILQ_FOREACH(sink_, &(report)->sinks, entry) { \
			if (sink_->ops->event != NULL) \
				sink_->ops->event(sink_, ##__VA_ARGS__); \
		} \
	} while (0)

static sink_open_fn *const sinks[] = {
#define SINK_OPEN(name, open) open,
	SINKS(SINK_OPEN)
#undef SINK_OPEN
};

static size_t
aligned(size_t size)
{
	const size_t to = _Alignof(max_align_t);

	return (size + to - 1) / to * to;
}

static int
open_sinks(struct report *r, struct message *message)
{
	struct sink *s;
	int error;

	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
		s = NULL;
		error = sinks[i](&r->context, &s, message);
		if (s != NULL) {
			s->context = &r->context;
			s->memory = r->task_size - sizeof(struct report_task);
			r->task_size += aligned(s->ops->task_size);
			TAILQ_INSERT_TAIL(&r->sinks, s, entry);
		}
		if (error != 0)
			return error;
	}
	return 0;
}

static int
set_context(struct report *r, struct command *command, bool dry_run,
    const struct text *names, size_t n)
{
	const struct report_options *o = r->context.options;
	struct sink_context *c = &r->context;
	const bool colors = color_is_allowed(o->colors);
	const bool rows = o->latest_line && sink_may_draw(STDOUT_FILENO);

	r->names = calloc(n + 1, sizeof(*r->names));
	if (r->names == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		r->names[i] = names[i];
	c->names = r->names;
	c->nnames = n;
	c->dry_run = dry_run;
	c->command = command;
	c->color = o->color && colors;
	c->color_failed = o->color_failed && colors;
	c->color_tag = o->color_tag &&
	    color_is_wanted(o->colors, STDOUT_FILENO);
	c->tmpdir = temporary_folder(o->tmpdir);
	/* All sinks share one screen: there is one terminal. */
	if (!rows && !sink_may_draw(STDERR_FILENO))
		return 0;
	return screen_new(rows ? STDOUT_FILENO : STDERR_FILENO, &c->screen);
}

int
report_open(const struct report_options *options, bool dry_run,
    struct command *command, const struct text *names, size_t nnames,
    struct report **rp, struct message *message)
{
	struct report *r = calloc(1, sizeof(*r));
	int error;

	if (r == NULL)
		return message_errno(message, -ENOMEM, "prun");
	if (options->tmpdir != NULL && access(options->tmpdir, W_OK) == -1) {
		error = message_errno(message, -errno, "--tmpdir: %s",
		    options->tmpdir);
		free(r);
		return error;
	}
	TAILQ_INIT(&r->sinks);
	TAILQ_INIT(&r->tasks);
	TAILQ_INIT(&r->idle);
	r->task_size = sizeof(struct report_task);
	r->context.options = options;
	error = set_context(r, command, dry_run, names, nnames);
	if (error != 0)
		error = message_errno(message, error, "prun");
	else
		error = open_sinks(r, message);
	if (error != 0) {
		report_close(r);
		return error;
	}
	if (options->total_jobs > 0)
		TELL(r, total, options->total_jobs);
	if (r->context.total > 0)
		TELL(r, total, r->context.total);
	*rp = r;
	return 0;
}

void
report_finish(struct report *r, const struct report_end *end)
{
	struct report_task *task;

	TAILQ_FOREACH(task, &r->tasks, entry)
		TELL(r, dropped, task);
	TELL(r, finished, end);
	if (r->context.screen != NULL)
		screen_finish(r->context.screen);
	TELL(r, last_words, end);
}

static void
task_free(struct report *r, struct report_task *task)
{
	struct sink *s;

	report_task_close_files(task);
	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (s->ops->task_fini != NULL)
			s->ops->task_fini(sink_task_memory(s, task));
	}
	texts_fini(&task->values);
	free(task->ends);
	bytes_fini(&task->value_bytes);
	bytes_fini(&task->line);
	free(task);
}

void
report_close(struct report *r)
{
	struct report_task *task;
	struct sink *s;

	if (r == NULL)
		return;
	/* Some tasks may still be in use: those that were left when the pool was freed. */
	TAILQ_CONCAT(&r->idle, &r->tasks, entry);
	while ((task = TAILQ_FIRST(&r->idle)) != NULL) {
		TAILQ_REMOVE(&r->idle, task, entry);
		task_free(r, task);
	}
	while ((s = TAILQ_FIRST(&r->sinks)) != NULL) {
		TAILQ_REMOVE(&r->sinks, s, entry);
		if (s->ops->close != NULL)
			s->ops->close(s);
		else
			free(s);
	}
	screen_free(r->context.screen);
	free(r->names);
	free(r);
}

/* The deliver function of the pool: hands output of a job to the sinks. */
static int
report_output(const struct prun_result *result, void *job, int stream,
    const char *data, size_t len, void *arg)
{
	struct report *r = arg;
	struct sink *s;
	int error = 0;

	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (error == 0 && s->ops->output != NULL)
			error = s->ops->output(s, job, result, stream,
			    (struct text){ data, len });
	}
	return error;
}

void
report_pool(struct report *r, struct prun_pool_opts *opts)
{
	TELL(r, pool, opts);
	opts->tail = r->context.tail;
	/* What a job had written when prun was interrupted is of use only for finding faults. */
	if (r->context.options->digest != REPORT_ALWAYS && !report_is_log())
		opts->flags |= PRUN_POOL_DROP_TERMINATED;
	if (r->context.output_taken || r->context.output_copied) {
		if (!r->context.output_taken)
			opts->flags |= PRUN_POOL_DELIVER_COPY;
		opts->deliver = report_output;
		opts->deliver_arg = r;
	}
	if (r->context.screen != NULL) {
		opts->writing = screen_writing;
		opts->writing_arg = r->context.screen;
	}
	opts->tmpdir = r->context.tmpdir;
	if (r->context.options->compress)
		opts->flags |= PRUN_POOL_COMPRESS;
}

void
report_begin(struct report *r, struct prun_pool *pool)
{
	TELL(r, begin, pool);
	if (r->context.screen != NULL)
		screen_begin(r->context.screen, pool);
}

/* Has an earlier run done the job?  See report_skip(). */
static int
report_look_back(struct report *r, const struct command_job *values,
    struct text command, struct message *message)
{
	struct prun_result past = { .size = sizeof(past) };
	struct sink *s;
	int has = 0;

	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (has == 0 && s->ops->has != NULL)
			has = s->ops->has(s, values, command, &past, message);
	}
	if (has > 0) {
		TELL(r, resumed, values, command,
		    past.tries != 0 ? &past : NULL);
		r->skipped++;
		report_total(r, r->total);
	}
	return has;
}

int
report_skip(struct report *r, const struct command_job *values,
    struct text command, struct message *message)
{
	return r->context.options->resume == RESUME_NONE ?
	    0 :
	    report_look_back(r, values, command, message);
}

bool
report_retries(const struct report *r)
{
	return r->context.options->resume == RESUME_RETRY;
}

bool
report_next_retry(struct report *r, const char *host, uint64_t *seq,
    struct text *command)
{
	struct sink *s;

	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (s->ops->next != NULL)
			return s->ops->next(s, host, seq, command);
	}
	return false;
}

static struct report_task *
task_new(struct report *r)
{
	struct report_task *task = TAILQ_FIRST(&r->idle);

	if (task != NULL)
		TAILQ_REMOVE(&r->idle, task, entry);
	else
		task = calloc(1, r->task_size);
	if (task == NULL)
		return NULL;
	TAILQ_INSERT_TAIL(&r->tasks, task, entry);
	task->file[0].fd = task->file[1].fd = -1;
	task->settled = false;
	task->sent = task->received = 0;
	*task->failure = '\0';
	task->ended = task->cut = false;
	return task;
}

static void
task_end(struct report *r, struct report_task *task)
{
	report_task_close_files(task);
	TAILQ_REMOVE(&r->tasks, task, entry);
	TAILQ_INSERT_HEAD(&r->idle, task, entry);
}

static int
tell_start(struct report *r, struct report_task *task,
    const struct command_job *values, struct text command,
    struct prun_spec *spec, struct message *message)
{
	struct sink *s;
	int error;

	task->seq = values->seq;
	task->slot = values->slot;
	task->line.len = 0;
	error = bytes_add_text(&task->line, command);
	if (error == 0)
		error = bytes_terminate(&task->line);
	if (error == 0 && r->context.keep_values)
		error = report_task_keep_values(task, values);
	if (error != 0)
		return message_errno(message, error, "job %llu",
		    (unsigned long long)values->seq);
	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (error == 0 && s->ops->started != NULL)
			error = s->ops->started(s, task, values, spec, message);
	}
	return error;
}

int
report_start(struct report *r, const struct command_job *values,
    struct text command, const char *host, struct prun_spec *spec,
    struct report_task **tp, struct message *message)
{
	struct report_task *task = task_new(r);
	int error;

	if (task == NULL)
		return message_errno(message, -ENOMEM, "job %llu",
		    (unsigned long long)values->seq);
	task->host_name = host;
	error = tell_start(r, task, values, command, spec, message);
	if (error != 0)
		task_end(r, task);
	else
		*tp = task;
	return error;
}

void
report_tried(struct report *r, struct report_task *task,
    const struct prun_result *result)
{
	/* A job that is killed to make room for others has not failed. */
	if (!(result->flags & PRUN_RESULT_TERMINATED)) {
		outcome_text(result, task->failure, sizeof(task->failure));
		task->failure_kind = outcome_of(result);
	}
	TELL(r, tried, task, result);
	report_task_empty_files(task);
}

bool
report_wants_last_try(const struct report *r)
{
	const struct sink *s;

	TAILQ_FOREACH(s, &r->sinks, entry)
		if (s->ops->last_try != NULL)
			return true;
	return false;
}

void
report_last_try(struct report *r, struct report_task *task,
    const struct prun_result *result)
{
	if (!task->settled)
		TELL(r, last_try, task, result);
	task->settled = true;
}

void
report_ended(struct report *r, struct report_task *task,
    const struct prun_result *result, bool cut)
{
	task->ended = true;
	task->cut = cut;
	task->received = result->out_bytes;
	/*
	 * After --halt the pool does not call the task's retry function, which tells of the
	 * last try.
	 */
	if (!cut)
		report_last_try(r, task, result);
	TELL(r, ended, task, result);
	/* Where a sink takes the output, it may still write bytes to the files. */
	if (!r->context.output_taken)
		report_task_close_files(task);
}

void
report_again(struct report *r, uint64_t seq, const struct prun_result *before)
{
	TELL(r, again, seq, before);
}

int
report_delivered(struct report *r, struct report_task *task,
    const struct prun_result *result)
{
	struct sink *s;
	int error = 0;

	report_task_close_files(task);
	TELL(r, delivered, task, result);
	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (task->cut ||
		    result->flags &
			(PRUN_RESULT_OUTPUT_LOST | PRUN_RESULT_INPUT_LOST))
			break;
		if (error == 0 && s->ops->logged != NULL)
			error = s->ops->logged(s, task, result);
	}
	task_end(r, task);
	return error;
}

int
report_left_out(struct report *r, const struct command_job *values,
    struct text command, const struct prun_result *result)
{
	struct sink *s;
	int error = 0;

	TAILQ_FOREACH(s, &r->sinks, entry) {
		if (error == 0 && s->ops->left_out != NULL)
			error = s->ops->left_out(s, values, command, result);
	}
	return error;
}

bool
report_wants_unstarted(const struct report *r)
{
	return r->context.wants_unstarted;
}

void
report_unstarted(struct report *r, const struct command_job *values,
    struct text command)
{
	TELL(r, unstarted, values, command);
}

bool
report_failed(const struct report *r)
{
	return r->context.failed;
}

int
report_subscribe(struct report *r, int fd)
{
	struct sink *s;

	TAILQ_FOREACH(s, &r->sinks, entry)
		if (s->ops->subscribe != NULL)
			return s->ops->subscribe(s, fd);
	return -ENOTSUP;
}

void
report_toggle(struct report *r)
{
	TELL(r, toggle);
}

void
report_total(struct report *r, uint64_t total)
{
	if (r->context.options->total_jobs != 0 || total == 0)
		return;
	r->total = total;
	TELL(r, total, total > r->skipped ? total - r->skipped : 0);
}

void
report_share(struct report *r, double share)
{
	TELL(r, share, share);
}

void
report_message(struct report *r, bool begin)
{
	if (r->context.screen != NULL)
		screen_message(r->context.screen, begin);
}

void
report_question(struct report *r, bool begin)
{
	if (r->context.screen != NULL)
		screen_writing(begin, begin, r->context.screen);
}
