/* SPDX-License-Identifier: ISC */

/*
 * The sink of --latest-line.  Owns the rows, and decides which rows are drawn and which stay
 * on the terminal for good.  The file is long because all its parts need the list of rows:
 * the events change the rows, and the next drawing shows the changes.
 */
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/latest.h"
#include "report/color.h"
#include "report/sink.h"
#include "terminal/width.h"
#include "text/clock.h"
#include "text/file.h"

#define STATE_COLUMNS 7 /* what a row shows before the tag */

/* The state of the job of a row. */
enum latest_state {
	LATEST_RUNS = 0,
	LATEST_TRIED, /* a try has failed, and the job is tried again */
	LATEST_OK,
	LATEST_FAILED,
	LATEST_STATES
};

struct latest_row {
	TAILQ_ENTRY(latest_row) entry;
	SLIST_ENTRY(latest_row) idle;
	uint64_t seq;
	struct bytes tag;
	struct bytes command; /* shown until the job has written something */
	struct lastline line;
	enum latest_state state;
	double since, elapsed; /* elapsed is known when the job has ended */
};

struct latest {
	struct sink sink;
	struct latest_options options;
	TAILQ_HEAD(, latest_row) rows; /* in the order of the starts */
	size_t n; /* how many rows there are */
	SLIST_HEAD(, latest_row) idle; /* rows that the next jobs get */
	struct bytes text;
};

/* Takes the row out of the list and frees its line: it may be long, and rows are many. */
static void
row_leave(struct latest *l, struct latest_row *row)
{
	TAILQ_REMOVE(&l->rows, row, entry);
	l->n--;
	lastline_fini(&row->line);
	SLIST_INSERT_HEAD(&l->idle, row, idle);
}

static void
row_free(struct latest_row *row)
{
	lastline_fini(&row->line);
	bytes_fini(&row->tag);
	bytes_fini(&row->command);
	free(row);
}

static bool
row_has_ended(const struct latest_row *row)
{
	return row->state >= LATEST_OK;
}

static bool
row_color(const struct latest *l, const struct latest_row *row,
    char color[COLOR_SIZE])
{
	if (l->options.color_failed && row->state == LATEST_FAILED)
		color_of_failure(color);
	else if (l->options.color)
		color_of_job(row->seq, color);
	else
		return false;
	return true;
}

/* Sets l->text to the tag and the latest line, as they were written. */
static int
row_text(struct latest *l, const struct latest_row *row)
{
	int error;

	l->text.len = 0;
	error = bytes_add_text(&l->text, bytes_text(&row->tag));
	if (error == 0)
		error = bytes_add_text(&l->text, lastline_text(&row->line));
	return error;
}

/* Adds the time in four columns. */
static int
add_time(struct bytes *out, double seconds, bool exact)
{
	if (seconds < 9.95 && exact)
		return bytes_add_format(out, "%.1fs", seconds);
	if (seconds < 100)
		return bytes_add_format(out, "%3.0fs", seconds);
	if (seconds < 6000)
		return bytes_add_format(out, "%3.0fm", seconds / 60);
	return bytes_add_format(out, "%3.0fh", seconds / 3600);
}

/* Add the state of the job, and how long it has taken. */
static int
row_add_state(const struct latest *l, const struct latest_row *row,
    bool colored, struct bytes *out)
{
	static const struct {
		const char *utf8, *ascii, *color;
	} states[LATEST_STATES] = {
		[LATEST_RUNS] = { "\342\226\266", ">", "" },
		[LATEST_TRIED] = { "\342\206\273", "r", COLOR_YELLOW },
		[LATEST_OK] = { "\342\234\223", "+", COLOR_GREEN },
		[LATEST_FAILED] = { "\342\234\227", "x", COLOR_RED },
	};

	const char *color = colored || !l->options.colors ?
	    "" :
	    states[row->state].color;
	const double seconds = row_has_ended(row) ? row->elapsed :
						    clock_steady() - row->since;
	int error = bytes_add_format(out, "%s%s%s ", color,
	    l->options.utf8 ? states[row->state].utf8 :
			      states[row->state].ascii,
	    *color != '\0' ? COLOR_END : "");

	/* While the job runs, whole seconds are shown, rounded down. */
	if (error == 0)
		error = row_has_ended(row) ?
		    add_time(out, seconds, true) :
		    add_time(out, (double)(unsigned long)seconds, false);
	return error == 0 ? bytes_add_char(out, ' ') : error;
}

