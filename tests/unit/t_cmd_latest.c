/* SPDX-License-Identifier: ISC */

/* --latest-line: what the latest line is, and which rows are seen and stay. */
#include <errno.h>

#include "live/latest.h"
#include "report/sink.h"
#include "vt.h"

static void
add(struct lastline *l, int stream, const char *data)
{
	CHECK_INT(lastline_add(l, stream, data, strlen(data)), 0);
}

static void
check(const struct lastline *l, const char *wanted)
{
	struct text text = lastline_text(l);

	CHECK_MEM(text.data, text.len, wanted, strlen(wanted));
}

TEST(lines)
{
	struct lastline l = { 0 };

	CHECK_INT(lastline_text(&l).len, 0);
	add(&l, 1, "one\ntwo\n");
	check(&l, "two");
	add(&l, 1, "th");
	check(&l, "th");
	add(&l, 1, "ree\n");
	check(&l, "three");
	add(&l, 1, "four\nfi");
	check(&l, "fi");
	add(&l, 1, "ve\n\n \n\033[0m");
	check(&l, "five");
	add(&l, 1, "\n\n");
	check(&l, "five");
	add(&l, 1, "six\n\t\nse");
	check(&l, "se");
	lastline_fini(&l);
}

TEST(carriage_returns)
{
	struct lastline l = { 0 };

	add(&l, 1, "10%\r20%\r");
	check(&l, "20%");
	add(&l, 1, "\r30%");
	check(&l, "30%");
	add(&l, 1, "\r\n");
	check(&l, "30%");
	add(&l, 1, "done\r\n");
	check(&l, "done");
	lastline_fini(&l);
}

TEST(two_streams)
{
	struct lastline l = { 0 };

	add(&l, 1, "out, ");
	add(&l, 2, "error\n");
	check(&l, "error");
	add(&l, 1, "more\n");
	check(&l, "out, more");
	add(&l, 2, "half");
	check(&l, "half");
	add(&l, 1, "whole\n");
	check(&l, "whole");
	add(&l, 2, "\n");
	check(&l, "half");
	lastline_fini(&l);
}

TEST(next_try)
{
	struct lastline l = { 0 };

	add(&l, 2, "error");
	add(&l, 1, "half");
	CHECK_INT(lastline_break(&l), 0);
	check(&l, "half");
	add(&l, 1, "new");
	check(&l, "new");
	add(&l, 2, "er\n");
	check(&l, "er");
	lastline_fini(&l);
}

TEST(long_line)
{
	struct lastline l = { 0 };
	char *data = calloc(1, LASTLINE_MOST);

	CHECK(data != NULL);
	memset(data, 'x', LASTLINE_MOST);
	for (int i = 0; i < 3; i++)
		CHECK_INT(lastline_add(&l, 1, data, LASTLINE_MOST - 1), 0);
	CHECK_INT(lastline_text(&l).len, LASTLINE_MOST);
	add(&l, 1, "\n");
	CHECK_INT(lastline_text(&l).len, LASTLINE_MOST);
	add(&l, 1, "y\n");
	check(&l, "y");
	free(data);
	lastline_fini(&l);
}

/* A terminal, a screen on it and rows on that. */
struct fixture {
	struct vt vt;
	struct screen *screen;
	struct sink *latest;
};

static void
fixture_open(struct fixture *fixture, int height, struct latest_options options)
{
	vt_open(&fixture->vt, 40, height);
	CHECK_INT(screen_new(fixture->vt.slave, &fixture->screen), 0);
	options.screen = fixture->screen;
	CHECK_INT(latest_new(&options, &fixture->latest), 0);
}

/* What stands on the terminal, without the time that jobs have taken. */
static const char *
picture(struct vt *vt)
{
	static char text[sizeof(vt->picture)];
	const char *from = vt_picture(vt);
	char *to = text;

	for (bool first = true; *from != '\0'; from++) {
		*to++ = *from;
		if (first && strchr(">r+x", *from) != NULL)
			from += strlen(from) > 7 && from[6] != '\n' ? 6 : 5;
		first = *from == '\n';
	}
	*to = '\0';
	return text;
}

