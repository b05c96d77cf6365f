/* SPDX-License-Identifier: ISC */

/* order: whose bytes may go out, in every mode. */
#include "desk.h"

TEST(read_results)
{
	struct desk *d = &desk;

	desk_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	CHECK_INT(reader_read(&d->mux, &d->o[0], 1, d->job[0][0][0]), -EAGAIN);
	close(d->job[0][0][1]);
	CHECK_INT(reader_read(&d->mux, &d->o[0], 1, d->job[0][0][0]), 0);
	say(1, 1, "abc");
	CHECK_INT(d->o[1].stream[0].total, 3);
	desk_close();
}

TEST(group)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
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
	CHECK_INT(desk.ndelivered, 3);
	CHECK_INT(desk.delivered[0], 1);
	CHECK_INT(desk.delivered[2], 2);
	desk_close();
}

TEST(keep_streams_the_head)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, true, 1000, NULL);
	say(1, 1, "b ");
	finish(1);
	say(0, 2, "a2 ");
	say(0, 1, "a1 ");
	CHECK_STR(flushed(), "a1 ");
	say(2, 1, "c ");
	say(0, 1, "a3 ");
	CHECK_STR(flushed(), "a3 ");
	CHECK_INT(desk.ndelivered, 0);
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
		CHECK_INT(desk.delivered[i], i);
	desk_close();
}

TEST(lines)
{
	desk_open_mode(PRUN_OUTPUT_LINE, false, 1000, NULL);
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
	CHECK_INT(desk.ndelivered, 1);
	finish(0);
	CHECK_STR(flushed(), "no end");
	desk_close();
}

TEST(lines_keep)
{
	desk_open_mode(PRUN_OUTPUT_LINE, true, 1000, NULL);
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
	desk_close();
}

TEST(tags)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, true, 1000, "t ");
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
	desk_close();
}

TEST(heading)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	CHECK_INT(mux_heading(&desk.mux, &desk.o[0], "cmd\n", 4), 0);
	say(0, 1, "a\n");
	CHECK_INT(desk.o[0].stream[0].total, 2);
	finish(0);
	CHECK_STR(flushed(), "cmd\na\n");
	desk_close();
}

TEST(tag_ends)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, true, 1000, "<");
	desk.o[0].tag.end = ">";
	say(0, 1, "one\ntwo");
	CHECK_STR(flushed(), "<one>\n<two");
	say(0, 1, "!");
	finish(0);
	CHECK_STR(flushed(), "!>");
	desk_close();
}

TEST(hold)
{
	desk_hold = true;
	desk_open_mode(PRUN_OUTPUT_GROUP, true, 1000, "t ");
	desk.o[0].failed_tag = (struct tag){ "bad ", " worse" };
	desk.o[1].failed_tag = desk.o[0].failed_tag;
	say(0, 1, "one\n");
	CHECK_STR(flushed(), "");
	desk_result[0].status = 1;
	finish(0);
	CHECK_STR(flushed(), "bad one worse\n");
	say(1, 1, "two\n");
	finish(1);
	CHECK_STR(flushed(), "t two\n");
	desk_close();
}

TEST(tail)
{
	const char *tail;
	size_t len;

	desk_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	(void)task_output_tail(&desk.o[0], desk.mux.opts.tail, &len);
	CHECK_INT(len, 0);
	say(0, 1, "abc");
	say(0, 2, "def");
	tail = task_output_tail(&desk.o[0], desk.mux.opts.tail, &len);
	CHECK_MEM(tail, len, "abcdef", 6);
	for (int i = 0; i < 20; i++)
		say(0, 1, "0123");
	say(0, 1, "the end.");
	tail = task_output_tail(&desk.o[0], desk.mux.opts.tail, &len);
	CHECK_MEM(tail, len, "the end.", 8);
	mux_reset(&desk.mux, &desk.o[0]);
	(void)task_output_tail(&desk.o[0], desk.mux.opts.tail, &len);
	CHECK_INT(len, 0);
	desk_close();
}

