/* SPDX-License-Identifier: ISC */

/* Owns what is known of the width of characters on a terminal.  Uses no terminal. */
#include <stdint.h>
#include <string.h>

#include "terminal/width.h"

#define ESCAPE '\033'
#define DELETE 0x7f
#define TAB 8
#define COLOR_END "\033[m"
/*
 * Stands for a byte that is part of no character, which counts as a character of its
 * own.
 */
#define NO_CHARACTER UINT32_MAX

/*
 * In doubt a character counts as wide: to count one column too many does less harm than
 * one too few.
 */
static const struct {
	uint32_t first, last;
} wide[] = {
	{ 0x1100, 0x115f },
	{ 0x231a, 0x231b },
	{ 0x2329, 0x232a },
	{ 0x23e9, 0x23f3 },
	{ 0x25fd, 0x25fe },
	{ 0x2614, 0x2615 },
	{ 0x2648, 0x2653 },
	{ 0x267f, 0x27bf },
	{ 0x2b1b, 0x2b55 },
	{ 0x2e80, 0xa4cf },
	{ 0xa960, 0xa97f },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe10, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x16fe0, 0x1b2ff },
	{ 0x1f000, 0x1faff },
	{ 0x20000, 0x3fffd },
};

static size_t
decode(struct text text, uint32_t *point)
{
	unsigned char first = (unsigned char)text.data[0];
	size_t n = first < 0xc2 ? 1 :
	    first < 0xe0        ? 2 :
	    first < 0xf0        ? 3 :
	    first < 0xf5        ? 4 :
				  1;

	*point = n == 1 ? first : first & (0x7fu >> n);
	if (n == 1 && first >= 0x80)
		*point = NO_CHARACTER;
	if (n > text.len) {
		*point = NO_CHARACTER;
		return 1;
	}
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if ((c & 0xc0) != 0x80) {
			*point = NO_CHARACTER;
			return 1;
		}
		*point = *point << 6 | (c & 0x3f);
	}
	return n;
}

size_t
width_character(struct text text, size_t *columns)
{
	uint32_t point;
	size_t n = decode(text, &point);

	*columns = 1;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (point >= wide[i].first && point <= wide[i].last)
			*columns = 2;
	}
	/* Accents are drawn over the letter before them. */
	if (point >= 0x300 && point <= 0x36f)
		*columns = 0;
	return n;
}

/* The control codes of Latin-1 count too, both as single bytes and in UTF-8. */
static bool
is_control(struct text text)
{
	unsigned char first = (unsigned char)text.data[0];
	uint32_t point;

	(void)decode(text, &point);
	if (point == NO_CHARACTER)
		return first < 0xa0;
	return point < ' ' || (point >= DELETE && point < 0xa0);
}

static size_t
span(struct text text, size_t i, unsigned char first, unsigned char last)
{
	while (i < text.len && (unsigned char)text.data[i] >= first &&
	    (unsigned char)text.data[i] <= last)
		i++;
	return i;
}

/*
 * The length of a string that begins with ESC ] or the like, and ends with BEL or ESC
 * \.
 */
static size_t
string_length(struct text text)
{
	for (size_t i = 2; i < text.len; i++) {
		if (text.data[i] == '\a')
			return i + 1;
		if (text.data[i] == ESCAPE)
			return i + 1 < text.len && text.data[i + 1] == '\\' ?
			    i + 2 :
			    i;
	}
	return text.len;
}

/*
 * The length of the escape sequence at the beginning of the text.  *color: it sets
 * colours.
 */
static size_t
escape_length(struct text text, bool *color)
{
	size_t i;

	*color = false;
	if (text.len < 2)
		return text.len;
	if (strchr("]PX^_", text.data[1]) != NULL && text.data[1] != '\0')
		return string_length(text);
	if (text.data[1] != '[') {
		i = span(text, 1, ' ', '/');
		return i < text.len ? i + 1 : i;
	}
	i = span(text, 2, '0', ';');
	*color = i < text.len && text.data[i] == 'm';
	i = span(text, i, ' ', '?');
	return i < text.len ? i + 1 : i;
}

