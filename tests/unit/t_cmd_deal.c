/* SPDX-License-Identifier: ISC */

/* --shard and --bin: who gets a record, and that each record goes to its receiver. */
#include <errno.h>
#include <string.h>

#include "input/deal.h"
#include "t.h"
#include "text/text.h"

#define RECEIVERS 5

static struct message message;

/* The stream that is dealt, and how much of it was read. */
static struct text stream;
static size_t taken, step;

static struct bytes got[RECEIVERS];
static unsigned given, warnings;

static ssize_t
read_stream(void *arg, int fd, void *buf, size_t len)
{
	(void)arg, (void)fd;
	if (len > step)
		len = step;
	if (len > stream.len - taken)
		len = stream.len - taken;
	memcpy(buf, stream.data + taken, len);
	taken += len;
	return (ssize_t)len;
}

static void
warn(void *arg, const char *text)
{
	(void)arg, (void)text;
	warnings++;
}

static int
give(void *arg, size_t i, struct block *block)
{
	(void)arg;
	given++;
	CHECK_INT(bytes_add(&got[i], block->data, block->len), 0);
	block_release(block);
	return 0;
}

static void
deal_stream(const char *data, struct block_options *o, bool by_number)
{
	struct chunk_store chunks = { 0 };
	struct deal deal = { .chunks = &chunks,
		.give = give,
		.n = RECEIVERS,
		.by_number = by_number };
	struct block piece;

	stream = text_of(data);
	taken = given = warnings = 0;
	o->read = read_stream;
	o->warn = warn;
	for (size_t i = 0; i < RECEIVERS; i++)
		got[i].len = 0;
	CHECK_INT(blocks_new(o, NULL, 0, false, 1, &message, &deal.blocks), 0);
	CHECK_INT(deal_init(&deal), 0);
	while (blocks_next_piece(deal.blocks, &piece, &message) == 1) {
		CHECK_INT(deal_piece(&deal, &piece), 0);
		block_release(&piece);
	}
	deal_fini(&deal);
	blocks_free(deal.blocks);
	chunk_store_fini(&chunks);
}

static bool
receiver_got(size_t i, const char *want)
{
	return text_equals(bytes_text(&got[i]), want);
}

/* prun(1) has these numbers: programs that find the job of a key rely on them. */
TEST(the_hash_of_the_manual)
{
	static const struct {
		const char *key;
		uint64_t hash;
		size_t of3, of8;
	} rows[] = {
		{ "", UINT64_C(0xecba3df2c3383c52), 3, 3 },
		{ "a", UINT64_C(0xed8170de1919a24d), 3, 6 },
		{ "b", UINT64_C(0x4f19bff7dffc739c), 2, 5 },
		{ "apple", UINT64_C(0xd0ef43a0ad721419), 2, 2 },
		{ "1", UINT64_C(0x5f4063f58536f368), 3, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct text key = text_of(rows[i].key);

		CHECK(text_hash(key) == rows[i].hash);
		CHECK_INT(deal_by_hash(key, 3) + 1, rows[i].of3);
		CHECK_INT(deal_by_hash(key, 8) + 1, rows[i].of8);
	}
}

TEST(numbers_choose_in_turn)
{
	CHECK_INT(deal_by_number(text_of("1"), 3), 0);
	CHECK_INT(deal_by_number(text_of("3"), 3), 2);
	CHECK_INT(deal_by_number(text_of(" +4x"), 3), 0);
	CHECK_INT(deal_by_number(text_of("0"), 3), 2);
	CHECK_INT(deal_by_number(text_of("-1"), 3), 1);
	CHECK_INT(deal_by_number(text_of("none"), 3), 2);
	CHECK_INT(deal_by_number(text_of(""), 3), 2);
	/* 2^64 + 1 */
	CHECK_INT(deal_by_number(text_of("18446744073709551617"), 10), 6);
	CHECK_INT(deal_by_number(text_of("9"), 1), 0);
}

/* Each record is where its hash says, whatever finds the column. */
TEST(each_record_has_its_receiver)
{
	static const char data[] = "k1,a\nk2\r\nk1\r\n\nk3,,b\n,x\nlast,";
	static const char *const separators[] = { ",", "[,]", NULL };
	static const char *const columns[] = { "1", "2" };
	struct bytes want[RECEIVERS] = { 0 };

	for (size_t i = 0; i < 12; i++) {
		struct block_options o = { .deal = columns[i / 6],
			.colsep = separators[i / 2 % 3] };
		const char *text = o.colsep != NULL ?
		    data :
		    "k1 a\nk2\r\nk1\r\n\nk3\t b\n x\nlast ";
		char *lines = strdup(text), *line = lines;

		/* All at once, and byte by byte. */
		step = i % 2 == 0 ? 1000 : 1;
		deal_stream(text, &o, false);
		for (size_t j = 0; j < RECEIVERS; j++)
			want[j].len = 0;
		while (*line != '\0') {
			size_t len = strcspn(line, "\n");
			size_t end = strcspn(line, "\r\n"), from = 0, key;

			key = strcspn(line,
			    o.colsep != NULL ? ",\r\n" : " \t\r\n");
			if (i >= 6) {
				from = key < end ? key + 1 : end;
				from += o.colsep == NULL ?
				    strspn(line + from, " \t") :
				    0;
				key = strcspn(line + from,
				    o.colsep != NULL ? ",\r\n" : " \t\r\n");
			}
			len += line[len] == '\n';
			key = deal_by_hash((struct text){ line + from, key },
			    RECEIVERS);
			CHECK_INT(bytes_add(&want[key], line, len), 0);
			line += len;
		}
		for (size_t j = 0; j < RECEIVERS; j++) {
			CHECK_INT(got[j].len, want[j].len);
			CHECK(want[j].len == 0 ||
			    memcmp(got[j].data, want[j].data, got[j].len) == 0);
		}
		CHECK_INT(warnings, i >= 6);
		free(lines);
	}
	for (size_t j = 0; j < RECEIVERS; j++)
		bytes_fini(&want[j]);
}

TEST(records_that_are_no_lines)
{
	struct block_options o = { .deal = "1",
		.record = { .end = text_of(";;"), .end_given = true } };

	step = 3;
	deal_stream("1;;2;;6 x;;12;;\n", &o, true);
	CHECK(receiver_got(0, "1;;6 x;;"));
	CHECK(receiver_got(1, "2;;12;;"));
	CHECK(receiver_got(4, "\n"));
}

/* A hand that is full is given at once; a record may be longer than a chunk. */
TEST(long_records)
{
	struct block_options o = { .deal = "1" };
	const size_t len = 3 * CHUNK_SIZE;
	char *data = malloc(3 * len + 1);

	CHECK(data != NULL);
	memset(data, 'x', 3 * len);
	data[1] = data[len + 1] = data[2 * len + 1] = ' ';
	data[len - 1] = data[2 * len - 1] = data[3 * len - 1] = '\n';
	data[3 * len] = '\0';
	step = SIZE_MAX;
	deal_stream(data, &o, false);
	CHECK_INT(got[deal_by_hash(text_of("x"), RECEIVERS)].len, 3 * len);
	CHECK(receiver_got(deal_by_hash(text_of("x"), RECEIVERS), data));
	CHECK_INT(given, 3);
	free(data);
	for (size_t i = 0; i < RECEIVERS; i++) {
		bytes_fini(&got[i]);
		got[i] = (struct bytes){ 0 };
	}
}