static const char *
fixture_picture(struct fixture *fixture)
{
	screen_draw(fixture->screen);
	return picture(&fixture->vt);
}

static void
fixture_close(struct fixture *fixture)
{
	fixture->latest->ops->close(fixture->latest);
	screen_free(fixture->screen);
}

static struct report_task *
begin(struct sink *l, uint64_t seq, const char *tag)
{
	struct report_task *task = calloc(1, sizeof(*task) + l->ops->task_size);
	struct prun_spec spec = { .size = sizeof(spec), .tag = tag };

	CHECK(task != NULL);
	task->seq = seq;
	task->owner = l;
	CHECK_INT(l->ops->started(l, task, NULL, &spec, NULL), 0);
	return task;
}

static void
write_row(struct report_task *task, const char *data)
{
	struct sink *l = task->owner;

	CHECK_INT(l->ops->output(l, task, NULL, 1, text_of(data)), 0);
}

static int
end(struct report_task *task, bool failed)
{
	const struct prun_result r = { .status = failed };
	struct sink *l = task->owner;
	int error = l->ops->output(l, task, &r, 0, text_of(""));

	free(task);
	return error;
}

TEST(rows)
{
	struct fixture fixture;
	struct report_task *row[3];

	fixture_open(&fixture, 10, (struct latest_options){ .keep = false });
	for (int i = 0; i < 3; i++)
		row[i] = begin(fixture.latest, (uint64_t)i + 1, "");
	CHECK_STR(fixture_picture(&fixture), ">\n>\n>\n");
	write_row(row[2], "three\n");
	write_row(row[0], "one\n");
	CHECK_STR(fixture_picture(&fixture), ">one\n>\n>three\n");
	write_row(row[1], "a line that is longer than the terminal is wide\n");
	CHECK_STR(fixture_picture(&fixture),
	    ">one\n>a line that is longer than the >\n>three\n");
	write_row(row[1], "two");
	CHECK_STR(fixture_picture(&fixture), ">one\n>two\n>three\n");
	CHECK_INT(end(row[1], false), 0);
	CHECK_STR(fixture_picture(&fixture), ">one\n+two\n>three\n");
	CHECK_INT(end(row[0], false), 0);
	write_row(row[2], "3\n");
	CHECK_STR(fixture_picture(&fixture), "+one\n+two\n>3\n");
	CHECK_INT(end(row[2], false), 0);
	fixture.latest->ops->finished(fixture.latest, NULL);
	fixture_close(&fixture);
	CHECK_STR(picture(&fixture.vt), "+one\n+two\n+3\n");
	CHECK_INT(fixture.vt.row, 3);
}

TEST(tags)
{
	struct fixture fixture;
	struct report_task *row[2];

	fixture_open(&fixture, 10, (struct latest_options){ .keep = false });
	row[0] = begin(fixture.latest, 1, "x\t");
	row[1] = begin(fixture.latest, 2, "longer tag\t");
	/* A tag alone says that the job runs. */
	CHECK_STR(fixture_picture(&fixture), ">x\n>longer tag\n");
	write_row(row[1], "line\n");
	CHECK_STR(fixture_picture(&fixture), ">x\n>longer tag       line\n");
	/* One that has written nothing stays too. */
	CHECK_INT(end(row[0], false), 0);
	CHECK_STR(fixture_picture(&fixture), "+x\n>longer tag       line\n");
	fixture_close(&fixture);
	free(row[1]);
}

/* Ten jobs on five lines: one of them is the cursor's. */
TEST(more_than_fit)
{
	struct fixture fixture;
	struct report_task *row[10];
	char text[8];

	fixture_open(&fixture, 5, (struct latest_options){ .keep = false });
	for (int i = 0; i < 10; i++) {
		row[i] = begin(fixture.latest, (uint64_t)i + 1, "");
		(void)snprintf(text, sizeof(text), "%d\n", i);
		write_row(row[i], text);
	}
	CHECK_STR(fixture_picture(&fixture), ">0\n>1\n>2\n... and 7 more\n");
	/* Those that end leave at the top, whichever they are. */
	CHECK_INT(end(row[1], false), 0);
	CHECK_INT(end(row[9], false), 0);
	CHECK_STR(fixture_picture(&fixture),
	    "+9\n>0\n>2\n>3\n... and 5 more\n");
	for (int i = 4; i < 9; i++)
		CHECK_INT(end(row[i], false), 0);
	/* Just as many leave as must. */
	CHECK_STR(fixture_picture(&fixture), "+7\n>0\n>2\n>3\n+8\n");
	CHECK_INT(end(row[2], false), 0);
	CHECK_INT(end(row[3], false), 0);
	CHECK_INT(end(row[0], false), 0);
	CHECK_STR(fixture_picture(&fixture), "+0\n+2\n+3\n+8\n");
	fixture_close(&fixture);
}

