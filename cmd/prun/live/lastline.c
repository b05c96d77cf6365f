/* SPDX-License-Identifier: ISC */

/* Owns the rules by which a line is the latest one.  Knows neither jobs nor terminals. */
#include <string.h>

#include "live/latest.h"
#include "terminal/width.h"

void
lastline_fini(struct lastline *l)
{
	bytes_fini(&l->line);
	bytes_fini(&l->part[0]);
	bytes_fini(&l->part[1]);
	l->stream = 0;
}

static int
add_most(struct bytes *out, struct text text)
{
	size_t room = LASTLINE_MOST - out->len;

	return bytes_add(out, text.data, text.len < room ? text.len : room);
}

/* The position behind the last byte that ends a line; 0: no line ends in the data. */
static size_t
ends_at(const char *data, size_t len)
{
	const char *newline = memrchr(data, '\n', len);
	const char *cr;
	size_t at = newline != NULL ? (size_t)(newline - data) + 1 : 0;

	cr = memrchr(data + at, '\r', len - at);
	return cr != NULL ? (size_t)(cr - data) + 1 : at;
}

/* The stream's unfinished line gets these bytes at its end, and is finished. */
static int
finish_line(struct lastline *l, int stream, struct text end)
{
	struct bytes *part = &l->part[stream - 1];
	int error = add_most(part, end);
	struct bytes old;

	if (error == 0 && !width_is_blank(bytes_text(part))) {
		old = l->line;
		l->line = *part;
		*part = old;
		l->stream = 0;
	} else if (l->stream == stream) {
		l->stream = 0;
	}
	part->len = 0;
	return error;
}

/*
 * The data are whole lines; the first of them continues the stream's unfinished line.  Takes
 * the last line that shows something.
 */
static int
add_lines(struct lastline *l, int stream, const char *data, size_t len)
{
	struct text line;
	size_t begin;

	do {
		begin = ends_at(data, len - 1);
		line = (struct text){ data + begin, len - 1 - begin };
		len = begin;
	} while (len > 0 && width_is_blank(line));
	if (len > 0)
		l->part[stream - 1].len = 0;
	return finish_line(l, stream, line);
}

int
lastline_add(struct lastline *l, int stream, const char *data, size_t len)
{
	struct bytes *part = &l->part[stream - 1];
	size_t end = ends_at(data, len);
	int error = 0;

	if (end > 0)
		error = add_lines(l, stream, data, end);
	if (error == 0)
		error = add_most(part, (struct text){ data + end, len - end });
	if (error == 0 && !width_is_blank(bytes_text(part)))
		l->stream = stream;
	return error;
}

int
lastline_break(struct lastline *l)
{
	int first = l->stream == 1 ? 2 : 1;
	int error = finish_line(l, first, (struct text){ NULL, 0 });

	if (error == 0)
		error = finish_line(l, 3 - first, (struct text){ NULL, 0 });
	return error;
}

struct text
lastline_text(const struct lastline *l)
{
	return bytes_text(l->stream != 0 ? &l->part[l->stream - 1] : &l->line);
}
