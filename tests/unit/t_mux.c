/* SPDX-License-Identifier: ISC */

/* order: whose bytes may go out, in every mode. */
#include "output_fixture.h"

TEST(read_results)
{
	struct output_fixture *f = &fixture;

	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	CHECK_INT(mux_pipe_read(&f->mux, &f->o[0], 1, f->job[0][0][0]),
	    -EAGAIN);
	close(f->job[0][0][1]);
	CHECK_INT(mux_pipe_read(&f->mux, &f->o[0], 1, f->job[0][0][0]), 0);
	say(1, 1, "abc");
	CHECK_INT(f->o[1].stream[0].total, 3);
	fixture_close();
}

TEST(group)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	say(0, 1, "a1");
	say(1, 2, "b2 ");
	say(1, 1, "b1 ");
	say(0, 2, "a2 ");
	CHECK_STR(flushed(), "");
	finish(1);
	CHECK_STR(flushed(), "b1 b2 ");
	say(0, 1, "a1 ");
	finish(0);
	finish(2);
	CHECK_STR(flushed(), "a1a1 a2 ");
	CHECK_INT(fixture.ndelivered, 3);
	CHECK_INT(fixture.delivered[0], 1);
	/* It wrote nothing. */
	CHECK_INT(fixture.delivered[1], 2);
	fixture_close();
}

TEST(keep_streams_the_head)
{
	static const int order[JOBS] = { 0, 1, 4, 3, 2 };

	fixture_open_mode(PRUN_OUTPUT_GROUP, true, 1000, NULL);
	say(1, 1, "b ");
	finish(1);
	say(0, 2, "a2 ");
	say(0, 1, "a1 ");
	CHECK_STR(flushed(), "a1 ");
	say(2, 1, "c ");
	say(0, 1, "a3 ");
	CHECK_STR(flushed(), "a3 ");
	CHECK_INT(fixture.ndelivered, 0);
	finish(0);
	CHECK_STR(flushed(), "a2 b c ");
	say(2, 1, "c2 ");
	CHECK_STR(flushed(), "c2 ");
	finish(4);
	finish(3);
	CHECK_STR(flushed(), "");
	finish(2);
	CHECK_STR(flushed(), "");
	for (int i = 0; i < JOBS; i++)
		CHECK_INT(fixture.delivered[i], order[i]);
	fixture_close();
}

TEST(lines)
{
	fixture_open_mode(PRUN_OUTPUT_LINE, false, 1000, NULL);
	say(0, 1, "a1\na");
	say(1, 1, "b1\n");
	CHECK_STR(flushed(), "a1\nb1\n");
	say(1, 1, "b");
	say(1, 2, "e\n");
	CHECK_STR(flushed(), "e\n");
	say(0, 1, "2\n");
	CHECK_STR(flushed(), "a2\n");
	say(0, 1, "no end");
	finish(1);
	CHECK_STR(flushed(), "b");
	CHECK_INT(fixture.ndelivered, 1);
	finish(0);
	CHECK_STR(flushed(), "no end");
	fixture_close();
}

TEST(lines_keep)
{
	fixture_open_mode(PRUN_OUTPUT_LINE, true, 1000, NULL);
	say(1, 1, "b1\nb");
	CHECK_STR(flushed(), "");
	say(0, 1, "a1\na");
	CHECK_STR(flushed(), "a1\n");
	say(0, 2, "ae\n");
	CHECK_STR(flushed(), "ae\n");
	finish(0);
	CHECK_STR(flushed(), "ab1\n");
	say(1, 1, "2\n");
	CHECK_STR(flushed(), "b2\n");
	fixture_close();
}

TEST(tags)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, true, 1000, "t ");
	say(0, 1, "one");
	CHECK_STR(flushed(), "t one");
	say(0, 1, " more\ntwo\n");
	CHECK_STR(flushed(), " more\nt two\n");
	say(0, 2, "err\n");
	say(1, 1, "x");
	say(1, 2, "y");
	finish(0);
	CHECK_STR(flushed(), "t err\nt x");
	finish(1);
	CHECK_STR(flushed(), "t y");
	fixture_close();
}

TEST(heading)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	CHECK_INT(mux_heading(&fixture.mux, &fixture.o[0], "cmd\n", 4), 0);
	say(0, 1, "a\n");
	CHECK_INT(fixture.o[0].stream[0].total, 2);
	finish(0);
	CHECK_STR(flushed(), "cmd\na\n");
	fixture_close();
}

