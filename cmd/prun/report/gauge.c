/* SPDX-License-Identifier: ISC */

/* Owns the words and the widths of progress.  Knows no terminal. */
#include <inttypes.h>
#include <stdio.h>

#include "report/gauge.h"

double
gauge_left(const struct gauge *g)
{
	if (g->total == 0 || g->ended == 0)
		return -1;
	if (g->ended >= g->total)
		return 0;
	return g->elapsed / (double)g->ended * (double)(g->total - g->ended);
}

unsigned
gauge_percent(const struct gauge *g)
{
	if (g->total == 0)
		return 0;
	if (g->ended >= g->total)
		return 100;
	return (unsigned)((double)g->ended * 100 / (double)g->total);
}

/* The bytes of the character that begins here. */
static size_t
character_length(const char *data, size_t len)
{
	size_t n = 1;

	if (((unsigned char)data[0] & 0xc0) != 0xc0)
		return 1;
	while (n < len && ((unsigned char)data[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/*
 * Its columns.  From U+1100 on (three bytes that begin with 0xe1, 0x84) many
 * are two wide, and one too many costs less than one too few.
 */
static size_t
character_width(const char *data, size_t n)
{
	unsigned char first = (unsigned char)data[0];

	return n >= 3 && first >= 0xe1 ? 2 : 1;
}

/* As much of the text as fits; *columns is what it takes. */
static int
add_cut(struct bytes *out, struct text text, size_t width, size_t *columns)
{
	size_t n, w;
	unsigned char c;
	int error = 0;

	*columns = 0;
	for (size_t i = 0; i < text.len && error == 0; i += n) {
		n = character_length(text.data + i, text.len - i);
		w = character_width(text.data + i, n);
		if (*columns + w > width)
			break;
		c = (unsigned char)text.data[i];
		*columns += w;
		error = c < ' ' || c == 0x7f ? bytes_add_char(out, '?') :
					       bytes_add(out, text.data + i, n);
	}
	return error;
}

static int
bar_words(const struct gauge *g, struct bytes *out)
{
	double left = gauge_left(g);
	int error;

	if (g->total == 0)
		return bytes_add_format(out, "?%% %" PRIu64 ":?=?s ", g->ended);
	error = bytes_add_format(out, "%u%% %" PRIu64 ":%" PRIu64 "=",
	    gauge_percent(g), g->ended,
	    g->total > g->ended ? g->total - g->ended : 0);
	if (error == 0)
		error = left < 0 ? bytes_add_format(out, "?s ") :
				   bytes_add_format(out, "%.0fs ", left);
	return error;
}

/* The first columns are reversed, as far as the work is done. */
int
gauge_bar(const struct gauge *g, size_t width, struct bytes *out)
{
	static const char reverse[] = "\033[7m", plain[] = "\033[0m";
	struct bytes words = { 0 };
	size_t columns, end = width * gauge_percent(g) / 100, n = 1;
	int error = bar_words(g, &words);

	if (error == 0)
		error = add_cut(&words, g->last,
		    width > words.len ? width - words.len : 0, &columns);
	while (words.len < width && error == 0)
		error = bytes_add_char(&words, ' ');
	out->len = columns = 0;
	if (error == 0)
		error = bytes_add_string(out, end > 0 ? reverse : "");
	for (size_t i = 0; columns < width && error == 0; i += n) {
		if (i > 0 && columns >= end && end > 0) {
			error = bytes_add_string(out, plain);
			end = 0;
		}
		n = character_length(words.data + i, words.len - i);
		if (error == 0)
			error = bytes_add(out, words.data + i, n);
		columns += character_width(words.data + i, n);
	}
	if (error == 0)
		error = bytes_add_string(out, plain);
	bytes_fini(&words);
	return error;
}

int
gauge_line(const struct gauge *g, bool eta, size_t width, struct bytes *out)
{
	struct bytes words = { 0 };
	double average = g->ended > 0 ? g->elapsed / (double)g->ended : 0;
	double left = gauge_left(g);
	size_t columns;
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
		    "local:%" PRIu64 "/%" PRIu64 "/100%%/%.1fs",
		    g->started - g->ended, g->ended, average);
	out->len = 0;
	if (error == 0)
		error = add_cut(out, bytes_text(&words), width, &columns);
	bytes_fini(&words);
	return error;
}

int
gauge_plain(const struct gauge *g, struct bytes *out)
{
	double left = gauge_left(g);
	int error;

	out->len = 0;
	error = bytes_add_format(out, "prun: %" PRIu64, g->ended);
	if (error == 0 && g->total > 0)
		error = bytes_add_format(out, " of %" PRIu64, g->total);
	if (error == 0)
		error = bytes_add_format(out,
		    " jobs ended, %" PRIu64 " failed, %" PRIu64
		    " running, %.0f s so far",
		    g->failed, g->started - g->ended, g->elapsed);
	if (error == 0 && left >= 0)
		error = bytes_add_format(out, ", about %.0f s left", left);
	return error;
}

int
gauge_zenity(const struct gauge *g, struct bytes *out)
{
	double left = gauge_left(g);
	size_t columns;
	int error;

	out->len = 0;
	error = bytes_add_format(out, "\r# %3.0f sec ", left < 0 ? 0 : left);
	if (error == 0)
		error = add_cut(out, g->last, 200, &columns);
	if (error == 0)
		error = bytes_add_format(out, "\r%u\r", gauge_percent(g));
	return error;
}
