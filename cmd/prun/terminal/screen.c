/* SPDX-License-Identifier: ISC */

/*
 * Owns the cursor: where it is, when the lines are drawn, and how they are taken away.
 * Knows nothing of what the lines say.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "terminal/screen.h"
#include "text/clock.h"
#include "text/file.h"

#define DRAW_EVERY 0.1 /* seconds */
#define DRAGGED \
	1.0 /* seconds for which a window that gets narrower may go on to do so */
/* Seconds after output has taken the place of the lines. */
#define DRAW_AGAIN 0.02
#define ERASE_BELOW "\033[J"
#define WRAP_OFF "\033[?7l"
#define WRAP_ON "\033[?7h"
#define DEFAULT_WIDTH 80
#define DEFAULT_HEIGHT 24

struct screen {
	int fd;

	struct screen_painter {
		screen_paint_fn *fn;
		void *arg;
	} painter[SCREEN_PARTS];
	struct screen_frame frame[SCREEN_PARTS];
	struct bytes lines, out;
	struct bytes drawn; /* the lines as they were drawn last */
	size_t drawn_width;
	size_t
	    measured; /* the width of the terminal when it was drawn last; 0: not yet */
	double dragged_until;
	bool
	    shown; /* they are there, and the cursor is where the first of them begins */
	/* Somebody else has written a line that is not finished. */
	bool midline;
	double due, drawn_at;
	struct prun_pool *pool; /* NULL: no timer draws the lines */
	uint64_t timer; /* of the pool; draws the lines next */
};

bool
screen_is_possible(int fd)
{
	const char *term = getenv("TERM");

	return (term == NULL || strcmp(term, "dumb") != 0) && isatty(fd);
}

bool
screen_is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value = NULL;

	for (size_t i = 0; i < 3 && (value == NULL || *value == '\0'); i++)
		value = getenv(names[i]);
	return value != NULL &&
	    (strcasestr(value, "utf-8") != NULL ||
		strcasestr(value, "utf8") != NULL);
}

int
screen_new(int fd, struct screen **sp)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->fd = fd;
	s->due = clock_steady() + DRAW_EVERY;
	*sp = s;
	return 0;
}

/*
 * While a user makes the window narrower, the lines are kept short: a terminal that
 * breaks lines which no longer fit pushes those above them off the screen.
 */
static size_t
screen_width_for_lines(struct screen *s, size_t width, bool last)
{
	if (width < s->measured)
		s->dragged_until = clock_steady() + DRAGGED;
	s->measured = width;
	return last || clock_steady() >= s->dragged_until ? width : width / 2;
}

/* The last column and the last row are not used, since some terminals wrap there. */
static void
screen_measure(const struct screen *s, size_t *width, size_t *height)
{
	struct winsize size;
	const bool known = ioctl(s->fd, TIOCGWINSZ, &size) == 0;

	*width = (known && size.ws_col >= 2 ? size.ws_col : DEFAULT_WIDTH) - 1U;
	*height = (known && size.ws_row >= 2 ? size.ws_row : DEFAULT_HEIGHT) -
	    1U;
}

