/* SPDX-License-Identifier: ISC */

/* Owns what is told of the run's progress, and when.  Knows no terminal. */
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report/progress.h"
#include "report/progress_text.h"
#include "text/put.h"

#define DRAW_EVERY 0.1 /* seconds, for zenity */

enum progress_kind {
	PROGRESS_TERMINAL = 0,
	PROGRESS_LOG,
	PROGRESS_ZENITY,
};

struct progress {
	struct progress_options options;
	enum progress_kind kind;
	struct progress_text gauge;
	struct bytes last; /* gauge.last */
	struct bytes text, drawn;
	double since, due;
	bool told; /* a plain line was written */
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

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

static int
progress_paint(struct screen_frame *frame, void *arg)
{
	struct progress *p = arg;
	int error;

	p->gauge.elapsed = now() - p->since;
	if (p->options.bar)
		error = progress_text_bar(&p->gauge, frame->width, &p->text);
	else
		error = progress_text_line(&p->gauge, p->options.eta,
		    frame->width, &p->text);
	if (error == 0)
		error = bytes_add_text(&frame->lines, bytes_text(&p->text));
	if (error == 0)
		error = bytes_add_string(&frame->lines, SCREEN_ERASE "\n");
	return error;
}

/* On a terminal the screen says when it is time. */
static void
progress_show(struct progress *p)
{
	if (p->kind == PROGRESS_TERMINAL)
		screen_paint(p->options.screen, SCREEN_FOOT,
		    p->options.off ? NULL : progress_paint, p);
}

int
progress_new(const struct progress_options *options, struct progress **pp)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->options = *options;
	p->kind = kind_of_stderr(options);
	p->since = now();
	p->due = p->since +
	    (p->kind == PROGRESS_LOG ? options->interval : DRAW_EVERY);
	progress_show(p);
	*pp = p;
	return 0;
}

void
progress_toggle(struct progress *p)
{
	p->options.off = !p->options.off;
	p->due = now();
	progress_show(p);
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	p->options.off = true;
	progress_show(p);
	bytes_fini(&p->last);
	bytes_fini(&p->text);
	bytes_fini(&p->drawn);
	free(p);
}

void
progress_total(struct progress *p, uint64_t total)
{
	p->gauge.total = total;
}

void
progress_started(struct progress *p, struct text argument)
{
	p->gauge.started++;
	p->last.len = 0;
	if (bytes_add_text(&p->last, argument) == 0)
		p->gauge.last = bytes_text(&p->last);
}

void
progress_ended(struct progress *p, const struct prun_result *r)
{
	p->gauge.ended++;
	p->gauge.failed += r->status != 0 || r->flags & PRUN_TIMED_OUT;
}

/* What stderr does not take is not worth an error. */
static void
write_plain(struct progress *p)
{
	if (progress_text_plain(&p->gauge, &p->text) != 0 ||
	    bytes_add_char(&p->text, '\n') != 0)
		return;
	(void)put_all(STDERR_FILENO, bytes_text(&p->text));
	p->told = true;
}

/* Only what is new: a reader draws it anew each time. */
static void
write_zenity(struct progress *p)
{
	if (progress_text_zenity(&p->gauge, &p->text) != 0 ||
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
	p->gauge.elapsed = now() - p->since;
	if (p->kind == PROGRESS_ZENITY)
		write_zenity(p);
	else if (p->kind == PROGRESS_LOG)
		write_plain(p);
}

int
progress_tick(struct progress *p)
{
	double time;

	if (p->options.off || p->kind == PROGRESS_TERMINAL)
		return -1;
	time = now();
	if (time >= p->due) {
		progress_write(p);
		p->due = time +
		    (p->kind == PROGRESS_LOG ? p->options.interval :
					       DRAW_EVERY);
	}
	return (int)((p->due - time) * 1000) + 1;
}

void
progress_finish(struct progress *p)
{
	if (!p->options.off && (p->kind != PROGRESS_LOG || p->told))
		progress_write(p);
}