static struct text
text_from(struct text text, size_t i)
{
	return (struct text){ text.data + i, text.len - i };
}

size_t
width_of(struct text text)
{
	size_t columns = 0, w;
	bool color;

	for (size_t i = 0; i < text.len;) {
		struct text rest = text_from(text, i);

		if (*rest.data == ESCAPE) {
			i += escape_length(rest, &color);
		} else {
			i += width_character(rest, &w);
			columns += w;
		}
	}
	return columns;
}

bool
width_is_blank(struct text text)
{
	bool color;

	for (size_t i = 0; i < text.len;) {
		if (text.data[i] == ESCAPE)
			i += escape_length(text_from(text, i), &color);
		else if ((unsigned char)text.data[i] > ' ' &&
		    text.data[i] != DELETE)
			return false;
		else
			i++;
	}
	return true;
}

struct cut {
	struct bytes *out;
	size_t width, column;
	size_t floor; /* a backspace does not go back beyond this column */
	/* Where the ">" stands if the text does not fit. */
	size_t mark, mark_column;
	bool full;
};

static int
cut_add(struct cut *c, const char *data, size_t len, size_t columns)
{
	if (c->column < c->width) {
		c->mark = c->out->len;
		c->mark_column = c->column;
	}
	if (c->column + columns > c->width) {
		c->full = true;
		return 0;
	}
	c->column += columns;
	return bytes_add(c->out, data, len);
}

static int
cut_tab(struct cut *c)
{
	int error;

	do {
		error = cut_add(c, " ", 1, 1);
	} while (error == 0 && !c->full && c->column % TAB != 0);
	return error;
}

static void
cut_back(struct cut *c)
{
	struct bytes *out = c->out;
	size_t at = out->len, columns;

	if (at == c->floor)
		return;
	do {
		at--;
	} while (at > c->floor && (out->data[at] & 0xc0) == 0x80);
	(void)width_character((struct text){ out->data + at, out->len - at },
	    &columns);
	out->len = at;
	c->column -= columns;
}

/* Takes the first character or escape sequence of the text; *n is its length. */
static int
cut_next(struct cut *c, struct text text, unsigned flags, size_t *n)
{
	size_t columns;
	bool color;
	int error;

	*n = 1;
	if (flags & WIDTH_LINE && *text.data == '\t')
		return cut_tab(c);
	if (flags & WIDTH_LINE && *text.data == '\b') {
		cut_back(c);
		return 0;
	}
	if (flags & WIDTH_LINE && *text.data == ESCAPE) {
		*n = escape_length(text, &color);
		if (!color || !(flags & WIDTH_COLORS))
			return 0;
		error = bytes_add(c->out, text.data, *n);
		c->floor = c->out->len;
		return error;
	}
	*n = width_character(text, &columns);
	if (is_control(text))
		return cut_add(c, "?", 1, 1);
	return cut_add(c, text.data, *n, columns);
}

int
width_cut(struct bytes *out, struct text text, size_t width, unsigned flags,
    size_t *column)
{
	struct cut c = { .out = out,
		.width = width,
		.column = *column,
		.floor = out->len,
		.mark = out->len,
		.mark_column = *column };
	const size_t begin = out->len;
	size_t n;
	int error = 0;

	for (size_t i = 0; i < text.len && error == 0 && !c.full; i += n)
		error = cut_next(&c, text_from(text, i), flags, &n);
	if (error == 0 && c.full && flags & WIDTH_LINE &&
	    c.mark_column < width) {
		out->len = c.mark;
		c.column = c.mark_column + 1;
		error = bytes_add_char(out, '>');
	}
	if (error == 0 && flags & WIDTH_COLORS &&
	    memchr(out->data + begin, ESCAPE, out->len - begin) != NULL)
		error = bytes_add_string(out, COLOR_END);
	*column = c.column;
	return error;
}
