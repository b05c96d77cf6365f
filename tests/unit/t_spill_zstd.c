/* SPDX-License-Identifier: ISC */

/* pack and strip: frames come out as they went in, and a broken one is an error. */
#include "stream/spill.h"
#include "test_util.h"

struct press {
	struct spill spill;
	struct spill_zstd zstd;
	struct spill_stream spilled;
};

static void
press_init(struct press *p)
{
	*p = (struct press){ 0 };
	util_folder();
	CHECK_INT(spill_init(&p->spill, "."), 0);
}

static void
press_fini(struct press *p)
{
	spill_stream_fini(&p->spilled, &p->spill);
	CHECK_INT(p->spill.blocks, 0);
	spill_zstd_fini(&p->zstd);
	spill_fini(&p->spill);
}

static void
fill(char *data, size_t n, bool random)
{
	unsigned seed = 11;

	for (size_t i = 0; i < n; i++)
		data[i] = random ? (char)(rand_r(&seed) >> 7) :
				   (char)(i / 1000);
}

/* The first frame is the next bytes of data; how many. */
static size_t
next(struct press *p, const char *data)
{
	size_t n;

	CHECK_INT(spill_zstd_peek(&p->zstd, &p->spilled, &p->spill), 0);
	n = p->zstd.chunk_len;
	CHECK(n > 0 && memcmp(p->zstd.chunk, data, n) == 0);
	spill_stream_drop(&p->spilled, &p->spill, p->zstd.frame_len);
	spill_zstd_forget(&p->zstd, &p->spilled);
	return n;
}

TEST(round_trip)
{
	static char data[1000000];
	struct press p;
	size_t done, frames, at;

	press_init(&p);
	for (int random = 0; random < 2; random++) {
		fill(data, sizeof(data), random);
		CHECK_INT(spill_zstd_add(&p.zstd, &p.spilled, &p.spill, data,
			      sizeof(data), &done),
		    0);
		CHECK_INT(done, sizeof(data));
		frames = (sizeof(data) + SPILL_ZSTD_CHUNK - 1) /
		    SPILL_ZSTD_CHUNK;
		if (random)
			CHECK_INT(p.spilled.length, sizeof(data) + 8 * frames);
		else
			CHECK(p.spilled.length < sizeof(data) / 20);
		for (at = 0; p.spilled.length > 0; frames--)
			at += next(&p, data + at);
		CHECK_INT(at, sizeof(data));
		CHECK_INT(frames, 0);
		CHECK_INT(p.spill.blocks, 0);
	}
	press_fini(&p);
}

/* One byte at a time, and read while it grows. */
TEST(small)
{
	struct press p;
	size_t done, in = 0, out = 0;
	char data[1];

	press_init(&p);
	while (out < 100000) {
		for (int i = 0; i < 3 && in < 100000; i++) {
			data[0] = (char)(in++ * 7);
			CHECK_INT(spill_zstd_add(&p.zstd, &p.spilled, &p.spill,
				      data, 1, &done),
			    0);
		}
		data[0] = (char)(out * 7);
		out += next(&p, data);
	}
	CHECK_INT(p.spilled.length, 0);
	press_fini(&p);
}

/* Two strips in turn: what is in the chunk is never the other's. */
TEST(two)
{
	static char data[2][300000];
	struct press p;
	struct spill_stream other = { 0 };
	size_t done;

	press_init(&p);
	for (int i = 0; i < 2; i++) {
		fill(data[i], sizeof(data[i]), i == 1);
		CHECK_INT(spill_zstd_add(&p.zstd, i ? &other : &p.spilled,
			      &p.spill, data[i], sizeof(data[i]), &done),
		    0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_INT(spill_zstd_peek(&p.zstd, i % 2 ? &other : &p.spilled,
			      &p.spill),
		    0);
		CHECK(memcmp(p.zstd.chunk, data[i % 2], SPILL_ZSTD_CHUNK) == 0);
	}
	spill_stream_clear(&other, &p.spill);
	spill_zstd_forget(&p.zstd, &other);
	CHECK_INT(next(&p, data[0]), SPILL_ZSTD_CHUNK);
	CHECK_INT(next(&p, data[0] + SPILL_ZSTD_CHUNK), SPILL_ZSTD_CHUNK);
	spill_stream_fini(&other, &p.spill);
	press_fini(&p);
}

/* The disk is full in the middle of a frame: of that one nothing is left. */
TEST(no_room)
{
	static char data[500000];
	struct rlimit limit = { 200000, RLIM_INFINITY };
	struct press p;
	size_t done, got, at = 0;

	press_init(&p);
	fill(data, sizeof(data), true);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(spill_zstd_add(&p.zstd, &p.spilled, &p.spill, data,
		      sizeof(data), &done),
	    -EFBIG);
	CHECK_INT(done, SPILL_ZSTD_CHUNK);
	CHECK_INT(p.spilled.length, SPILL_ZSTD_CHUNK + 8);
	CHECK_INT(spill_zstd_add(&p.zstd, &p.spilled, &p.spill, data + done,
		      sizeof(data) - done, &got),
	    -EFBIG);
	CHECK_INT(got, 0);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(spill_zstd_add(&p.zstd, &p.spilled, &p.spill, data + done,
		      sizeof(data) - done, &got),
	    0);
	while (p.spilled.length > 0)
		at += next(&p, data + at);
	CHECK_INT(at, sizeof(data));
	press_fini(&p);
}

static int
lookahead_broken(struct press *p, size_t offset, const char *bytes, size_t len)
{
	static char data[SPILL_ZSTD_CHUNK];
	size_t done;
	int error;

	fill(data, sizeof(data), false);
	CHECK_INT(spill_zstd_add(&p->zstd, &p->spilled, &p->spill, data,
		      sizeof(data), &done),
	    0);
	CHECK_INT(spill_write(&p->spill, 0, offset, bytes, len), 0);
	error = spill_zstd_peek(&p->zstd, &p->spilled, &p->spill);
	spill_stream_clear(&p->spilled, &p->spill);
	spill_zstd_forget(&p->zstd, &p->spilled);
	return error;
}

/* Somebody wrote to our file. */
TEST(broken)
{
	static const uint32_t huge = 1u << 30, zero = 0, one = 1;
	struct press p;

	press_init(&p);
	CHECK_INT(lookahead_broken(&p, 0, (const char *)&huge, 4), -EIO);
	CHECK_INT(lookahead_broken(&p, 0, (const char *)&zero, 4), -EIO);
	CHECK_INT(lookahead_broken(&p, 4, (const char *)&huge, 4), -EIO);
	CHECK_INT(lookahead_broken(&p, 4, (const char *)&one, 4), -EIO);
	CHECK_INT(lookahead_broken(&p, 8, "garbage", 7), -EIO);
	CHECK_INT(lookahead_broken(&p, 0, "", 0), 0);
	press_fini(&p);
}
