/* SPDX-License-Identifier: ISC */

/* Records that are so long that many reads bring one: what they cost, and their limit. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "input/block.h"
#include "t.h"

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)
/* How long the two inputs are whose costs are compared. */
#define LITTLE (2 * MIB)
#define MUCH (4 * LITTLE)

static struct message message;

/* The input is one record, which comes in reads of so many bytes. */
static char data[MUCH];
static size_t at, length, step;

static ssize_t
read_input(void *arg, int fd, void *buf, size_t len)
{
	size_t n = len < step ? len : step;

	(void)arg, (void)fd;
	n = n < length - at ? n : length - at;
	memcpy(buf, data + at, n);
	at += n;
	return (ssize_t)n;
}

static void
make_input(size_t len, const char *text)
{
	const struct text end = text_of(text);
	/* A regular file would be cut at offsets, and not be read. */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	CHECK(null != -1 && dup2(null, STDIN_FILENO) == STDIN_FILENO);
	CHECK_INT(close(null), 0);
	memset(data, 'x', len);
	memcpy(data + len - end.len, end.data, end.len);
	length = len;
	at = 0;
}

/* Reads all of the input.  Returns 0 or what blocks_next_piece() has failed with. */
static int
cut(struct block_options o, size_t *got)
{
	struct blocks *b;
	struct block block;
	int n;

	*got = 0;
	o.read = read_input;
	CHECK_INT(blocks_new(&o, NULL, 0, false, 1, &message, &b), 0);
	while ((n = blocks_next_piece(b, &block, &message)) == 1) {
		*got += block.len;
		block_release(&block);
	}
	blocks_free(b);
	return n;
}

static double
cpu_seconds(void)
{
	struct timespec t;

	CHECK_INT(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cost(const struct block_options *o, size_t len, const char *end)
{
	double began;
	size_t got;

	make_input(len, end);
	began = cpu_seconds();
	CHECK_INT(cut(*o, &got), 0);
	CHECK_INT(got, len);
	return cpu_seconds() - began;
}

/*
 * Four times the bytes cost about four times the time; if each read were followed by a
 * search of the whole record, it would be sixteen.  Other work of the machine may spoil a
 * measurement, but not all of them.
 */
static void
check_cost(struct block_options o, const char *end)
{
	double little, much;
	int tries = 8;

	step = 4 * KIB;
	o.record.end = text_of(end);
	o.record.end_given = true;
	do {
		little = cost(&o, LITTLE, end);
		much = cost(&o, MUCH, end);
	} while (much > 8 * little && --tries > 0);
	if (tries == 0)
		fprintf(stderr, "# %g s, and %g s for four times as much\n",
		    little, much);
	CHECK(tries > 0);
}

TEST(the_end_of_a_long_record_is_searched_once)
{
	static const char *const ends[] = { "\n", "ab" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		check_cost((struct block_options){ .size = 0 }, ends[i]);
		check_cost((struct block_options){ .records = 1 }, ends[i]);
		check_cost((struct block_options){ .records = 3 }, ends[i]);
		check_cost((struct block_options){ .lines = 2 }, ends[i]);
		check_cost((struct block_options){ .records = 1,
			       .record.regexp = true },
		    ends[i]);
		check_cost((struct block_options){ .records = 1, .group = "1" },
		    ends[i]);
	}
}

/* What all has to be kept has a limit; what can be passed on has none. */
TEST(a_record_that_never_ends)
{
	const struct block_options kept[] = { { .size = 0 }, { .records = 1 },
		{ .lines = 1 }, { .group = "1" }, { .deal = "1" },
		{ .size = KIB, .size_given = true },
		{ .record.format = RECORD_JSON } };
	struct block_options o;
	size_t got;

	step = 64 * KIB;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		o = kept[i];
		o.record_most = MIB;
		make_input(MIB - 1, "\n");
		CHECK_INT(cut(o, &got), 0);
		CHECK_INT(got, MIB - 1);
		make_input(MUCH, "\n");
		data[0] = '"';
		CHECK_INT(cut(o, &got), -EFBIG);
		CHECK_STR(message.text,
		    "--pipe: no end of a record in 1 MiB: is --recend right?");
		CHECK_INT(got, 0);
		/* It has not read on for long. */
		CHECK(at < 2 * MIB);
	}
	o = (struct block_options){ .records = SIZE_MAX, .record_most = MIB };
	make_input(MUCH, "\n");
	CHECK_INT(cut(o, &got), 0);
	CHECK_INT(got, MUCH);
}
