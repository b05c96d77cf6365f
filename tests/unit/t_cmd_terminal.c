/* SPDX-License-Identifier: ISC */

/* How wide a text is, and what a screen draws, hides and leaves behind. */
#include <errno.h>

#include "terminal/screen.h"
#include "terminal/width.h"
#include "vt.h"

static char *
cut(const char *text, size_t width, unsigned flags, size_t *column)
{
	struct bytes out = { 0 };

	CHECK_INT(width_cut(&out, text_of(text), width, flags, column), 0);
	CHECK_INT(bytes_terminate(&out), 0);
	return out.data;
}

static void
check_cut(const char *text, size_t width, unsigned flags, const char *wanted,
    size_t columns)
{
	size_t column = 0;
	char *out = cut(text, width, flags, &column);

	CHECK_STR(out, wanted);
	CHECK_INT(column, columns);
	free(out);
}

TEST(characters)
{
	size_t columns;

	CHECK_INT(width_character(text_of("ab"), &columns), 1);
	CHECK_INT(columns, 1);
	CHECK_INT(width_character(text_of("\xc3\xa4"), &columns), 2);
	CHECK_INT(columns, 1);
	CHECK_INT(width_character(text_of("\xe2\x82\xac"), &columns), 3);
	CHECK_INT(columns, 1);
	CHECK_INT(width_character(text_of("\xe6\xbc\xa2"), &columns), 3);
	CHECK_INT(columns, 2);
	CHECK_INT(width_character(text_of("\xf0\x9f\x98\x80"), &columns), 4);
	CHECK_INT(columns, 2);
	CHECK_INT(width_character(text_of("\xcc\x81"), &columns), 2);
	CHECK_INT(columns, 0);
	/* Half a character, one byte of Latin-1, one too long. */
	CHECK_INT(width_character(text_of("\xe2\x82"), &columns), 1);
	CHECK_INT(width_character(text_of("\xe4x"), &columns), 1);
	CHECK_INT(width_character(text_of("\xc0\x80"), &columns), 1);
	CHECK_INT(width_of(text_of("a\xe6\xbc\xa2\033[1;31mb\033[m")), 4);
	CHECK_INT(width_of(text_of("\033]0;title\ax\033]0;t\033\\y")), 2);
}

TEST(blank)
{
	CHECK(width_is_blank(text_of("")));
	CHECK(width_is_blank(text_of(" \t\r\033[0m\033[K")));
	CHECK(!width_is_blank(text_of(" x")));
	CHECK(!width_is_blank(text_of("\033[1mx")));
}

TEST(cut_name)
{
	check_cut("", 3, WIDTH_NAME, "", 0);
	check_cut("abc", 3, WIDTH_NAME, "abc", 3);
	check_cut("abcd", 3, WIDTH_NAME, "abc", 3);
	check_cut("a\tb\033[1m", 9, WIDTH_NAME, "a?b?[1m", 7);
	check_cut("ab\xe6\xbc\xa2", 3, WIDTH_NAME, "ab", 2);
	/* What steers some terminals although it is no ASCII. */
	check_cut("\xc2\x9b\x9b\xe4", 9, WIDTH_NAME, "??\xe4", 3);
}

TEST(cut_line)
{
	check_cut("abc", 3, WIDTH_LINE, "abc", 3);
	check_cut("abcd", 3, WIDTH_LINE, "ab>", 3);
	check_cut("abc\xe6\xbc\xa2", 4, WIDTH_LINE, "abc>", 4);
	check_cut("ab\xe6\xbc\xa2x", 4, WIDTH_LINE, "ab>", 3);
	check_cut("1\tx", 20, WIDTH_LINE, "1       x", 9);
	check_cut("12345678\tx", 20, WIDTH_LINE, "12345678        x", 17);
	check_cut("1\tx", 5, WIDTH_LINE, "1   >", 5);
	check_cut("a\033[Kb\033[2Jc\033(Bd\033]0;x\ae", 20, WIDTH_LINE, "abcde",
	    5);
	check_cut("a\033[31mb", 20, WIDTH_LINE, "ab", 2);
	check_cut("10%\b\b\b20%", 20, WIDTH_LINE, "20%", 3);
	check_cut("\b\xe6\xbc\xa2\b|", 20, WIDTH_LINE, "|", 1);
	check_cut("a\033[", 20, WIDTH_LINE, "a", 1);
	check_cut("a\033", 20, WIDTH_LINE, "a", 1);
}

