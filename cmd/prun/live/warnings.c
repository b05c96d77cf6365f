/* SPDX-License-Identifier: ISC */

/*
 * Owns three sinks that tell people on stderr what they should not miss.  The first warns
 * at once of a try that went wrong in a way that its exit status does not show.  The second,
 * --slow-after, tells which jobs have run for long, ever more rarely.  With the third,
 * --errors-only, the output of jobs that succeed is dropped, and the output of the others
 * begins with their command line.
 */
#include <err.h>
#include <errno.h>
#include <unistd.h>

#include "report/outcome.h"
#include "report/sink.h"
#include "text/clock.h"
#include "text/shown.h"

#define TOLD \
	(PRUN_RESULT_NOT_STARTED | PRUN_RESULT_OUTPUT_LOST | \
	    PRUN_RESULT_SUDO_REFUSED | PRUN_RESULT_NOT_KILLED | \
	    PRUN_RESULT_TIMED_OUT | PRUN_RESULT_LEFT_BEHIND | \
	    PRUN_RESULT_INPUT_LOST | PRUN_RESULT_NOT_HELD | \
	    PRUN_RESULT_FILE_LOST)

struct warnings {
	struct sink sink;
	bool lost; /* it has been said that output was lost */
};

static void
warn_lost(struct warnings *w, const struct report_task *task,
    const struct prun_result *r)
{
	struct shown buffer;
	const char *line = shown(&buffer, bytes_text(&task->line));

	w->lost = true;
	warnc(r->error, "job %llu: output lost: %s",
	    (unsigned long long)task->seq, line);
}

static void
warn_input(unsigned long long seq, const char *line,
    const struct prun_result *r)
{
	if (r->error == ENODATA)
		warnx(
		    "job %llu: its input is shorter than it was: the file has been cut: %s",
		    seq, line);
	else
		warnc(r->error, "job %llu: input lost: %s", seq, line);
}

/*
 * The output of the job was written before its end.  The user is warned only if that shows:
 * the job failed, or --errors-only should have dropped the output.
 */
static void
warn_not_held(const struct sink *s, unsigned long long seq, const char *line,
    const struct prun_result *r)
{
	if (outcome_of(r) != OUTCOME_PASSED)
		warnc(r->error,
		    "job %llu: no room to hold its output back: no colours for it, and no more tries: %s",
		    seq, line);
	else if (s->context->options->errors_only)
		warnc(r->error,
		    "job %llu: no room to hold its output back: it stays, although the job has succeeded: %s",
		    seq, line);
}

static void
tried(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	const unsigned long long seq = task->seq;
	struct shown buffer;
	const char *line;

	if (!(r->flags & TOLD))
		return;
	line = shown(&buffer, bytes_text(&task->line));
	sink_message(s, true);
	if (r->flags & PRUN_RESULT_FILE_LOST)
		warnx("job %llu: %s: %s", seq,
		    r->fault != NULL ? r->fault : "a file was lost", line);
	else if (outcome_is_hostless(r))
		warnx("job %llu: its host was lost before it started: %s", seq,
		    line);
	else if (r->flags & PRUN_RESULT_NOT_STARTED)
		warnc(r->error, "job %llu: %s: %s", seq,
		    r->fault != NULL ? r->fault : line,
		    prun_step_name(r->step));
	else if (r->flags & PRUN_RESULT_OUTPUT_LOST)
		warn_lost((struct warnings *)s, task, r);
	if (r->flags & PRUN_RESULT_INPUT_LOST)
		warn_input(seq, line, r);
	if (r->flags & PRUN_RESULT_NOT_HELD)
		warn_not_held(s, seq, line, r);
	if (r->flags & PRUN_RESULT_SUDO_REFUSED)
		warnx("job %llu: sudo did not take the password: %s", seq,
		    line);
	if (r->flags & PRUN_RESULT_NOT_KILLED)
		warnx(
		    "job %llu: processes that are or may be its own live on, for want of rights: %s",
		    seq, line);
	/* The digest will tell how the job has ended, so the screen is spared this warning. */
	if (r->flags & PRUN_RESULT_TIMED_OUT && !s->context->digest) {
		warnx("Warning: This job was killed because it timed out:");
		warnx("Warning: %s", line);
	}
	if (r->flags & PRUN_RESULT_LEFT_BEHIND) {
		warnx("Warning: This job left processes behind%s:",
		    r->flags & PRUN_RESULT_LEAKY ?
			" that still hold its output" :
			"");
		warnx("Warning: %s", line);
	}
	sink_message(s, false);
}

/*
 * Lost output ends the run, so only the first job that lost some is told.  Nothing is told
 * when the reader of the output has gone: SIGPIPE would end prun without a word as well.
 */
static void
delivered(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct warnings *w = (struct warnings *)s;

	if (!(r->flags & PRUN_RESULT_OUTPUT_LOST) || r->error == EPIPE ||
	    w->lost)
		return;
	sink_message(s, true);
	warn_lost(w, task, r);
	sink_message(s, false);
}

