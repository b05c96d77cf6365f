/* SPDX-License-Identifier: ISC */

/*
 * A terminal for tests: a pty, and a picture of what stands on it.  It knows the
 * few sequences that prun draws with and fails at any other.
 */
#ifndef VT_H
#define VT_H

#include <sys/ioctl.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "t.h"

#define VT_ROWS 20
#define VT_COLUMNS 80
#define VT_MARK '\a'

struct vt {
	int master, slave;
	int rows, columns, row, column;
	bool cut; /* no line is broken */
	char cell[VT_ROWS][VT_COLUMNS];
	char picture[VT_ROWS * (VT_COLUMNS + 1) + 1];
};

static inline void
vt_resize(struct vt *vt, int columns, int rows)
{
	const struct winsize size = { .ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)columns };

	CHECK(rows <= VT_ROWS && columns <= VT_COLUMNS);
	vt->rows = rows;
	vt->columns = columns;
	CHECK_INT(ioctl(vt->master, TIOCSWINSZ, &size), 0);
}

static inline void
vt_open(struct vt *vt, int columns, int rows)
{
	*vt = (struct vt){ .master = posix_openpt(O_RDWR | O_NOCTTY) };
	CHECK(vt->master != -1);
	CHECK_INT(grantpt(vt->master), 0);
	CHECK_INT(unlockpt(vt->master), 0);
	vt->slave = open(ptsname(vt->master), O_RDWR | O_NOCTTY);
	CHECK(vt->slave != -1);
	memset(vt->cell, ' ', sizeof(vt->cell));
	vt_resize(vt, columns, rows);
}

static inline void
vt_down(struct vt *vt)
{
	if (++vt->row < vt->rows)
		return;
	vt->row--;
	memmove(vt->cell[0], vt->cell[1],
	    sizeof(vt->cell[0]) * (size_t)(VT_ROWS - 1));
	memset(vt->cell[vt->row], ' ', sizeof(vt->cell[0]));
}

static inline void
vt_character(struct vt *vt, char c)
{
	if (c == '\r') {
		vt->column = 0;
	} else if (c == '\n') {
		vt_down(vt);
	} else {
		CHECK((unsigned char)c >= ' ');
		if (vt->column == vt->columns && vt->cut) {
			vt->column--;
		} else if (vt->column == vt->columns) {
			vt->column = 0;
			vt_down(vt);
		}
		vt->cell[vt->row][vt->column++] = c;
	}
}

/* What is behind "\033["; how long that is. */
static inline size_t
vt_sequence(struct vt *vt, const char *data)
{
	char *end;
	int n;

	if (*data == '?') { /* autowrap: ?7l and ?7h */
		vt->cut = data[2] == 'l';
		CHECK(data[1] == '7' && (vt->cut || data[2] == 'h'));
		return 3;
	}
	n = (int)strtol(data, &end, 10);

	while (*end == ';')
		(void)strtol(end + 1, &end, 10);
	switch (*end) {
	case 'A':
		n = end == data ? 1 : n;
		vt->row = vt->row > n ? vt->row - n : 0;
		break;
	case 'K':
		memset(vt->cell[vt->row] + vt->column, ' ',
		    sizeof(vt->cell[0]) - (size_t)vt->column);
		break;
	case 'J':
		memset(vt->cell[vt->row] + vt->column, ' ',
		    sizeof(vt->cell[0]) * (size_t)(VT_ROWS - vt->row) -
			(size_t)vt->column);
		break;
	case 'm':
		break;
	default:
		T_FAIL("a sequence that ends with %c", *end);
	}
	return (size_t)(end - data) + 1;
}

/* Take in all that was written so far: a mark behind it tells where it ends. */
static inline void
vt_read(struct vt *vt)
{
	static const char mark = VT_MARK;
	char data[65536];
	size_t len = 0, before = 0;
	ssize_t n;

	CHECK_INT(write(vt->slave, &mark, 1), 1);
	do {
		n = read(vt->master, data + len, sizeof(data) - len - 1);
		CHECK(n > 0);
		len += (size_t)n;
	} while (data[len - 1] != VT_MARK);
	data[--len] = '\0';
	while (before < len) {
		if (strncmp(data + before, "\033[", 2) == 0)
			before += 2 + vt_sequence(vt, data + before + 2);
		else
			vt_character(vt, data[before++]);
	}
}

/* The lines, each with a newline, without blanks at their ends and empty ones below. */
static inline const char *
vt_picture(struct vt *vt)
{
	size_t len = 0, kept = 0;

	vt_read(vt);
	for (int row = 0; row < vt->rows; row++) {
		size_t end = (size_t)vt->columns;

		while (end > 0 && vt->cell[row][end - 1] == ' ')
			end--;
		memcpy(vt->picture + len, vt->cell[row], end);
		len += end;
		vt->picture[len++] = '\n';
		if (end > 0)
			kept = len;
	}
	vt->picture[kept] = '\0';
	return vt->picture;
}

#endif