TEST(tag_ends)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, true, 1000, "<");
	fixture.o[0].tag.end = ">";
	say(0, 1, "one\ntwo");
	CHECK_STR(flushed(), "<one>\n<two");
	say(0, 1, "!");
	finish(0);
	CHECK_STR(flushed(), "!>");
	fixture_close();
}

TEST(hold)
{
	fixture_hold = true;
	fixture_open_mode(PRUN_OUTPUT_GROUP, true, 1000, "t ");
	fixture.o[0].failed_tag = (struct tag){ "bad ", " worse" };
	fixture.o[1].failed_tag = fixture.o[0].failed_tag;
	say(0, 1, "one\n");
	CHECK_STR(flushed(), "");
	fixture_result[0].status = 1;
	finish(0);
	CHECK_STR(flushed(), "bad one worse\n");
	say(1, 1, "two\n");
	finish(1);
	CHECK_STR(flushed(), "t two\n");
	fixture_close();
}

TEST(tail)
{
	const char *tail;
	size_t len;

	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	(void)task_output_tail(&fixture.o[0], fixture.mux.opts.tail, &len);
	CHECK_INT(len, 0);
	say(0, 1, "abc");
	say(0, 2, "def");
	tail = task_output_tail(&fixture.o[0], fixture.mux.opts.tail, &len);
	CHECK_MEM(tail, len, "abcdef", 6);
	for (int i = 0; i < 20; i++)
		say(0, 1, "0123");
	say(0, 1, "the end.");
	tail = task_output_tail(&fixture.o[0], fixture.mux.opts.tail, &len);
	CHECK_MEM(tail, len, "the end.", 8);
	mux_reset(&fixture.mux, &fixture.o[0]);
	(void)task_output_tail(&fixture.o[0], fixture.mux.opts.tail, &len);
	CHECK_INT(len, 0);
	fixture_close();
}

TEST(reset)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	fixture.o[0].whole = true;
	say_bytes(0, 1, fixture.got, 5000);
	mux_reset(&fixture.mux, &fixture.o[0]);
	say(0, 1, "again\n");
	CHECK_INT(fixture.o[0].stream[0].total, 6);
	finish(0);
	CHECK_STR(flushed(), "again\n");
	fixture_close();
}

/* Larger than memory: through the file, the same bytes. */
TEST(spilled)
{
	static char text[40001];

	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 26);
	for (size_t at = 0; at < sizeof(text) - 1; at += 4000)
		say_bytes(0, 1, text + at, 4000);
	CHECK(fixture.mux.spill.blocks > 0);
	finish(0);
	CHECK_STR(flushed(), text);
	CHECK_INT(fixture.mux.spill.blocks, 0);
	fixture_close();
}

/* The reader is slow: who has the turn is not read from, the others are. */
TEST(stalled)
{
	static char big[50000], got[300000];
	size_t len = 0;

	fixture_open_mode(PRUN_OUTPUT_GROUP, true, 1 << 20, NULL);
	memset(big, 'x', sizeof(big));
	while (mux_wants(&fixture.mux, &fixture.o[0]) && len < 10000000) {
		say_bytes(0, 1, big, sizeof(big));
		(void)mux_flush(&fixture.mux);
		len += sizeof(big);
	}
	CHECK(len > 65536 && len < 600000);
	CHECK(mux_wants(&fixture.mux, &fixture.o[1]));
	say(1, 1, "second");
	finish(0);
	finish(1);
	CHECK_INT(fixture.ndelivered, 0);
	while (mux_flush(&fixture.mux) == -EAGAIN)
		len -= util_read_now(fixture.out[0], got, sizeof(got));
	len -= util_read_now(fixture.out[0], got, len);
	CHECK_INT(len, 0);
	CHECK_INT(util_read_now(fixture.out[0], got, 100), 6);
	CHECK(memcmp(got, "second", 6) == 0);
	fixture_close();
}

