/* SPDX-License-Identifier: ISC */

/*
 * Owns the cursor: where it is, when lines are drawn, and how they are taken away.
 * Knows nothing of what the lines say.
 */
#include <sys/ioctl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "terminal/screen.h"
#include "terminal/width.h"
#include "text/put.h"

#define DRAW_EVERY 0.1 /* seconds */
#define DRAW_AGAIN 0.02 /* seconds after output took the place of the lines */
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
	bool
	    shown; /* they are there, and the cursor is where the last of them begins */
	bool midline; /* somebody else's line is unfinished */
	double due, drawn_at;
	struct prun_pool *pool; /* NULL: nobody draws by the clock */
	uint64_t timer; /* of the pool */
};

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
screen_is_possible(int fd)
{
	const char *term = getenv("TERM");

	return (term == NULL || strcmp(term, "dumb") != 0) && isatty(fd);
}

int
screen_new(int fd, struct screen **sp)
{
	struct screen *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->fd = fd;
	s->due = now() + DRAW_EVERY;
	*sp = s;
	return 0;
}

/* The last column and the last line are left alone: some terminals wrap there. */
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
 * How many rows of the terminal the drawn lines take now, and how many of these are
 * above the cursor.  When a terminal gets narrower, nearly all terminals break the lines
 * that do not fit any more.
 */
static size_t
screen_rows(const struct screen *s, size_t width, size_t *above)
{
	size_t rows = 0, n, columns;
	const char *newline;

	*above = 0;
	for (size_t i = 0; s->shown && i < s->drawn.len; i += n) {
		newline = memchr(s->drawn.data + i, '\n', s->drawn.len - i);
		n = (size_t)(newline - s->drawn.data) - i + 1;
		columns = width_of((struct text){ s->drawn.data + i, n - 1 });
		*above = rows;
		rows += columns > 0 ? (columns + width) / (width + 1) : 1;
	}
	return rows;
}

/* Go to where the first drawn line begins. */
static int
screen_go_up(struct screen *s, size_t above)
{
	s->out.len = 0;
	if (above > 0 && bytes_add_format(&s->out, "\033[%zuA", above) != 0)
		return -ENOMEM;
	return bytes_add_char(&s->out, '\r');
}

/*
 * Erase so many rows from here on; the cursor comes back.  They are erased one by one,
 * for some terminals keep what is cleared at once in the part that can be scrolled back.
 */
static int
screen_erase(struct screen *s, size_t rows)
{
	int error = 0;

	for (size_t i = 0; i < rows && error == 0; i++)
		error = bytes_add_string(&s->out,
		    i == 0 ? SCREEN_ERASE : "\n" SCREEN_ERASE);
	if (error == 0 && rows > 1)
		error = bytes_add_format(&s->out, "\033[%zuA", rows - 1);
	return error;
}

static void
screen_hide(struct screen *s)
{
	size_t width, height, above, rows;

	if (!s->shown)
		return;
	screen_measure(s, &width, &height);
	rows = screen_rows(s, width, &above);
	if (screen_go_up(s, above) == 0 && screen_erase(s, rows) == 0)
		(void)put_all(s->fd, bytes_text(&s->out));
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

/* Compose from the foot upwards: the rows get what is left of the height. */
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
 * Lines are overwritten and not erased first, which would flicker.  At the end the
 * cursor goes to the left: a ^C that the user types there does not break the line.
 */
static int
screen_write(struct screen *s, size_t width)
{
	struct bytes *stay = &s->frame[SCREEN_ROWS].stay;
	const size_t rows = count_lines(stay) + count_lines(&s->lines);
	size_t above, old_rows = screen_rows(s, width, &above);
	int error = screen_go_up(s, above);

	if (error == 0)
		error = bytes_add_text(&s->out, bytes_text(stay));
	if (error == 0)
		error = bytes_add_text(&s->out, bytes_text(&s->lines));
	if (error == 0 && rows < old_rows)
		error = screen_erase(s, old_rows - rows);
	if (error != 0)
		return error;
	if (s->lines.len > 0 && rows < old_rows)
		error = bytes_add_string(&s->out, "\033[A");
	else if (s->lines.len > 0)
		s->out.data[s->out.len - 1] = '\r';
	if (error == 0) {
		(void)put_all(s->fd, bytes_text(&s->out));
		stay->len = 0;
	}
	return error;
}

void
screen_draw(struct screen *s)
{
	size_t width, height;

	s->drawn_at = now();
	s->due = s->drawn_at + DRAW_EVERY;
	if (s->midline)
		return;
	screen_measure(s, &width, &height);
	if (screen_compose(s, width, height) != 0)
		return;
	if (s->frame[SCREEN_ROWS].stay.len == 0 &&
	    s->shown == (s->lines.len > 0) &&
	    (!s->shown ||
		(width == s->drawn_width && s->lines.len == s->drawn.len &&
		    memcmp(s->lines.data, s->drawn.data, s->lines.len) == 0)))
		return;
	if (screen_write(s, width) != 0)
		return;
	s->drawn.len = 0;
	s->shown = s->lines.len > 0 &&
	    bytes_add_text(&s->drawn, bytes_text(&s->lines)) == 0;
	s->drawn_width = width;
}

static void screen_arm(struct screen *s);

static void
screen_timer(void *arg)
{
	struct screen *s = arg;

	/* It may have been drawn meanwhile. */
	if (now() >= s->due)
		screen_draw(s);
	screen_arm(s);
}

static bool
screen_is_painted(const struct screen *s)
{
	return s->painter[SCREEN_ROWS].fn != NULL ||
	    s->painter[SCREEN_FOOT].fn != NULL;
}

/* Without a timer nothing is drawn, which is not worth an error. */
static void
screen_arm(struct screen *s)
{
	const double wait = s->due - now();

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
	/* Drawn again soon enough for the eye, yet not for each piece of a flood. */
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
	screen_draw(s);
	if (s->shown)
		(void)put_all(s->fd, newline);
	s->shown = false;
}
