/* SPDX-License-Identifier: ISC */

/*
 * The last lines of a terminal, which show what changes.  They are drawn over the old
 * ones in one write, and are taken away while others write to the terminal.  When it is
 * time to draw, functions (the painters) are asked for the lines.
 *
 *     screen_new(STDERR_FILENO, &screen);
 *     screen_paint(screen, SCREEN_FOOT, paint_bar, bar);
 *     screen_begin(screen, pool);    drawn by timers of the pool
 *     screen_message(screen, true);
 *     warnx("...");
 *     screen_message(screen, false);
 *     screen_finish(screen);
 *     screen_free(screen);
 */
#ifndef TERMINAL_SCREEN_H
#define TERMINAL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

#include "prun.h"
#include "text/text.h"

/* Each line that is painted ends with this and a newline. */
#define SCREEN_ERASE "\033[K"

struct screen;

enum screen_part {
	SCREEN_ROWS = 0, /* lines above */
	SCREEN_FOOT, /* one line below */
	SCREEN_PARTS,
};

/*
 * What a painter fills in: whole lines, each with its newline, and none wider than
 * width.
 */
struct screen_frame {
	size_t width, height;
	struct bytes lines; /* height lines at most */
	/*
	 * Only for SCREEN_ROWS: lines that are written once, above the others, and stay
	 * there.
	 */
	struct bytes stay;
};

/* Paints a part.  0, or -errno and nothing is drawn this time. */
typedef int screen_paint_fn(struct screen_frame *frame, void *arg);

/* Is the descriptor a terminal on which lines can be drawn? */
bool screen_is_possible(int fd);

/* Does the terminal show characters of UTF-8, as far as the environment tells? */
bool screen_is_utf8(void);

/* The caller still owns the descriptor. */
int screen_new(int fd, struct screen **sp);

/* Takes the lines away and frees the screen. */
void screen_free(struct screen *s);

/* From now on fn paints that part; NULL: nobody does. */
void screen_paint(struct screen *s, enum screen_part part, screen_paint_fn *fn,
    void *arg);

/*
 * From now on, until screen_finish(), a timer of the pool draws what changes.  The pool
 * must live that long.
 */
void screen_begin(struct screen *s, struct prun_pool *pool);

/* Draws now, unless somebody else has written a line that is not finished. */
void screen_draw(struct screen *s);

/*
 * A prun_writing_fn, which is called when the pool writes to the terminal; arg is the
 * screen.
 */
void screen_writing(bool begin, bool midline, void *arg);

/*
 * Called before (begin) and after a message of prun's own, which begins on a line of
 * its own.
 */
void screen_message(struct screen *s, bool begin);

/* Draws the last state, which stays on the terminal. */
void screen_finish(struct screen *s);

#endif
