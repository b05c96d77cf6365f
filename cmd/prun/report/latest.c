/* SPDX-License-Identifier: ISC */

/*
 * Owns the rows: which of them are shown, and which are to stay.  The sink of
 * --latest-line.
 */
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/color.h"
#include "report/lastline.h"
#include "report/latest.h"
#include "report/sinks.h"
#include "terminal/width.h"
#include "text/put.h"

struct latest_row {
	TAILQ_ENTRY(latest_row) entry;
	SLIST_ENTRY(latest_row) idle;
	uint64_t seq;
	struct bytes tag;
	struct lastline line;
	bool ended, failed;
};

struct latest {
	struct sink sink;
	struct latest_options options;
	TAILQ_HEAD(, latest_row) rows; /* in the order of the starts */
	size_t n; /* of them */
	SLIST_HEAD(, latest_row) idle; /* free to be used again */
	struct bytes text;
};

/* The line may be long and the row one of many: its memory is given back. */
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
	free(row);
}

/* While a job runs, its tag alone is worth a row. */
static bool
row_is_visible(const struct latest_row *row)
{
	return lastline_text(&row->line).len > 0 ||
	    (!row->ended && row->tag.len > 0);
}

static bool
row_color(const struct latest *l, const struct latest_row *row,
    char color[COLOR_SIZE])
{
	if (l->options.color_failed && row->ended && row->failed)
		color_of_failure(color);
	else if (l->options.color)
		color_of_job(row->seq, color);
	else
		return false;
	return true;
}

/* l->text becomes the tag and the latest line, as they were written. */
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

/* Add the row, cut to the width of the screen. */
static int
row_paint(struct latest *l, const struct latest_row *row, size_t width,
    struct bytes *out)
{
	char color[COLOR_SIZE];
	const bool colored = row_color(l, row, color);
	size_t column = 0;
	int error = row_text(l, row);

	if (error == 0 && colored)
		error = bytes_add_string(out, color);
	if (error == 0)
		error = width_cut(out, bytes_text(&l->text), width,
		    WIDTH_LINE | (colored ? 0 : WIDTH_COLORS), &column);
	/* The rest of the screen's line gets the row's colour. */
	if (error == 0)
		error = bytes_add_string(out,
		    colored ? SCREEN_ERASE COLOR_END "\n" : SCREEN_ERASE "\n");
	return error;
}

/* Add the whole row. */
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
	int error = 0;

	if (row_is_visible(row))
		error = row_paint(l, row, frame->width, &frame->stay);
	if (error == 0)
		row_leave(l, row);
	return error;
}

/* How many rows there are to be seen; counting stops behind most. */
static size_t
latest_visible(const struct latest *l, size_t most)
{
	const struct latest_row *row;
	size_t n = 0;

	TAILQ_FOREACH(row, &l->rows, entry) {
		n += row_is_visible(row);
		if (n > most)
			break;
	}
	return n;
}

/*
 * Rows of ended jobs leave at the top, where the others do not move.  Only when there
 * is no room for all rows do they leave from among the others.
 */
static int
latest_settle(struct latest *l, struct screen_frame *frame)
{
	struct latest_row *row, *next;
	size_t n;
	int error = 0;

	while (error == 0 && (row = TAILQ_FIRST(&l->rows)) != NULL &&
	    row->ended)
		error = row_stay(l, row, frame);
	if (l->options.keep)
		return error;
	n = latest_visible(l, SIZE_MAX);
	TAILQ_FOREACH_SAFE(row, &l->rows, entry, next) {
		if (error != 0 || n <= frame->height)
			break;
		if (!row->ended)
			continue;
		n -= row_is_visible(row);
		error = row_stay(l, row, frame);
	}
	return error;
}

static int
latest_paint(struct screen_frame *frame, void *arg)
{
	struct latest *l = arg;
	const struct latest_row *row;
	size_t room = frame->height, passed = 0;
	int error = latest_settle(l, frame);

	if (latest_visible(l, room) > room)
		room--;
	TAILQ_FOREACH(row, &l->rows, entry) {
		if (error != 0)
			break;
		if (row_is_visible(row)) {
			if (room == 0)
				break;
			room--;
			error = row_paint(l, row, frame->width, &frame->lines);
		}
		passed++;
	}
	if (error == 0 && row != NULL)
		error = bytes_add_format(&frame->lines,
		    "... and %zu more" SCREEN_ERASE "\n", l->n - passed);
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

/* A row for a job that is about to start; NULL: no memory. */
static struct latest_row *
latest_begin(struct latest *l, uint64_t seq, struct text tag)
{
	struct latest_row *row = SLIST_FIRST(&l->idle);

	if (row != NULL)
		SLIST_REMOVE_HEAD(&l->idle, idle);
	else
		row = calloc(1, sizeof(*row));
	if (row == NULL)
		return NULL;
	row->seq = seq;
	row->ended = row->failed = false;
	row->tag.len = 0;
	if (bytes_add_text(&row->tag, tag) != 0) {
		SLIST_INSERT_HEAD(&l->idle, row, idle);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&l->rows, row, entry);
	l->n++;
	return row;
}

/* Without a screen the rows of ended jobs are written, in order or as they end. */
static int
latest_write(struct latest *l, struct latest_row *row)
{
	struct bytes out = { 0 };
	int error = 0;

	if (l->options.keep)
		row = TAILQ_FIRST(&l->rows);
	while (row != NULL && row->ended && error == 0) {
		if (row_is_visible(row))
			error = row_write(l, row, &out);
		row_leave(l, row);
		row = l->options.keep ? TAILQ_FIRST(&l->rows) : NULL;
	}
	if (error == 0)
		error = put_all(l->options.fd, bytes_text(&out));
	bytes_fini(&out);
	return error;
}

/* Its job has ended, and the row is not its any more. */
static int
latest_end(struct latest *l, struct latest_row *row, bool failed)
{
	row->ended = true;
	row->failed = failed;
	return l->options.screen == NULL ? latest_write(l, row) : 0;
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct latest *l = (struct latest *)s;
	struct latest_row *row;

	(void)end;
	TAILQ_FOREACH(row, &l->rows, entry)
		row->ended = true;
	if (l->options.screen != NULL)
		screen_draw(l->options.screen);
	else if (l->options.keep)
		(void)latest_write(l, NULL);
}

struct latest_task {
	struct latest_row *row; /* NULL: the row has been given back */
};

/* The rows keep the order themselves, and want to see all jobs at once. */
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
	    text_of(spec->tag != NULL ? spec->tag : ""));
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
	};

	if (!c->options->latest_line)
		return 0;
	if (latest_new(&options, sp) != 0)
		return message_errno(message, -ENOMEM, "--latest-line");
	c->output_taken = true;
	return 0;
}