TEST(reset)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	desk.o[0].whole = true;
	say_bytes(0, 1, desk.got, 5000);
	mux_reset(&desk.mux, &desk.o[0]);
	say(0, 1, "again\n");
	CHECK_INT(desk.o[0].stream[0].total, 6);
	finish(0);
	CHECK_STR(flushed(), "again\n");
	desk_close();
}

/* Larger than memory: through the file, the same bytes. */
TEST(spilled)
{
	static char text[40001];

	desk_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = (char)('a' + i % 26);
	for (size_t at = 0; at < sizeof(text) - 1; at += 4000)
		say_bytes(0, 1, text + at, 4000);
	CHECK(desk.mux.spill.blocks > 0);
	finish(0);
	CHECK_STR(flushed(), text);
	CHECK_INT(desk.mux.spill.blocks, 0);
	desk_close();
}

/* The reader is slow: who has the turn is not read from, the others are. */
TEST(stalled)
{
	static char big[50000], got[300000];
	size_t len = 0;

	desk_open_mode(PRUN_OUTPUT_GROUP, true, 1 << 20, NULL);
	memset(big, 'x', sizeof(big));
	while (mux_wants(&desk.mux, &desk.o[0]) && len < 10000000) {
		say_bytes(0, 1, big, sizeof(big));
		(void)mux_flush(&desk.mux);
		len += sizeof(big);
	}
	CHECK(len > 65536 && len < 600000);
	CHECK(mux_wants(&desk.mux, &desk.o[1]));
	say(1, 1, "second");
	finish(0);
	finish(1);
	CHECK_INT(desk.ndelivered, 0);
	while (mux_flush(&desk.mux) == -EAGAIN)
		len -= lab_read_now(desk.out[0], got, sizeof(got));
	len -= lab_read_now(desk.out[0], got, len);
	CHECK_INT(len, 0);
	CHECK_INT(lab_read_now(desk.out[0], got, 100), 6);
	CHECK(memcmp(got, "second", 6) == 0);
	desk_close();
}

/* The disk is full: one job after the other has the output to itself. */
TEST(disk_full)
{
	struct rlimit limit = { 100, RLIM_INFINITY };
	char text[301];

	(void)signal(SIGXFSZ, SIG_IGN);
	desk_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	memset(text, 'x', 300);
	text[300] = '\0';
	say(0, 1, text);
	CHECK(mux_wants(&desk.mux, &desk.o[0]));
	say(1, 1, text);
	CHECK(!mux_wants(&desk.mux, &desk.o[1]));
	CHECK(mux_wants(&desk.mux, &desk.o[2]));
	say(2, 1, "small");
	finish(2);
	CHECK_STR(flushed(), text);
	say(0, 1, "more");
	CHECK_STR(flushed(), "more");
	CHECK(!mux_wants(&desk.mux, &desk.o[1]));
	finish(0);
	CHECK_STR(flushed(), "small");
	CHECK(mux_wants(&desk.mux, &desk.o[1]));
	finish(1);
	CHECK_STR(flushed(), text);
	CHECK_INT(desk.ndelivered, 3);
	desk_close();
}

/* The file cannot be read back: that is told, and the others go on. */
TEST(file_lost)
{
	desk_open_mode(PRUN_OUTPUT_GROUP, false, 100, NULL);
	say_bytes(0, 1, desk.got, 5000);
	say(1, 1, "second");
	CHECK_INT(ftruncate(desk.mux.spill.fd, 0), 0);
	finish(0);
	finish(1);
	CHECK_STR(flushed(), "second");
	CHECK_INT(desk.ndelivered, 2);
	CHECK_INT(desk.o[0].error, -EIO);
	CHECK_INT(desk.o[1].error, 0);
	desk_close();
}
