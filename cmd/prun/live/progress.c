/* SPDX-License-Identifier: ISC */

/* The sink of --progress.  Owns the counts, and decides when they are shown. */
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/progress.h"
#include "report/color.h"
#include "report/sink.h"
#include "text/clock.h"
#include "text/file.h"

#define INTERVAL 30 /* seconds between plain lines */
#define WATCHED_FIRST 1 /* seconds until the first one, if people watch */
#define DRAW_EVERY 0.1 /* seconds between the lines for zenity */

enum progress_kind {
	PROGRESS_TERMINAL = 0,
	PROGRESS_LOG,
	PROGRESS_ZENITY,
};

struct progress {
	struct sink sink;
	struct progress_options options;
	enum progress_kind kind;
	struct progress_text state;
	struct bytes last; /* the bytes of state.last */
	struct bytes text, drawn;
	double since;
	/* whose timers are used; NULL: there are none now */
	struct prun_pool *pool;
	uint64_t timer; /* the timer of the next line */
	double wait; /* seconds until the next plain line */
	bool told; /* a plain line was written */
};

static enum progress_kind
kind_of_stderr(const struct progress_options *options)
{
	struct stat st;

	if (options->screen != NULL)
		return PROGRESS_TERMINAL;
	if (options->bar && !options->log && fstat(STDERR_FILENO, &st) == 0 &&
	    S_ISFIFO(st.st_mode))
		return PROGRESS_ZENITY;
	return PROGRESS_LOG;
}

static void
look(struct progress *p)
{
	p->state.elapsed = clock_steady() - p->since;
	p->state.ahead = p->pool != NULL ? prun_pool_ahead(p->pool) : 0;
}

static int
progress_paint(struct screen_frame *frame, void *arg)
{
	struct progress *p = arg;
	int error;

	look(p);
	if (p->options.bar)
		error = progress_text_bar(&p->state, frame->width, &p->text);
	else
		error = progress_text_line(&p->state, p->options.eta,
		    frame->width, &p->text);
	if (error == 0)
		error = bytes_add_text(&frame->lines, bytes_text(&p->text));
	if (error == 0)
		error = bytes_add_string(&frame->lines, SCREEN_ERASE "\n");
	return error;
}

/* Shows or hides the line on a terminal.  The screen decides when it draws. */
static void
progress_show(struct progress *p)
{
	if (p->kind == PROGRESS_TERMINAL)
		screen_paint(p->options.screen, SCREEN_FOOT,
		    p->options.off ? NULL : progress_paint, p);
}

static void
close_progress(struct sink *s)
{
	struct progress *p = (struct progress *)s;

	p->options.off = true;
	progress_show(p);
	bytes_fini(&p->last);
	bytes_fini(&p->text);
	bytes_fini(&p->drawn);
	free(p);
}

static void
total(struct sink *s, uint64_t n)
{
	((struct progress *)s)->state.total = n;
}

static void
share(struct sink *s, double done)
{
	((struct progress *)s)->state.share = done;
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct progress *p = (struct progress *)s;

	(void)spec, (void)message;
	p->state.started++;
	p->last.len = 0;
	if (bytes_add_text(&p->last,
		values->nvalues > 0 ? values->values[0] :
				      bytes_text(&task->line)) == 0)
		p->state.last = bytes_text(&p->last);
	return 0;
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct progress *p = (struct progress *)s;

	if (task->cut) {
		p->state.stopped++;
		return;
	}
	p->state.ended++;
	p->state.failed += r->status != 0 || r->flags & PRUN_RESULT_TIMED_OUT;
}

static int
left_out(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *r)
{
	struct progress *p = (struct progress *)s;

	(void)values, (void)command, (void)r;
	p->state.started++;
	p->state.ended++;
	return 0;
}

/* If stderr cannot be written, that is ignored: there is nowhere to report it. */
static void
write_plain(struct progress *p)
{
	if (progress_text_plain(&p->state, &p->text) != 0 ||
	    bytes_add_char(&p->text, '\n') != 0)
		return;
	(void)put_all(STDERR_FILENO, bytes_text(&p->text));
	p->told = true;
}