TEST(cut_colors)
{
	const unsigned flags = WIDTH_LINE | WIDTH_COLORS;

	check_cut("a\033[31mb", 20, flags, "a\033[31mb\033[m", 2);
	check_cut("a\033[31mbcd", 3, flags, "a\033[31mb>\033[m", 3);
	check_cut("a\033[>4;1mb", 20, flags, "ab", 2);
	check_cut("plain", 20, flags, "plain", 5);
	/* A backspace leaves them alone. */
	check_cut("a\033[31m\bb", 20, flags, "a\033[31mb\033[m", 2);
}

TEST(cut_goes_on)
{
	size_t column = 3;
	char *out = cut("abc", 5, WIDTH_LINE, &column);

	CHECK_STR(out, "a>");
	CHECK_INT(column, 5);
	free(out);
}

/* What a painter of these tests paints. */
struct paint {
	const char *lines, *stay;
	size_t width, height;
	int error;
};

static int
paint(struct screen_frame *frame, void *arg)
{
	struct paint *p = arg;

	p->width = frame->width;
	p->height = frame->height;
	if (p->stay != NULL)
		CHECK_INT(bytes_add_string(&frame->stay, p->stay), 0);
	p->stay = NULL;
	CHECK_INT(bytes_add_string(&frame->lines, p->lines), 0);
	return p->error;
}

static struct screen *
screen_of(struct vt *vt, struct paint *rows, struct paint *foot)
{
	struct screen *s;

	CHECK(screen_is_possible(vt->slave));
	CHECK_INT(screen_new(vt->slave, &s), 0);
	screen_paint(s, SCREEN_ROWS, paint, rows);
	screen_paint(s, SCREEN_FOOT, paint, foot);
	return s;
}

static void
say(struct vt *vt, const char *text)
{
	CHECK_INT(write(vt->slave, text, strlen(text)), (int)strlen(text));
}

TEST(screen_possible)
{
	struct vt vt;
	int null = open("/dev/null", O_WRONLY);

	vt_open(&vt, 20, 10);
	CHECK(!screen_is_possible(null));
	CHECK(screen_is_possible(vt.slave));
	setenv("TERM", "dumb", 1);
	CHECK(!screen_is_possible(vt.slave));
}

TEST(screen_draws_and_gives_way)
{
	struct paint rows = { .lines = "one\033[K\ntwo\033[K\n" };
	struct paint foot = { .lines = "bar\033[K\n" };
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 20, 10);
	s = screen_of(&vt, &rows, &foot);
	say(&vt, "before\n");
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "before\none\ntwo\nbar\n");
	CHECK_INT(rows.width, 19);
	CHECK_INT(rows.height, 8);
	CHECK_INT(foot.height, 9);
	/* The cursor goes with the first line when the lines are broken anew. */
	CHECK_INT(vt.column, 0);
	CHECK_INT(vt.row, 1);
	screen_writing(true, false, s);
	say(&vt, "others\n");
	CHECK_STR(vt_picture(&vt), "before\nothers\n");
	screen_writing(false, false, s);
	rows.lines = "1\033[K\n2\033[K\n3\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "before\nothers\n1\n2\n3\nbar\n");
	/* Fewer lines, shorter ones. */
	rows.lines = "o\033[K\n";
	foot.lines = "b\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "before\nothers\no\nb\n");
	screen_free(s);
	CHECK_STR(vt_picture(&vt), "before\nothers\n");
}

TEST(screen_lines_stay)
{
	struct paint rows = { .lines = "a\033[K\nb\033[K\nc\033[K\n" };
	struct paint foot = { .lines = "" };
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 20, 4);
	s = screen_of(&vt, &rows, &foot);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "a\nb\nc\n");
	rows.stay = "B\033[K\n";
	rows.lines = "a\033[K\nc\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "B\na\nc\n");
	/* All at once, and beyond the height: the first ones go. */
	rows.stay = "1\033[K\n2\033[K\n3\033[K\n";
	rows.lines = "c\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "1\n2\n3\nc\n");
	rows.stay = "c\033[K\n";
	rows.lines = "";
	screen_finish(s);
	CHECK_STR(vt_picture(&vt), "2\n3\nc\n");
	CHECK_INT(vt.row, 3);
	screen_free(s);
	CHECK_STR(vt_picture(&vt), "2\n3\nc\n");
}

TEST(screen_finish)
{
	struct paint rows = { .lines = "row\033[K\n" };
	struct paint foot = { .lines = "bar\033[K\n" };
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 20, 4);
	s = screen_of(&vt, &rows, &foot);
	screen_finish(s);
	screen_free(s);
	say(&vt, "$");
	CHECK_STR(vt_picture(&vt), "row\nbar\n$\n");
}

