/* SPDX-License-Identifier: ISC */

/* intake: bytes that nobody needs to see are moved, and none is out of place. */
#include <errno.h>

#include "output_fixture.h"

enum {
	LINE = 8, /* bytes of a numbered line */
	BUSY = 64 * 1024, /* a full pipe */
	WIDE = 1024 * 1024
};

static char text[2 * WIDE];
static char out[64 * WIDE];
static size_t nout;
static unsigned written;

/* Numbered lines, from where the last ones ended. */
static const char *
lines(size_t len)
{
	char line[LINE + 1];

	for (size_t i = 0; i < len; i += LINE, written++) {
		(void)snprintf(line, sizeof(line), "%07u\n", written);
		memcpy(text + i, line, LINE);
	}
	return text;
}

/* All that has come out are these lines and nothing else. */
static void
check_lines(const char *data, size_t len)
{
	CHECK_INT(len % LINE, 0);
	for (size_t i = 0; i < len; i += LINE)
		CHECK_INT(strtoul(data + i, NULL, 10), i / LINE);
}

static void
put(int job, const char *data, size_t len)
{
	CHECK_INT(write(fixture.job[job][0][1], data, len), len);
}

static ssize_t
take(int job)
{
	return mux_pipe_read(&fixture.mux, &fixture.o[job], 1,
	    fixture.job[job][0][0]);
}

static void
drain(void)
{
	nout += util_read_now(fixture.out[0], out + nout, sizeof(out) - nout);
}

/* Flush, and read all of it. */
static void
flush(void)
{
	while (mux_flush(&fixture.mux) == -EAGAIN)
		drain();
	drain();
}

/* From now on its pipe is wide, and it is worth a splice. */
static void
make_busy(int job)
{
	nout = written = 0;
	put(job, lines(BUSY), BUSY);
	CHECK_INT(take(job), BUSY);
	CHECK(fixture.o[job].stream[0].busy);
	CHECK_INT(fcntl(fixture.job[job][0][0], F_GETPIPE_SZ), WIDE);
}

static void
lines_go_through(void)
{
	size_t len = BUSY * 4, ntail;
	const char *tail;
	ssize_t n;

	fixture_open_mode(PRUN_OUTPUT_LINE, false, 1000, NULL);
	make_busy(0);
	flush();
	put(0, lines(len), len);
	put(0, "half", 4);
	say(1, 1, "other\n");
	for (size_t moved = 0; moved < len; moved += (size_t)n) {
		n = take(0);
		CHECK(n > 0 || n == -EAGAIN);
		n = n > 0 ? n : 0;
		CHECK_INT(fixture.mux.owner == &fixture.o[0],
		    moved + (size_t)n < len);
		drain();
	}
	CHECK_INT(fcntl(fixture.out[0], F_GETPIPE_SZ), WIDE);
	tail = task_output_tail(&fixture.o[0], fixture_tail, &ntail);
	if (fixture_tail > 0)
		CHECK_MEM(tail, ntail, text + len - ntail, fixture_tail);
	CHECK_INT(fixture.o[0].stream[0].capture.length, 0);
	CHECK_INT(nout, BUSY + len);
	check_lines(out, nout);
	flush();
	CHECK_MEM(out + BUSY + len, nout - BUSY - len, "other\n", 6);
	CHECK_INT(take(0), 4);
	nout = 0;
	flush();
	CHECK_INT(nout, 0);
	say(0, 1, " a line\n");
	flush();
	CHECK_MEM(out, nout, "half a line\n", 12);
	finish(0);
	fixture_close();
}

/* However long it takes to write them, nobody gets in between. */
TEST(lines)
{
	fixture_tail = 0;
	lines_go_through();
}

TEST(lines_remembered)
{
	fixture_tail = 8;
	lines_go_through();
}