/* zenity draws its window for each line that it reads, so it gets no line twice. */
static void
write_zenity(struct progress *p)
{
	if (progress_text_zenity(&p->state, &p->text) != 0 ||
	    (p->text.len == p->drawn.len &&
		memcmp(p->text.data, p->drawn.data, p->text.len) == 0))
		return;
	(void)put_all(STDERR_FILENO, bytes_text(&p->text));
	p->drawn.len = 0;
	(void)bytes_add_text(&p->drawn, bytes_text(&p->text));
}

static void
progress_write(struct progress *p)
{
	look(p);
	if (p->kind == PROGRESS_ZENITY)
		write_zenity(p);
	else if (p->kind == PROGRESS_LOG)
		write_plain(p);
}

static void progress_timer(void *arg);

/* If there is no memory for a timer, no more lines come, and the run goes on. */
static void
progress_arm(struct progress *p, double seconds)
{
	if (p->pool == NULL || p->kind == PROGRESS_TERMINAL)
		return;
	(void)prun_pool_after_cancel(p->pool, p->timer);
	if (!p->options.off)
		(void)prun_pool_after(p->pool, seconds, progress_timer, p,
		    &p->timer);
}

static double
progress_interval(struct progress *p)
{
	const double wait = p->wait;

	if (p->kind != PROGRESS_LOG)
		return DRAW_EVERY;
	p->wait = 2 * wait < p->options.interval ? 2 * wait :
						   p->options.interval;
	return wait;
}

static void
progress_timer(void *arg)
{
	struct progress *p = arg;

	progress_write(p);
	progress_arm(p, progress_interval(p));
}

/* Names the numbers of --progress, which have the order that GNU parallel gives them. */
static void
begin_legend(const struct progress *p)
{
	static const char legend[] =
	    "host:jobs running/jobs ended/% of the jobs started/seconds a job\n";

	if (p->kind != PROGRESS_TERMINAL || p->options.bar || p->options.off)
		return;
	screen_message(p->options.screen, true);
	(void)put_all(STDERR_FILENO, text_of(legend));
	screen_message(p->options.screen, false);
}

static void
begin(struct sink *s, struct prun_pool *pool)
{
	struct progress *p = (struct progress *)s;

	p->pool = pool;
	p->wait = p->options.watched ? WATCHED_FIRST : p->options.interval;
	begin_legend(p);
	progress_arm(p, progress_interval(p));
}

static void
toggle(struct sink *s)
{
	struct progress *p = (struct progress *)s;

	p->options.off = !p->options.off;
	progress_show(p);
	progress_arm(p, 0);
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct progress *p = (struct progress *)s;

	(void)end;
	if (!p->options.off &&
	    (p->kind != PROGRESS_LOG || p->told || p->options.watched))
		progress_write(p);
	if (p->pool != NULL)
		(void)prun_pool_after_cancel(p->pool, p->timer);
	p->pool = NULL;
}

static const struct sink_ops ops = {
	.begin = begin,
	.total = total,
	.share = share,
	.started = started,
	.ended = ended,
	.left_out = left_out,
	.toggle = toggle,
	.finished = finished,
	.close = close_progress,
};

int
progress_new(const struct progress_options *options, struct sink **sp)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->sink.ops = &ops;
	p->options = *options;
	p->kind = kind_of_stderr(options);
	p->since = clock_steady();
	p->state.utf8 = options->utf8;
	p->state.color = options->color;
	progress_show(p);
	*sp = &p->sink;
	return 0;
}

/* The sink is opened in every run and counts jobs: SIGUSR2 may have the progress shown. */
int
progress_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct report_options *o = c->options;
	/* With -u the jobs write to the terminal, and nobody knows where its cursor is. */
	const bool draws = sink_may_draw(STDERR_FILENO) &&
	    !(o->ungroup && report_results(o) == RESULTS_NONE);
	const struct progress_options options = {
		.screen = draws ? c->screen : NULL,
		.bar = o->bar,
		.eta = o->eta,
		.utf8 = screen_is_utf8(),
		.color = color_is_wanted(o->colors, STDERR_FILENO),
		.interval = o->progress_interval > 0 ? o->progress_interval :
						       INTERVAL,
		.log = report_is_log() || o->progress_interval > 0,
		.off = !o->bar && !o->eta && !o->progress,
		.watched = !draws && o->progress_interval <= 0 &&
		    !report_is_log() && isatty(STDERR_FILENO),
	};

	if (progress_new(&options, sp) != 0)
		return message_errno(message, -ENOMEM, "--progress");
	return 0;
}
