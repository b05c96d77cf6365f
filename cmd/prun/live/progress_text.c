/* SPDX-License-Identifier: ISC */

/* Owns the texts that show progress, and cuts them to a width.  Knows no terminal. */
#include <inttypes.h>
#include <stdio.h>

#include "live/progress.h"
#include "terminal/width.h"

#define ZENITY_WIDTH 200

static uint64_t
running(const struct progress_text *g)
{
	const uint64_t over = g->ended + g->stopped + g->ahead;

	return g->started > over ? g->started - over : 0;
}

double
progress_text_left(const struct progress_text *g)
{
	if (g->total == 0 || (g->ended == 0 && g->share <= 0))
		return -1;
	if (g->ended >= g->total)
		return 0;
	if (g->share > 0)
		return g->elapsed / g->share * (1 - g->share);
	return g->elapsed / (double)g->ended * (double)(g->total - g->ended);
}

unsigned
progress_text_percent(const struct progress_text *g)
{
	if (g->total == 0)
		return 0;
	if (g->ended >= g->total)
		return 100;
	/* At most 99, as the jobs still run when they have got all of the input. */
	if (g->share > 0)
		return (unsigned)(g->share * 99);
	return (unsigned)((double)g->ended * 100 / (double)g->total);
}

/* Add as much of the text as fits into the width. */
static int
add_cut(struct bytes *out, struct text text, size_t width)
{
	size_t column = out->len;

	return width_cut(out, text, width, WIDTH_NAME, &column);
}

/* How many jobs have succeeded, failed and run, and how long the run will still take. */
static int
bar_words(const struct progress_text *g, struct bytes *out)
{
	const char *const *sign = g->utf8 ?
	    (const char *const[]){ "\342\234\223", "\342\234\227",
		    "\342\226\266" } :
	    (const char *const[]){ "ok ", "failed ", "running " };
	double left = progress_text_left(g);
	int error = bytes_add_format(out, "%" PRIu64 "/", g->ended);

	if (error == 0)
		error = g->total == 0 ?
		    bytes_add_string(out, "?") :
		    bytes_add_format(out, "%" PRIu64, g->total);
	if (error == 0)
		error = bytes_add_format(out, " %s%" PRIu64, sign[0],
		    g->ended - g->failed);
	if (error == 0 && g->failed > 0)
		error = bytes_add_format(out, " %s%" PRIu64, sign[1],
		    g->failed);
	if (error == 0 && running(g) > 0)
		error = bytes_add_format(out, " %s%" PRIu64, sign[2],
		    running(g));
	if (error == 0 && left > 0)
		error = bytes_add_format(out, " ETA %.0fs", left);
	return error == 0 ? bytes_add_char(out, ' ') : error;
}

/* The part of the bar that is done is in reverse colours, and red if a job has failed. */
int
progress_text_bar(const struct progress_text *g, size_t width,
    struct bytes *out)
{
	static const char plain[] = "\033[0m";
	const char *reverse = g->failed > 0 && g->color ? "\033[7;31m" :
							  "\033[7m";
	struct bytes words = { 0 };
	size_t end = width * progress_text_percent(g) / 100, columns = 0, n, w;
	int error = bar_words(g, &words);

	columns = width_of(bytes_text(&words));
	if (error == 0)
		error = width_cut(&words, g->last, width, WIDTH_NAME, &columns);
	columns = 0;
	for (n = width_of(bytes_text(&words)); n < width && error == 0; n++)
		error = bytes_add_char(&words, ' ');
	out->len = 0;
	if (error == 0)
		error = bytes_add_string(out, end > 0 ? reverse : "");
	for (size_t i = 0; i < words.len && columns < width && error == 0;
	     i += n, columns += w) {
		if (i > 0 && columns >= end && end > 0) {
			error = bytes_add_string(out, plain);
			end = 0;
		}
		n = width_character((struct text){ words.data + i,
					words.len - i },
		    &w);
		if (error == 0)
			error = bytes_add(out, words.data + i, n);
	}
	if (error == 0)
		error = bytes_add_string(out, plain);
	bytes_fini(&words);
	return error;
}

int
progress_text_line(const struct progress_text *g, bool eta, size_t width,
    struct bytes *out)
{
	struct bytes words = { 0 };
	double average = g->ended > 0 ? g->elapsed / (double)g->ended : 0;
	double left = progress_text_left(g);
	int error = 0;

	if (eta && g->total > 0)
		error = bytes_add_format(&words,
		    "ETA: %.0fs Left: %" PRIu64 " AVG: %.2fs  ",
		    left < 0 ? 0 : left,
		    g->total > g->ended ? g->total - g->ended : 0, average);
	else if (eta)
		error = bytes_add_format(&words, "ETA: ? Left: ? AVG: %.2fs  ",
		    average);
	if (error == 0)
		error = bytes_add_format(&words,
		    "local:%" PRIu64 "/%" PRIu64 "/100%%/%.1fs", running(g),
		    g->ended, average);
	out->len = 0;
	if (error == 0)
		error = add_cut(out, bytes_text(&words), width);
	bytes_fini(&words);
	return error;
}

int
progress_text_plain(const struct progress_text *g, struct bytes *out)
{
	double left = progress_text_left(g);
	int error;

	out->len = 0;
	error = bytes_add_format(out, "prun: %" PRIu64, g->ended);
	if (error == 0 && g->total > 0)
		error = bytes_add_format(out, " of %" PRIu64, g->total);
	if (error == 0)
		error = bytes_add_format(out,
		    " jobs ended, %" PRIu64 " failed, %" PRIu64
		    " running, %.0f s so far",
		    g->failed, running(g), g->elapsed);
	if (error == 0 && left >= 0)
		error = bytes_add_format(out, ", about %.0f s left", left);
	return error;
}

int
progress_text_zenity(const struct progress_text *g, struct bytes *out)
{
	double left = progress_text_left(g);
	int error;

	out->len = 0;
	error = bytes_add_format(out, "\r# %3.0f sec ", left < 0 ? 0 : left);
	if (error == 0)
		error = add_cut(out, g->last, out->len + ZENITY_WIDTH);
	if (error == 0)
		error = bytes_add_format(out, "\r%u\r",
		    progress_text_percent(g));
	return error;
}
