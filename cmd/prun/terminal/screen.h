/* SPDX-License-Identifier: ISC */

/*
 * The last lines of a terminal, which show what changes.  Each time they are drawn
 * over the old ones in one write, and they are taken away while others write to the
 * terminal.  When it is time to draw, the painters are asked for their lines.
 *
 *	screen_new(STDERR_FILENO, &screen);
 *	screen_paint(screen, SCREEN_FOOT, paint_bar, bar);
 *	screen_begin(screen, pool);		drawn by timers of the pool
 *	screen_message(screen, true);
 *	warnx("...");
 *	screen_message(screen, false);
 *	screen_finish(screen);
 *	screen_free(screen);
 */
#ifndef TERMINAL_SCREEN_H
#define TERMINAL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"
#include "text/text.h"

/* What a line that is painted ends with, ahead of its newline. */
#define SCREEN_ERASE "\033[K"

struct screen;

enum screen_part {
	SCREEN_ROWS = 0, /* above */
	SCREEN_FOOT, /* one line below */
	SCREEN_PARTS,
};

/* To be painted: whole lines, each with its newline and no wider than width. */
struct screen_frame {
	size_t width, height;
	struct bytes lines; /* at most height of them */
	/* SCREEN_ROWS: lines to be written above, once; they stay there. */
	struct bytes stay;
};

/* 0, or -errno: then nothing is drawn this time. */
typedef int screen_paint_fn(struct screen_frame *frame, void *arg);

/* Is that descriptor a terminal on which lines can be drawn? */
bool screen_is_possible(int fd);

/* Does the terminal show characters of UTF-8, as far as the environment tells? */
bool screen_is_utf8(void);

/* The descriptor stays the caller's. */
int screen_new(int fd, struct screen **sp);

/* Takes the lines away. */
void screen_free(struct screen *s);

/* That function paints the part from now on; NULL: nobody does. */
void screen_paint(struct screen *s, enum screen_part part, screen_paint_fn *fn,
    void *arg);

/*
 * From now on, and until screen_finish(), a timer of the pool draws what changes.
 * The pool outlives that.
 */
void screen_begin(struct screen *s, struct prun_pool *pool);

/* Draws now, unless somebody else's line is unfinished. */
void screen_draw(struct screen *s);

/* A prun_writing_fn: the pool writes to the terminal; arg is the screen. */
void screen_writing(bool begin, bool midline, void *arg);

/* Around a message of prun itself: it begins in a line of its own. */
void screen_message(struct screen *s, bool begin);

/* Draws the last state, which stays. */
void screen_finish(struct screen *s);

#endif