/* Jobs that were left out count as failed.  This line says so if there is no digest. */
static void
last_words(struct sink *s, const struct report_end *end)
{
	const unsigned long long n = end->tally->skipped;

	if (n == 0 || s->context->digest ||
	    s->context->options->digest == REPORT_NEVER)
		return;
	sink_message(s, true);
	warnx("Warning: %llu %s left out, and count%s as failed", n,
	    n == 1 ? "job was" : "jobs were", n == 1 ? "s" : "");
	sink_message(s, false);
}

static const struct sink_ops ops = {
	.tried = tried,
	.ended = tried,
	.delivered = delivered,
	.last_words = last_words,
};

int
warnings_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	return c->dry_run ?
	    0 :
	    sink_new(sizeof(struct warnings), &ops, "prun", sp, message);
}

#define AFTER 60.0 /* seconds; the default on a terminal and in a log */

struct slow_task {
	TAILQ_ENTRY(slow_task) entry;
	const struct report_task *task; /* NULL: this slow_task is in no list */
	double since, due;
};

struct slow {
	struct sink sink;
	TAILQ_HEAD(, slow_task) running;
	struct prun_pool *pool;
	double after;
	uint64_t timer;
	bool armed;
};

static void
slow_tell(struct slow *s, struct slow_task *t, double time)
{
	struct shown line;

	sink_message(&s->sink, true);
	warnx("job %llu has run for %.0f s: %s",
	    (unsigned long long)t->task->seq, time - t->since,
	    shown(&line, bytes_text(&t->task->line)));
	sink_message(&s->sink, false);
	t->due = time + 2 * (time - t->since);
}

static void slow_timer(void *arg);

/* If there is no memory for a timer, nothing is told of slow jobs, and the run goes on. */
static void
slow_arm(struct slow *s, double seconds)
{
	if (s->pool == NULL || s->armed)
		return;
	s->armed = prun_pool_after(s->pool, seconds, slow_timer, s,
		       &s->timer) == 0;
}

static void
slow_timer(void *arg)
{
	struct slow *s = arg;
	const double time = clock_steady();
	double next = time + s->after;
	struct slow_task *t;

	s->armed = false;
	TAILQ_FOREACH(t, &s->running, entry) {
		if (t->due <= time)
			slow_tell(s, t, time);
		if (t->due < next)
			next = t->due;
	}
	if (!TAILQ_EMPTY(&s->running))
		slow_arm(s, next - time);
}

static void
slow_begin(struct sink *s, struct prun_pool *pool)
{
	((struct slow *)s)->pool = pool;
}

static int
slow_started(struct sink *sink, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct slow *s = (struct slow *)sink;
	struct slow_task *t = sink_task_memory(sink, task);

	(void)values, (void)spec, (void)message;
	t->task = task;
	t->since = clock_steady();
	t->due = t->since + s->after;
	TAILQ_INSERT_TAIL(&s->running, t, entry);
	slow_arm(s, s->after);
	return 0;
}

static void
slow_ended(struct sink *sink, struct report_task *task,
    const struct prun_result *r)
{
	struct slow *s = (struct slow *)sink;
	struct slow_task *t = sink_task_memory(sink, task);

	(void)r;
	if (t->task != NULL)
		TAILQ_REMOVE(&s->running, t, entry);
	t->task = NULL;
}

static void
slow_finished(struct sink *sink, const struct report_end *end)
{
	struct slow *s = (struct slow *)sink;

	(void)end;
	if (s->armed)
		(void)prun_pool_after_cancel(s->pool, s->timer);
	s->pool = NULL;
}

static const struct sink_ops slow_ops = {
	.task_size = sizeof(struct slow_task),
	.begin = slow_begin,
	.started = slow_started,
	.ended = slow_ended,
	.finished = slow_finished,
};

int
slow_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const double wanted = c->options->slow_after;
	struct slow *s;
	int error;

	if (c->dry_run || wanted == 0 ||
	    (wanted < 0 && !report_is_log() && isatty(STDERR_FILENO) != 1))
		return 0;
	error = sink_new(sizeof(*s), &slow_ops, "--slow-after", sp, message);
	if (error != 0)
		return error;
	s = (struct slow *)*sp;
	TAILQ_INIT(&s->running);
	s->after = wanted > 0 ? wanted : AFTER;
	return 0;
}

struct errors_only_task {
	struct bytes heading;
};

static void
errors_only_pool(struct sink *s, struct prun_pool_opts *opts)
{
	(void)s;
	opts->flags |= PRUN_POOL_HOLD | PRUN_POOL_ERRORS_ONLY;
}

static int
errors_only_started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct errors_only_task *own = sink_task_memory(s, task);
	int error;

	(void)values;
	/* -v has set the command line as the heading already. */
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
errors_only_task_fini(void *memory)
{
	struct errors_only_task *own = memory;

	bytes_fini(&own->heading);
}

static const struct sink_ops errors_only_ops = {
	.task_size = sizeof(struct errors_only_task),
	.task_fini = errors_only_task_fini,
	.pool = errors_only_pool,
	.started = errors_only_started,
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
	return sink_new(sizeof(**sp), &errors_only_ops, "--errors-only", sp,
	    message);
}
