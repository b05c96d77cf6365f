/* SPDX-License-Identifier: ISC */

/* Owns --slow-after: who has run for long is told of on stderr, ever more rarely. */
#include <err.h>
#include <unistd.h>

#include "report/sink.h"
#include "text/clock.h"
#include "text/shown.h"

#define AFTER 60.0 /* seconds; where somebody looks or a log is kept */

struct slow_task {
	TAILQ_ENTRY(slow_task) entry;
	const struct report_task *task; /* NULL: it is in no list */
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
tell(struct slow *s, struct slow_task *t, double time)
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

/* Without a timer nothing is told, which is not worth an error. */
static void
arm(struct slow *s, double seconds)
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
			tell(s, t, time);
		if (t->due < next)
			next = t->due;
	}
	if (!TAILQ_EMPTY(&s->running))
		arm(s, next - time);
}

static void
begin(struct sink *s, struct prun_pool *pool)
{
	((struct slow *)s)->pool = pool;
}

static int
started(struct sink *sink, struct report_task *task,
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
	arm(s, s->after);
	return 0;
}

static void
ended(struct sink *sink, struct report_task *task, const struct prun_result *r)
{
	struct slow *s = (struct slow *)sink;
	struct slow_task *t = sink_task_memory(sink, task);

	(void)r;
	if (t->task != NULL)
		TAILQ_REMOVE(&s->running, t, entry);
	t->task = NULL;
}

static void
finished(struct sink *sink, const struct report_end *end)
{
	struct slow *s = (struct slow *)sink;

	(void)end;
	if (s->armed)
		(void)prun_pool_after_cancel(s->pool, s->timer);
	s->pool = NULL;
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct slow_task),
	.begin = begin,
	.started = started,
	.ended = ended,
	.finished = finished,
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
	error = sink_new(sizeof(*s), &ops, "--slow-after", sp, message);
	if (error != 0)
		return error;
	s = (struct slow *)*sp;
	TAILQ_INIT(&s->running);
	s->after = wanted > 0 ? wanted : AFTER;
	return 0;
}
