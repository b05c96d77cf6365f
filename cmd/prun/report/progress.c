/* SPDX-License-Identifier: ISC */

/* Owns the line on the terminal: when it is drawn, and when it gives way. */
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report/gauge.h"
#include "report/progress.h"

#define DRAW_EVERY 0.1 /* seconds */
#define DRAW_AGAIN 0.02 /* after output took its place */
#define DEFAULT_WIDTH 80

enum progress_kind {
	PROGRESS_TERMINAL = 0,
	PROGRESS_LOG,
	PROGRESS_ZENITY,
};

struct progress {
	struct progress_options options;
	enum progress_kind kind;
	struct gauge gauge;
	struct bytes last; /* gauge.last */
	struct bytes text, drawn;
	double since, due, drawn_at;
	bool shown; /* our line is there */
	bool midline; /* somebody else's line is unfinished */
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

	if (isatty(STDERR_FILENO))
		return PROGRESS_TERMINAL;
	if (options->bar && !options->log && fstat(STDERR_FILENO, &st) == 0 &&
	    S_ISFIFO(st.st_mode))
		return PROGRESS_ZENITY;
	return PROGRESS_LOG;
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
	*pp = p;
	return 0;
}

/* What stderr does not take is not worth an error. */
static void
put(const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(STDERR_FILENO, data, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		data += n;
		len -= (size_t)n;
	}
}

static void
progress_hide(struct progress *p)
{
	static const char erase[] = "\r\033[K";

	if (!p->shown)
		return;
	put(erase, sizeof(erase) - 1);
	p->shown = false;
}

void
progress_toggle(struct progress *p)
{
	p->options.off = !p->options.off;
	p->due = now();
	progress_hide(p);
}

void
progress_free(struct progress *p)
{
	if (p == NULL)
		return;
	progress_hide(p);
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

/* The last column is left alone: some terminals wrap there. */
static size_t
terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col < 2)
		return DEFAULT_WIDTH - 1;
	return size.ws_col - 1U;
}

/* One write: what changes is overwritten, never erased first. */
static void
draw_terminal(struct progress *p)
{
	size_t width = terminal_width();
	int error;

	if (p->midline)
		return;
	if (p->options.bar)
		error = gauge_bar(&p->gauge, width, &p->text);
	else
		error = gauge_line(&p->gauge, p->options.eta, width, &p->text);
	if (error != 0)
		return;
	p->drawn.len = 0;
	if (bytes_add_char(&p->drawn, '\r') != 0 ||
	    bytes_add_text(&p->drawn, bytes_text(&p->text)) != 0 ||
	    bytes_add_string(&p->drawn, "\033[K") != 0)
		return;
	put(p->drawn.data, p->drawn.len);
	p->shown = true;
}

static void
write_plain(struct progress *p)
{
	if (gauge_plain(&p->gauge, &p->text) != 0 ||
	    bytes_add_char(&p->text, '\n') != 0)
		return;
	put(p->text.data, p->text.len);
	p->told = true;
}

/* Only what is new: a reader draws it anew each time. */
static void
write_zenity(struct progress *p)
{
	if (gauge_zenity(&p->gauge, &p->text) != 0 ||
	    (p->text.len == p->drawn.len &&
		memcmp(p->text.data, p->drawn.data, p->text.len) == 0))
		return;
	put(p->text.data, p->text.len);
	p->drawn.len = 0;
	(void)bytes_add_text(&p->drawn, bytes_text(&p->text));
}

static void
progress_draw(struct progress *p)
{
	p->gauge.elapsed = now() - p->since;
	switch (p->kind) {
	case PROGRESS_TERMINAL:
		draw_terminal(p);
		break;
	case PROGRESS_ZENITY:
		write_zenity(p);
		break;
	case PROGRESS_LOG:
	default:
		write_plain(p);
		break;
	}
}

int
progress_tick(struct progress *p)
{
	double time;

	if (p->options.off)
		return -1;
	time = now();
	if (time >= p->due) {
		progress_draw(p);
		p->drawn_at = time;
		p->due = time +
		    (p->kind == PROGRESS_LOG ? p->options.interval :
					       DRAW_EVERY);
	}
	return (int)((p->due - time) * 1000) + 1;
}

void
progress_writing(bool begin, bool midline, void *arg)
{
	struct progress *p = arg;

	if (p->kind != PROGRESS_TERMINAL)
		return;
	if (begin)
		progress_hide(p);
	p->midline = midline;
	/* Back at once to the eye, yet not for each piece of a flood. */
	if (!begin && p->due > p->drawn_at + DRAW_AGAIN)
		p->due = p->drawn_at + DRAW_AGAIN;
}

void
progress_finish(struct progress *p)
{
	static const char newline = '\n';

	if (p->options.off || (p->kind == PROGRESS_LOG && !p->told))
		return;
	progress_draw(p);
	if (p->shown)
		put(&newline, 1);
	p->shown = false;
}