/* The disk is full: one job after the other has the output to itself. */
TEST(disk_full)
{
	struct rlimit limit = { 100, RLIM_INFINITY };
	char text[301];

	(void)signal(SIGXFSZ, SIG_IGN);
	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	memset(text, 'x', 300);
	text[300] = '\0';
	say(0, 1, text);
	CHECK(mux_wants(&fixture.mux, &fixture.o[0]));
	say(1, 1, text);
	CHECK(!mux_wants(&fixture.mux, &fixture.o[1]));
	CHECK(mux_wants(&fixture.mux, &fixture.o[2]));
	say(2, 1, "small");
	finish(2);
	CHECK_STR(flushed(), text);
	say(0, 1, "more");
	CHECK_STR(flushed(), "more");
	CHECK(!mux_wants(&fixture.mux, &fixture.o[1]));
	finish(0);
	CHECK_STR(flushed(), "small");
	CHECK(mux_wants(&fixture.mux, &fixture.o[1]));
	finish(1);
	CHECK_STR(flushed(), text);
	CHECK_INT(fixture.ndelivered, 3);
	fixture_close();
}

/* The file cannot be read back: that is told, and the others go on. */
TEST(file_lost)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	say_bytes(0, 1, fixture.got, 5000);
	say(1, 1, "second");
	CHECK_INT(ftruncate(fixture.mux.spill.fd, 0), 0);
	finish(0);
	finish(1);
	CHECK_STR(flushed(), "second");
	CHECK_INT(fixture.ndelivered, 2);
	CHECK_INT(fixture.o[0].error, -EIO);
	CHECK_INT(fixture.o[1].error, 0);
	fixture_close();
}

/* The outlets from first on, one after the other, belong to groups[0], groups[1], ... */
static void
join_groups(struct prun_output_group *groups[], int n, int each)
{
	struct output_fixture *f = &fixture;

	for (int g = 0; g < n; g++) {
		CHECK_INT(mux_group_new(&f->mux, &groups[g]), 0);
		for (int i = g * each; i < (g + 1) * each; i++) {
			mux_close(&f->mux, &f->o[i]);
			f->o[i].group = groups[g];
		}
	}
	/* They are opened as their jobs come: now one, now the other. */
	for (int i = 0; i < each; i++)
		for (int g = 0; g < n; g++)
			mux_open(&f->mux, &f->o[g * each + i]);
}

TEST(groups_stay_together)
{
	struct prun_output_group *groups[2];

	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	join_groups(groups, 2, 2);
	say(0, 1, "a1 ");
	say(2, 1, "b1 ");
	finish(0);
	finish(2);
	say(4, 1, "alone ");
	finish(4);
	CHECK_STR(flushed(), "alone ");
	say(3, 2, "b2 ");
	finish(3);
	CHECK_STR(flushed(), ""); /* more of it may come */
	mux_group_end(groups[1]);
	CHECK_STR(flushed(), "b1 b2 ");
	mux_group_end(groups[0]);
	CHECK_STR(flushed(), "");
	finish(1); /* it wrote nothing */
	CHECK_STR(flushed(), "a1 ");
	CHECK(TAILQ_EMPTY(&fixture.mux.groups));
	fixture_close();
}

TEST(groups_in_order)
{
	struct prun_output_group *groups[2];

	fixture_open_mode(PRUN_OUTPUT_GROUP, true, 1000, NULL);
	join_groups(groups, 2, 2);
	mux_close(&fixture.mux, &fixture.o[4]);
	say(2, 1, "b1 ");
	finish(2);
	mux_group_end(groups[1]);
	say(0, 1, "a1 ");
	CHECK_STR(flushed(), "a1 "); /* the first streams */
	finish(0);
	say(1, 1, "a2 ");
	finish(1);
	CHECK_STR(flushed(), "a2 ");
	mux_group_end(groups[0]);
	CHECK_STR(flushed(), "b1 ");
	say(3, 1, "b2 ");
	CHECK_STR(flushed(), "b2 ");
	finish(3);
	CHECK_STR(flushed(), "");
	CHECK_INT(fixture.ndelivered, 4);
	CHECK(TAILQ_EMPTY(&fixture.mux.groups));
	fixture_close();
}

TEST(groups_let_out)
{
	struct prun_output_group *groups[1];

	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	join_groups(groups, 1, 2);
	say(0, 1, "a1 ");
	finish(0);
	CHECK_STR(flushed(), "");
	CHECK(!mux_group_has_turn(&fixture.mux));
	mux_groups_let_out(&fixture.mux);
	CHECK_STR(flushed(), "a1 ");
	fixture_close();
}
