/* SPDX-License-Identifier: ISC */

/* Blocks that are moved from pipe to pipe are those that are read, whatever the input. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/block.h"
#include "t.h"

#define MIB ((size_t)1024 * 1024)
#define KIB ((size_t)1024)

static struct message message;

/* What came of a stream: its bytes, the end of each block, and how many were moved. */
struct result {
	char bytes[MIB];
	size_t len, ends[16], nends, moved;
};

static struct result by_move, by_read;
static char data[MIB];
static bool late; /* nothing more comes in time */

static ssize_t
read_input(void *arg, int fd, void *buf, size_t len)
{
	ssize_t n = read(fd, buf, len);

	(void)arg;
	return n == -1 ? -errno : n;
}

static int
ready(void *arg, int fd, double seconds)
{
	(void)arg, (void)fd;
	CHECK(seconds >= 0);
	return !late;
}

static void
take(struct result *r, const struct block *block)
{
	size_t done = 0;
	ssize_t n;

	CHECK(r->len + block->len <= sizeof(r->bytes));
	if (block->moved == NULL && block->len > 0)
		memcpy(r->bytes + r->len, block->data, block->len);
	for (; block->moved != NULL && done < block->len; done += (size_t)n) {
		n = read(block->fd, r->bytes + r->len + done,
		    block->len - done);
		CHECK(n > 0);
	}
	r->moved += block->moved != NULL;
	r->len += block->len;
	if (block->ends)
		r->ends[r->nends++] = r->len;
}

/* The data in writes of so many bytes each, which the pipe may keep apart. */
static void
make_input(size_t len, size_t step, bool keep_apart)
{
	int ends[2], flags = O_CLOEXEC | (keep_apart ? O_DIRECT : 0);

	CHECK_INT(pipe2(ends, flags), 0);
	CHECK(fcntl(ends[1], F_SETPIPE_SZ, (int)MIB) != -1);
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;

		CHECK_INT(write(ends[1], data + at, n), (ssize_t)n);
	}
	CHECK_INT(close(ends[1]), 0);
	CHECK_INT(dup2(ends[0], STDIN_FILENO), 0);
	CHECK_INT(close(ends[0]), 0);
}

static void
cut(struct block_options *o, struct result *r)
{
	struct blocks *b;
	struct block block;
	int n;

	r->len = r->nends = r->moved = 0;
	o->read = read_input;
	CHECK_INT(blocks_new(o, NULL, 0, false, 1, &message, &b), 0);
	while ((n = blocks_next_piece(b, &block, &message)) == 1) {
		CHECK(block.len > 0 || !block.begins);
		take(r, &block);
		block_release(&block);
	}
	CHECK_INT(n, 0);
	blocks_free(b);
}

/* How many blocks of the data were moved; they are those that are read. */
static size_t
compare(struct block_options o, size_t len, size_t step, bool keep_apart)
{
	make_input(len, step, keep_apart);
	cut(&o, &by_read);
	CHECK_INT(by_read.moved, 0);
	o.ready = ready;
	make_input(len, step, keep_apart);
	cut(&o, &by_move);
	CHECK_INT(by_move.len, len);
	CHECK_INT(memcmp(by_move.bytes, data, len), 0);
	CHECK_INT(by_move.nends, by_read.nends);
	CHECK_INT(memcmp(by_move.ends, by_read.ends,
		      by_read.nends * sizeof(*by_read.ends)),
	    0);
	return by_move.moved;
}

static struct block_options
sized(size_t size)
{
	return (struct block_options){ .size = size, .size_given = true };
}

/* Records of so many bytes. */
static void
make_data(size_t record)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (i + 1) % record == 0 ? '\n' :
						  (char)('a' + i * 7 % 23);
}

TEST(lines)
{
	late = false;
	make_data(61);
	CHECK_INT(compare(sized(256 * KIB), MIB, MIB, false), 4);
	CHECK_INT(compare(sized(300 * KIB), MIB, 128 * KIB, false), 4);
	CHECK_INT(compare(sized(MIB), MIB - 1, 4 * KIB, false), 1);
	/* Blocks that are too short or too long for that. */
	CHECK_INT(compare(sized(100 * KIB), MIB, MIB, false), 0);
	CHECK_INT(compare(sized(2 * MIB), MIB, MIB, false), 0);
}

TEST(separators)
{
	struct block_options o = sized(256 * KIB);

	late = false;
	make_data(61);
	o.record.end_given = true;
	o.record.end = text_of("\na");
	CHECK(compare(o, MIB, MIB, false) > 0);
	o.record.end = text_of("\n");
	o.record.start = text_of("a");
	CHECK(compare(o, MIB, MIB, false) > 0);
	o.record.end = text_of("");
	CHECK(compare(o, MIB, MIB, false) > 0);
	o.record.start = text_of("");
	CHECK(compare(o, MIB, MIB, false) > 0); /* any byte ends a record */
}

/* No record ends in the tails of most blocks, or in none. */
TEST(long_records)
{
	late = false;
	make_data(150 * KIB);
	CHECK(compare(sized(256 * KIB), MIB, MIB, false) < 4);
	make_data(MIB);
	CHECK_INT(compare(sized(300 * KIB), MIB, MIB, false), 0);
	/* The first block is read, and then the tail is as long as these need it. */
	make_data(30 * KIB);
	CHECK_INT(compare(sized(256 * KIB), MIB, MIB, false), 3);
}

/* A pipe cannot take as many short pieces: the others are read. */
TEST(short_pieces)
{
	late = false;
	make_data(61);
	CHECK_INT(compare(sized(256 * KIB), 250 * KIB, KIB, true), 0);
}

/* The last block ends in what is moved, or behind it. */
TEST(ends)
{
	late = false;
	make_data(61);
	CHECK_INT(compare(sized(256 * KIB), 70 * KIB, MIB, false), 1);
	CHECK_INT(compare(sized(256 * KIB), 200 * KIB, MIB, false), 1);
	CHECK_INT(compare(sized(256 * KIB), 256 * KIB, MIB, false), 1);
}

/* A slow input: what has come is read, and passed on at once. */
TEST(late)
{
	late = true;
	make_data(61);
	CHECK_INT(compare(sized(300 * KIB), 250 * KIB, MIB, false), 0);
}