static size_t
count_lines(const struct bytes *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

/*
 * The cursor waits where the first line begins.  When a terminal that gets narrower
 * breaks the lines anew, the cursor moves with the first line: so all that is below the
 * cursor is prun's, in however many rows.  A blank is written before everything is
 * cleared, because tmux would keep what it clears from the upper left corner in the
 * part that can be scrolled back.
 */
#define ERASE_ALL "\r " ERASE_BELOW "\r" SCREEN_ERASE

static void
screen_hide(struct screen *s)
{
	if (s->shown)
		(void)put_all(s->fd, text_of(ERASE_ALL));
	s->shown = false;
}

void
screen_free(struct screen *s)
{
	if (s == NULL)
		return;
	screen_hide(s);
	for (int i = 0; i < SCREEN_PARTS; i++) {
		bytes_fini(&s->frame[i].lines);
		bytes_fini(&s->frame[i].stay);
	}
	bytes_fini(&s->lines);
	bytes_fini(&s->out);
	bytes_fini(&s->drawn);
	free(s);
}

/* Paints the foot first: the rows get the height that is left. */
static int
screen_compose(struct screen *s, size_t width, size_t height)
{
	struct screen_frame *f;
	int error = 0;

	for (int i = SCREEN_PARTS - 1; i >= 0 && error == 0; i--) {
		f = &s->frame[i];
		f->width = width;
		f->height = height;
		f->lines.len = 0;
		if (s->painter[i].fn != NULL)
			error = s->painter[i].fn(f, s->painter[i].arg);
		height -= i == SCREEN_FOOT && height > 1 && f->lines.len > 0;
	}
	s->lines.len = 0;
	for (int i = 0; i < SCREEN_PARTS && error == 0; i++)
		error = bytes_add_text(&s->lines,
		    bytes_text(&s->frame[i].lines));
	return error;
}

/*
 * Lines are overwritten without being erased first, since that would flicker.  While
 * they are written the terminal is told to break no lines, as it may already be
 * narrower than prun knows.  The rows of a line that it has broken stay one line until
 * they are erased.  After the last state, which stays on the screen, the cursor goes
 * below it.
 */
static int
screen_write(struct screen *s, size_t width, bool last)
{
	const bool resized = s->shown && width != s->drawn_width;
	struct bytes *stay = &s->frame[SCREEN_ROWS].stay;
	const size_t rows = count_lines(&s->lines);
	int error;

	s->out.len = 0;
	error = bytes_add_string(&s->out,
	    resized ? ERASE_ALL WRAP_OFF : "\r" WRAP_OFF);
	if (error == 0)
		error = bytes_add_text(&s->out, bytes_text(stay));
	if (error == 0)
		error = bytes_add_text(&s->out, bytes_text(&s->lines));
	if (error != 0)
		return error;
	s->out.len -= rows > 0; /* without the newline of the last line */
	error = bytes_add_string(&s->out, ERASE_BELOW WRAP_ON);
	if (error == 0 && rows > 0 && last)
		error = bytes_add_char(&s->out, '\n');
	if (error == 0 && rows > 1 && !last)
		error = bytes_add_format(&s->out, "\033[%zuA", rows - 1);
	if (error == 0)
		error = bytes_add_char(&s->out, '\r');
	if (error == 0) {
		(void)put_all(s->fd, bytes_text(&s->out));
		stay->len = 0;
	}
	return error;
}

/* Is all that is to be shown on the terminal already? */
static bool
screen_is_drawn(const struct screen *s, size_t width)
{
	return s->frame[SCREEN_ROWS].stay.len == 0 &&
	    s->shown == (s->lines.len > 0) &&
	    (!s->shown ||
		(width == s->drawn_width && s->lines.len == s->drawn.len &&
		    memcmp(s->lines.data, s->drawn.data, s->lines.len) == 0));
}

/*
 * The last state is drawn even if nothing has changed, since the ^C that the user has
 * typed stands in it.
 */
static void
screen_update(struct screen *s, bool last)
{
	size_t width, height;

	s->drawn_at = clock_steady();
	s->due = s->drawn_at + DRAW_EVERY;
	if (s->midline)
		return;
	screen_measure(s, &width, &height);
	width = screen_width_for_lines(s, width, last);
	if (screen_compose(s, width, height) != 0 ||
	    (screen_is_drawn(s, width) && !(last && s->shown)) ||
	    screen_write(s, width, last) != 0)
		return;
	s->drawn.len = 0;
	s->shown = !last && s->lines.len > 0 &&
	    bytes_add_text(&s->drawn, bytes_text(&s->lines)) == 0;
	s->drawn_width = width;
}

void
screen_draw(struct screen *s)
{
	screen_update(s, false);
}

static void screen_arm(struct screen *s);

static void
screen_timer(void *arg)
{
	struct screen *s = arg;

	/* The lines may have been drawn since the timer was set. */
	if (clock_steady() >= s->due)
		screen_draw(s);
	screen_arm(s);
}

static bool
screen_is_painted(const struct screen *s)
{
	return s->painter[SCREEN_ROWS].fn != NULL ||
	    s->painter[SCREEN_FOOT].fn != NULL;
}

/* If the timer cannot be had nothing is drawn, which is not worth an error. */
static void
screen_arm(struct screen *s)
{
	const double wait = s->due - clock_steady();

	if (s->pool == NULL)
		return;
	(void)prun_pool_after_cancel(s->pool, s->timer);
	if (screen_is_painted(s))
		(void)prun_pool_after(s->pool, wait > 0 ? wait : 0,
		    screen_timer, s, &s->timer);
}

void
screen_begin(struct screen *s, struct prun_pool *pool)
{
	s->pool = pool;
	screen_arm(s);
}

void
screen_paint(struct screen *s, enum screen_part part, screen_paint_fn *fn,
    void *arg)
{
	s->painter[part] = (struct screen_painter){ fn, arg };
	if (!screen_is_painted(s))
		screen_hide(s);
	screen_arm(s);
}

void
screen_writing(bool begin, bool midline, void *arg)
{
	struct screen *s = arg;

	if (begin)
		screen_hide(s);
	s->midline = midline;
	/*
	 * The lines come back soon enough for the eye, but not after each piece of much
	 * output.
	 */
	if (!begin && s->due > s->drawn_at + DRAW_AGAIN) {
		s->due = s->drawn_at + DRAW_AGAIN;
		screen_arm(s);
	}
}

static const struct text newline = { "\n", 1 };

void
screen_message(struct screen *s, bool begin)
{
	if (begin && s->midline)
		(void)put_all(s->fd, newline);
	screen_writing(begin, false, s);
}

void
screen_finish(struct screen *s)
{
	if (s->midline)
		(void)put_all(s->fd, newline);
	s->midline = false;
	if (s->pool != NULL)
		(void)prun_pool_after_cancel(s->pool, s->timer);
	s->pool = NULL;
	screen_update(s, true);
}