TEST(screen_unfinished_line)
{
	struct paint rows = { .lines = "" };
	struct paint foot = { .lines = "bar\033[K\n" };
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 20, 4);
	s = screen_of(&vt, &rows, &foot);
	screen_writing(true, false, s);
	say(&vt, "half");
	screen_writing(false, true, s);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "half\n");
	/* Our own messages have lines of their own. */
	screen_message(s, true);
	say(&vt, "message\n");
	screen_message(s, false);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "half\nmessage\nbar\n");
	screen_writing(true, false, s);
	say(&vt, "half");
	screen_writing(false, true, s);
	screen_finish(s);
	CHECK_STR(vt_picture(&vt), "message\nhalf\nbar\n");
	screen_free(s);
}

TEST(screen_nothing_new)
{
	struct paint rows = { .lines = "row\033[K\n" };
	struct paint foot = { .lines = "" };
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 20, 4);
	s = screen_of(&vt, &rows, &foot);
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "row\n");
	/* Somebody's letter would be drawn over if anything was. */
	say(&vt, "X");
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "Xow\n");
	rows.error = -ENOMEM;
	rows.lines = "other\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "Xow\n");
	rows.error = 0;
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "other\n");
	screen_free(s);
}

/* The terminal has broken the lines where they do not fit any more. */
TEST(screen_gets_narrower)
{
	struct paint rows = { .lines = "123456789012345\033[K\nb\033[K\n" };
	struct paint foot = { .lines = "987654321098765\033[K\n" };
	struct screen *s;
	struct vt vt;

	vt_open(&vt, 20, 10);
	s = screen_of(&vt, &rows, &foot);
	say(&vt, "before\n");
	screen_draw(s);
	CHECK_STR(vt_picture(&vt),
	    "before\n123456789012345\nb\n"
	    "987654321098765\n");
	vt_resize(&vt, 10, 10);
	memset(vt.cell, ' ', sizeof(vt.cell));
	memcpy(vt.cell[0], "before", 6);
	memcpy(vt.cell[1], "1234567890", 10);
	memcpy(vt.cell[2], "12345", 5);
	memcpy(vt.cell[3], "b", 1);
	memcpy(vt.cell[4], "9876543210", 10);
	memcpy(vt.cell[5], "98765", 5);
	vt.row = 1; /* the cursor's line has begun here */
	rows.lines = "12345678>\033[K\nb\033[K\n";
	foot.lines = "98765432>\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "before\n12345678>\nb\n98765432>\n");
	/* The terminal is narrower already, and prun does not know yet. */
	vt.columns = 5;
	memset(vt.cell[2], ' ', sizeof(vt.cell) - 2 * sizeof(vt.cell[0]));
	memcpy(vt.cell[2], "678>", 4);
	memcpy(vt.cell[3], "b", 1);
	memcpy(vt.cell[4], "98765", 5);
	memcpy(vt.cell[5], "432>", 4);
	rows.lines = "abcdefgh>\033[K\nc\033[K\n";
	screen_draw(s);
	CHECK_STR(vt_picture(&vt), "befor\nabcd>\nc\n9876>\n");
	screen_free(s);
	CHECK_STR(vt_picture(&vt), "befor\n");
}

TEST(screen_timer)
{
	struct paint rows = { .lines = "row\033[K\n" };
	struct paint foot = { .lines = "" };
	struct prun_pool *pool;
	struct screen *s;
	struct vt vt;

	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .slots = 1 },
		      &pool),
	    0);
	vt_open(&vt, 20, 4);
	s = screen_of(&vt, &rows, &foot);
	screen_begin(s, pool);
	while (*vt_picture(&vt) == '\0')
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_STR(vt_picture(&vt), "row\n");
	/* While others write it is away; then it comes back. */
	screen_writing(true, false, s);
	CHECK_STR(vt_picture(&vt), "");
	screen_writing(false, false, s);
	while (*vt_picture(&vt) == '\0')
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_STR(vt_picture(&vt), "row\n");
	/* Nobody paints: the lines go, and nothing is to be waited for. */
	screen_paint(s, SCREEN_ROWS, NULL, NULL);
	screen_paint(s, SCREEN_FOOT, NULL, NULL);
	CHECK_STR(vt_picture(&vt), "");
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	/* Nor once it is finished. */
	screen_paint(s, SCREEN_ROWS, paint, &rows);
	screen_finish(s);
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	prun_pool_free(pool);
	screen_free(s);
}