/* What it says on stderr meanwhile neither cuts a line nor waits for its end. */
TEST(lines_and_stderr)
{
	size_t len = WIDE;
	ssize_t n;

	fixture_tail = 0;
	fixture_open_mode(PRUN_OUTPUT_LINE, false, 1000, NULL);
	make_busy(0);
	/* It stays in stdout's pipe, which has no room for all that follows. */
	CHECK_INT(mux_flush(&fixture.mux), 0);
	put(0, lines(len), len);
	n = take(0);
	CHECK(n > 0 && n < (ssize_t)len);
	say(0, 2, "error\n");
	CHECK_INT(mux_flush(&fixture.mux), 0);
	for (size_t moved = (size_t)n;
	     moved<len; moved += n> 0 ? (size_t)n : 0) {
		drain();
		n = take(0);
	}
	drain();
	check_lines(out, nout);
	CHECK_INT(nout, BUSY + len);
	flush();
	CHECK_MEM(out + BUSY + len, nout - BUSY - len, "error\n", 6);
	fixture_close();
}

/* Where no line ends in sight, they are captured until one does. */
TEST(long_line)
{
	size_t len = BUSY * 2;

	fixture_open_mode(PRUN_OUTPUT_LINE, false, 1000, NULL);
	make_busy(0);
	flush();
	nout = 0;
	memset(text, 'x', len);
	put(0, text, len);
	for (size_t taken = 0; taken < len;)
		taken += (size_t)take(0);
	flush();
	CHECK_INT(nout, 0);
	say(0, 1, "\n");
	flush();
	CHECK_INT(nout, len + 1);
	fixture_close();
}

/* Write and take so much, flushing all the time. */
static void
pour(int job, size_t amount)
{
	ssize_t n;

	for (size_t len = 0; len < amount; len += WIDE) {
		put(job, lines(WIDE), WIDE);
		for (size_t taken = 0; taken < WIDE;) {
			n = take(job);
			taken += n > 0 ? (size_t)n : 0;
			flush();
		}
	}
}

static void
open_torrent(bool keep)
{
	fixture_open_mode(PRUN_OUTPUT_GROUP, keep, 1000, NULL);
	make_busy(0);
	flush();
}

/* So much is not kept until its end, when nobody else waits. */
TEST(torrent)
{
	for (fixture_tail = 0; fixture_tail <= 8; fixture_tail += 8) {
		open_torrent(false);
		pour(0, 10 * WIDE);
		CHECK_INT(nout, 0);
		say(1, 1, "one");
		finish(1);
		flush();
		CHECK_MEM(out, nout, "one", 3);
		nout = 0;
		pour(0, 20 * WIDE);
		CHECK_INT(nout, 30 * WIDE + BUSY);
		CHECK_INT(fixture.o[0].stream[0].capture.length, 0);
		say(2, 1, "two");
		finish(2);
		say(0, 2, "error");
		flush();
		check_lines(out, nout);
		nout = 0;
		finish(0);
		flush();
		CHECK_MEM(out, nout, "errortwo", 8);
		fixture_close();
	}
}

/* Held is held. */
TEST(torrent_held)
{
	fixture_hold = true;
	open_torrent(false);
	pour(0, 40 * WIDE);
	CHECK_INT(nout, 0);
	finish(0);
	flush();
	CHECK_INT(nout, 40 * WIDE + BUSY);
	check_lines(out, nout);
	fixture_close();
	fixture_hold = false;
}

/* Who is tried again is not heard before it is over. */
TEST(torrent_whole)
{
	open_torrent(false);
	fixture.o[0].whole = true;
	pour(0, 40 * WIDE);
	CHECK_INT(nout, 0);
	mux_reset(&fixture.mux, &fixture.o[0]);
	say(0, 1, "again");
	finish(0);
	flush();
	CHECK_MEM(out, nout, "again", 5);
	fixture_close();
}

/* The head of the line need not be a torrent. */
TEST(head_moves)
{
	for (fixture_tail = 0; fixture_tail <= 8; fixture_tail += 8) {
		open_torrent(true);
		pour(0, 4 * WIDE);
		CHECK_INT(nout, 4 * WIDE + BUSY);
		check_lines(out, nout);
		CHECK_INT(fixture.mux.spill.blocks, 0);
		fixture_close();
	}
}