/* Add the row, cut to the width of the screen. */
static int
row_paint(struct latest *l, const struct latest_row *row, size_t width,
    struct bytes *out)
{
	char color[COLOR_SIZE];
	const bool colored = row_color(l, row, color);
	size_t column = STATE_COLUMNS;
	int error = row_text(l, row);

	if (error == 0 && colored)
		error = bytes_add_string(out, color);
	if (error == 0)
		error = row_add_state(l, row, colored, out);
	if (error == 0 && lastline_text(&row->line).len == 0)
		error = bytes_add_text(&l->text, bytes_text(&row->command));
	if (error == 0)
		error = width_cut(out, bytes_text(&l->text), width,
		    WIDTH_LINE | (colored ? 0 : WIDTH_COLORS), &column);
	/* The rest of the screen's line gets the row's colour. */
	if (error == 0)
		error = bytes_add_string(out,
		    colored ? SCREEN_ERASE COLOR_END "\n" : SCREEN_ERASE "\n");
	return error;
}

/* Add the row, however long it is. */
static int
row_write(struct latest *l, const struct latest_row *row, struct bytes *out)
{
	char color[COLOR_SIZE];
	const bool colored = row_color(l, row, color);
	int error = row_text(l, row);

	if (error == 0 && colored)
		error = bytes_add_string(out, color);
	if (error == 0)
		error = bytes_add_text(out, bytes_text(&l->text));
	if (error == 0)
		error = bytes_add_string(out, colored ? COLOR_END "\n" : "\n");
	return error;
}

/* The row stays on the terminal as it is now, and is not drawn again. */
static int
row_stay(struct latest *l, struct latest_row *row, struct screen_frame *frame)
{
	int error = row_paint(l, row, frame->width, &frame->stay);

	if (error == 0)
		row_leave(l, row);
	return error;
}

/*
 * Moves rows of ended jobs from the drawing to the lines that stay above it.  It moves the
 * first rows, so that the others keep their places.  Other rows of ended jobs are moved only
 * when the screen has no room for all rows.
 */
static int
latest_settle(struct latest *l, struct screen_frame *frame)
{
	struct latest_row *row, *next;
	int error = 0;

	while (error == 0 && (row = TAILQ_FIRST(&l->rows)) != NULL &&
	    row_has_ended(row))
		error = row_stay(l, row, frame);
	if (l->options.keep)
		return error;
	TAILQ_FOREACH_SAFE(row, &l->rows, entry, next) {
		if (error != 0 || l->n <= frame->height)
			break;
		if (row_has_ended(row))
			error = row_stay(l, row, frame);
	}
	return error;
}

static int
latest_paint(struct screen_frame *frame, void *arg)
{
	struct latest *l = arg;
	const struct latest_row *row;
	size_t room = frame->height, shown = 0;
	int error = latest_settle(l, frame);

	if (l->n > room)
		room--;
	TAILQ_FOREACH(row, &l->rows, entry) {
		if (error != 0 || shown == room)
			break;
		error = row_paint(l, row, frame->width, &frame->lines);
		shown++;
	}
	if (error == 0 && row != NULL)
		error = bytes_add_format(&frame->lines,
		    "... and %zu more" SCREEN_ERASE "\n", l->n - shown);
	return error;
}

static void
close_latest(struct sink *s)
{
	struct latest *l = (struct latest *)s;
	struct latest_row *row;

	if (l->options.screen != NULL)
		screen_paint(l->options.screen, SCREEN_ROWS, NULL, NULL);
	while ((row = TAILQ_FIRST(&l->rows)) != NULL)
		row_leave(l, row);
	while ((row = SLIST_FIRST(&l->idle)) != NULL) {
		SLIST_REMOVE_HEAD(&l->idle, idle);
		row_free(row);
	}
	bytes_fini(&l->text);
	free(l);
}

/* Sets the command of the row, with blanks for its newlines. */
static int
row_set_command(struct latest_row *row, struct text command)
{
	if (bytes_add_text(&row->command, command) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < row->command.len; i++)
		if (row->command.data[i] == '\n')
			row->command.data[i] = ' ';
	return 0;
}

/* A row for a job that is about to start; NULL: no memory. */
static struct latest_row *
latest_begin(struct latest *l, uint64_t seq, struct text tag,
    struct text command)
{
	struct latest_row *row = SLIST_FIRST(&l->idle);