TEST(more_than_fit_in_order)
{
	struct fixture fixture;
	struct report_task *row[10];
	char text[8];

	fixture_open(&fixture, 5, (struct latest_options){ .keep = true });
	for (int i = 0; i < 10; i++) {
		row[i] = begin(fixture.latest, (uint64_t)i + 1, "");
		(void)snprintf(text, sizeof(text), "%d\n", i);
		write_row(row[i], text);
		if (i > 0)
			CHECK_INT(end(row[i], false), 0);
	}
	CHECK_STR(fixture_picture(&fixture), ">0\n+1\n+2\n... and 7 more\n");
	CHECK_INT(end(row[0], false), 0);
	CHECK_STR(fixture_picture(&fixture), "+6\n+7\n+8\n+9\n");
	fixture_close(&fixture);
}

TEST(next_try_of_a_row)
{
	struct fixture fixture;
	struct report_task *row;

	fixture_open(&fixture, 5, (struct latest_options){ .keep = false });
	row = begin(fixture.latest, 1, "");
	write_row(row, "half");
	fixture.latest->ops->tried(fixture.latest, row, NULL);
	CHECK_STR(fixture_picture(&fixture), "rhalf\n");
	write_row(row, "new");
	CHECK_STR(fixture_picture(&fixture), "rnew\n");
	fixture_close(&fixture);
	free(row);
}

/* What a pipe gets; the caller frees it. */
static char *
written(int fd)
{
	char *data = calloc(1, 4096);

	CHECK(data != NULL);
	CHECK(read(fd, data, 4095) >= 0);
	return data;
}

static void
run_into_pipe(struct latest_options options, const char *wanted)
{
	struct report_task *row[4];
	struct sink *l;
	int fd[2];
	char *text;

	CHECK_INT(pipe(fd), 0);
	options.fd = fd[1];
	CHECK_INT(latest_new(&options, &l), 0);
	for (int i = 0; i < 4; i++)
		row[i] = begin(l, (uint64_t)i + 1, i == 0 ? "tag\t" : "");
	write_row(row[0], "first\nhalf");
	write_row(row[1], "a\033[1mb\n");
	CHECK_INT(end(row[1], true), 0);
	CHECK_INT(end(row[2], false), 0);
	CHECK_INT(end(row[0], false), 0);
	l->ops->finished(l, NULL);
	l->ops->close(l);
	free(row[3]);
	CHECK_INT(close(fd[1]), 0);
	text = written(fd[0]);
	CHECK_STR(text, wanted);
	free(text);
}

TEST(no_screen)
{
	run_into_pipe((struct latest_options){ .keep = false },
	    "a\033[1mb\ntag\thalf\n");
	run_into_pipe((struct latest_options){ .keep = true },
	    "tag\thalf\na\033[1mb\n");
	run_into_pipe((struct latest_options){ .color_failed = true },
	    "\033[48;5;196;38;5;231m\033[Ka\033[1mb\033[m\ntag\thalf\n");
}

TEST(full)
{
	struct latest_options options = { .fd = open("/dev/full", O_WRONLY) };
	struct report_task *row;
	struct sink *l;

	CHECK(options.fd != -1);
	CHECK_INT(latest_new(&options, &l), 0);
	row = begin(l, 1, "");
	write_row(row, "line\n");
	CHECK_INT(end(row, false), -ENOSPC);
	row = begin(l, 2, "");
	CHECK_INT(end(row, false), 0);
	l->ops->close(l);
}