/* As take(), where the bytes behind the next `coming` are of others. */
static ssize_t
move(int job, size_t coming)
{
	return mux_pipe_move(&fixture.mux, &fixture.o[job], 1,
	    fixture.job[job][0][0], coming);
}

/* The pipe of a connection, which another process fills in small pieces. */
static void
fill(int job, size_t len)
{
	CHECK_INT(fcntl(fixture.job[job][0][0], F_SETPIPE_SZ, WIDE), WIDE);
	put(job, lines(len), len);
}

TEST(no_more_is_moved_than_is_the_tasks)
{
	const enum prun_output_mode modes[] = { PRUN_OUTPUT_GROUP,
		PRUN_OUTPUT_LINE };

	for (int i = 0; i < 2; i++) {
		for (fixture_tail = 0; fixture_tail <= 8; fixture_tail += 8) {
			nout = written = 0;
			fixture_open_mode(modes[i], true, 1000, NULL);
			fill(0, 4 * BUSY);
			for (size_t left = 3 * BUSY, n; left > 0; left -= n) {
				n = (size_t)move(0, left);
				CHECK(n > 0 && n <= left);
				drain();
			}
			CHECK_INT(nout, 3 * BUSY);
			check_lines(out, nout);
			CHECK_INT(fd_pending(fixture.job[0][0][0]), BUSY);
			CHECK_INT(fixture.o[0].stream[0].total, 3 * BUSY);
			fixture_close();
		}
	}
	fixture_tail = 8;
}

/* What was to be moved up to the end of a line is read instead: no line is cut. */
TEST(lines_that_are_moved_and_read)
{
	static char piece[BUSY];
	int fd;

	nout = written = 0;
	fixture_open_mode(PRUN_OUTPUT_LINE, false, 1000, NULL);
	fd = fixture.job[0][0][0];
	fill(0, 8 * BUSY);
	/* The reader takes less than there is. */
	CHECK_INT(fcntl(fixture.out[0], F_SETPIPE_SZ, BUSY), BUSY);
	fixture.deliver.sink[0].wide = true;
	CHECK_INT(move(0, 8 * BUSY), BUSY);
	CHECK_INT(fixture.o[0].stream[0].through, 7 * BUSY);
	CHECK_INT(read(fd, piece, BUSY), BUSY);
	CHECK_INT(mux_take(&fixture.mux, &fixture.o[0], 1, piece, BUSY), 0);
	CHECK_INT(fixture.o[0].stream[0].through, 0);
	drain();
	flush();
	for (size_t left = 6 * BUSY; left > 0;) {
		ssize_t n = move(0, left);

		CHECK(n > 0 || n == -EAGAIN);
		left -= n > 0 ? (size_t)n : 0;
		flush();
	}
	say(1, 1, "other\n");
	finish(0);
	flush();
	CHECK_INT(nout, 8 * BUSY + 6);
	check_lines(out, 8 * BUSY);
	CHECK_MEM(out + 8 * BUSY, 6, "other\n", 6);
	fixture_close();
}

/* It floods although no single piece is large, and so it is not kept to its end. */
TEST(a_torrent_in_small_pieces)
{
	static char piece[LINE * 1000];
	const size_t len = 18 * WIDE / sizeof(piece) * sizeof(piece);

	nout = written = 0;
	fixture_open_mode(PRUN_OUTPUT_GROUP, false, 1000, NULL);
	for (size_t left = len; left > 0; left -= sizeof(piece)) {
		put(0, lines(sizeof(piece)), sizeof(piece));
		if (move(0, left) == (ssize_t)sizeof(piece))
			continue;
		CHECK_INT(read(fixture.job[0][0][0], piece, sizeof(piece)),
		    sizeof(piece));
		CHECK_INT(mux_take(&fixture.mux, &fixture.o[0], 1, piece,
			      sizeof(piece)),
		    0);
		flush();
	}
	flush();
	CHECK(nout >= len - 2 * BUSY);
	finish(0);
	flush();
	CHECK_INT(nout, len);
	check_lines(out, nout);
	fixture_close();
}