	if (row != NULL)
		SLIST_REMOVE_HEAD(&l->idle, idle);
	else
		row = calloc(1, sizeof(*row));
	if (row == NULL)
		return NULL;
	row->seq = seq;
	row->state = LATEST_RUNS;
	row->since = clock_steady();
	row->tag.len = row->command.len = 0;
	if (bytes_add_text(&row->tag, tag) != 0 ||
	    (l->options.screen != NULL && row_set_command(row, command) != 0)) {
		SLIST_INSERT_HEAD(&l->idle, row, idle);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&l->rows, row, entry);
	l->n++;
	return row;
}

/*
 * Without a screen this writes the row of a job that has ended: at once, or with keep only
 * when all rows before it have been written.
 */
static int
latest_write(struct latest *l, struct latest_row *row)
{
	struct bytes out = { 0 };
	int error = 0;

	if (l->options.keep)
		row = TAILQ_FIRST(&l->rows);
	while (row != NULL && row_has_ended(row) && error == 0) {
		if (lastline_text(&row->line).len > 0)
			error = row_write(l, row, &out);
		row_leave(l, row);
		row = l->options.keep ? TAILQ_FIRST(&l->rows) : NULL;
	}
	if (error == 0)
		error = put_all(l->options.fd, bytes_text(&out));
	bytes_fini(&out);
	return error;
}

/* The job has ended and no longer owns the row. */
static int
latest_end(struct latest *l, struct latest_row *row, bool failed)
{
	row->state = failed ? LATEST_FAILED : LATEST_OK;
	row->elapsed = clock_steady() - row->since;
	return l->options.screen == NULL ? latest_write(l, row) : 0;
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct latest *l = (struct latest *)s;
	struct latest_row *row;

	(void)end;
	TAILQ_FOREACH(row, &l->rows, entry) {
		if (row_has_ended(row))
			continue;
		row->state = LATEST_FAILED;
		row->elapsed = clock_steady() - row->since;
	}
	if (l->options.screen != NULL)
		screen_draw(l->options.screen);
	else if (l->options.keep)
		(void)latest_write(l, NULL);
}

struct latest_task {
	struct latest_row *row; /* NULL: the row has been given back */
};

/*
 * The rows have an order of their own.  With PRUN_POOL_KEEP_ORDER the pool would give the
 * output of one job after the other, and the rows show that of all jobs that run.
 */
static void
pool(struct sink *s, struct prun_pool_opts *opts)
{
	(void)s;
	opts->flags &= ~PRUN_POOL_KEEP_ORDER;
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct latest_task *own = sink_task_memory(s, task);

	(void)values;
	own->row = latest_begin((struct latest *)s, task->seq,
	    text_of(spec->tag != NULL ? spec->tag : ""),
	    bytes_text(&task->line));
	spec->tag = NULL;
	if (own->row == NULL)
		return message_errno(message, -ENOMEM, "--latest-line");
	return 0;
}

static void
tried(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	const struct latest_task *own = sink_task_memory(s, task);

	(void)r;
	own->row->state = LATEST_TRIED;
	(void)lastline_break(&own->row->line);
}

static int
output(struct sink *s, struct report_task *task, const struct prun_result *r,
    int stream, struct text bytes)
{
	struct latest_task *own = sink_task_memory(s, task);
	struct latest_row *row = own->row;

	if (stream != 0)
		return lastline_add(&row->line, stream, bytes.data, bytes.len);
	own->row = NULL;
	return latest_end((struct latest *)s, row,
	    r->status != 0 || r->flags & PRUN_RESULT_TIMED_OUT);
}

static const struct sink_ops ops = {
	.task_size = sizeof(struct latest_task),
	.pool = pool,
	.started = started,
	.tried = tried,
	.output = output,
	.finished = finished,
	.close = close_latest,
};

int
latest_new(const struct latest_options *options, struct sink **sp)
{
	struct latest *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->sink.ops = &ops;
	l->options = *options;
	TAILQ_INIT(&l->rows);
	SLIST_INIT(&l->idle);
	if (options->screen != NULL)
		screen_paint(options->screen, SCREEN_ROWS, latest_paint, l);
	*sp = &l->sink;
	return 0;
}

int
latest_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct latest_options options = {
		.screen = sink_may_draw(STDOUT_FILENO) ? c->screen : NULL,
		.fd = STDOUT_FILENO,
		.keep = c->options->keep_order,
		.color = c->color,
		.color_failed = c->color_failed,
		.colors = color_is_wanted(c->options->colors, STDOUT_FILENO),
		.utf8 = screen_is_utf8(),
	};

	if (!c->options->latest_line)
		return 0;
	if (latest_new(&options, sp) != 0)
		return message_errno(message, -ENOMEM, "--latest-line");
	c->output_taken = true;
	return 0;
}
