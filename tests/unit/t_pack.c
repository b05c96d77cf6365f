/* SPDX-License-Identifier: ISC */

/* pack and strip: frames come out as they went in, and a broken one is an error. */
#include "lab.h"
#include "output/pack.h"
#include "output/spill.h"
#include "output/strip.h"

struct press {
	struct spill spill;
	struct pack pack;
	struct strip strip;
};

static void
press_init(struct press *p)
{
	*p = (struct press){ 0 };
	lab_folder();
	CHECK_INT(spill_init(&p->spill, "."), 0);
}

static void
press_fini(struct press *p)
{
	strip_fini(&p->strip, &p->spill);
	CHECK_INT(p->spill.blocks, 0);
	pack_fini(&p->pack);
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

	CHECK_INT(pack_peek(&p->pack, &p->strip, &p->spill), 0);
	n = p->pack.chunk_len;
	CHECK(n > 0 && memcmp(p->pack.chunk, data, n) == 0);
	strip_drop(&p->strip, &p->spill, p->pack.frame_len);
	pack_forget(&p->pack, &p->strip);
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
		CHECK_INT(pack_add(&p.pack, &p.strip, &p.spill, data,
			      sizeof(data), &done),
		    0);
		CHECK_INT(done, sizeof(data));
		frames = (sizeof(data) + PACK_CHUNK - 1) / PACK_CHUNK;
		if (random)
			CHECK_INT(p.strip.length, sizeof(data) + 8 * frames);
		else
			CHECK(p.strip.length < sizeof(data) / 20);
		for (at = 0; p.strip.length > 0; frames--)
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
			CHECK_INT(pack_add(&p.pack, &p.strip, &p.spill, data, 1,
				      &done),
			    0);
		}
		data[0] = (char)(out * 7);
		out += next(&p, data);
	}
	CHECK_INT(p.strip.length, 0);
	press_fini(&p);
}

/* Two strips in turn: what is in the chunk is never the other's. */
TEST(two)
{
	static char data[2][300000];
	struct press p;
	struct strip other = { 0 };
	size_t done;

	press_init(&p);
	for (int i = 0; i < 2; i++) {
		fill(data[i], sizeof(data[i]), i == 1);
		CHECK_INT(pack_add(&p.pack, i ? &other : &p.strip, &p.spill,
			      data[i], sizeof(data[i]), &done),
		    0);
	}
	for (int i = 0; i < 4; i++) {
		CHECK_INT(pack_peek(&p.pack, i % 2 ? &other : &p.strip,
			      &p.spill),
		    0);
		CHECK(memcmp(p.pack.chunk, data[i % 2], PACK_CHUNK) == 0);
	}
	strip_clear(&other, &p.spill);
	pack_forget(&p.pack, &other);
	CHECK_INT(next(&p, data[0]), PACK_CHUNK);
	CHECK_INT(next(&p, data[0] + PACK_CHUNK), PACK_CHUNK);
	strip_fini(&other, &p.spill);
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
	CHECK_INT(pack_add(&p.pack, &p.strip, &p.spill, data, sizeof(data),
		      &done),
	    -EFBIG);
	CHECK_INT(done, PACK_CHUNK);
	CHECK_INT(p.strip.length, PACK_CHUNK + 8);
	CHECK_INT(pack_add(&p.pack, &p.strip, &p.spill, data + done,
		      sizeof(data) - done, &got),
	    -EFBIG);
	CHECK_INT(got, 0);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(pack_add(&p.pack, &p.strip, &p.spill, data + done,
		      sizeof(data) - done, &got),
	    0);
	while (p.strip.length > 0)
		at += next(&p, data + at);
	CHECK_INT(at, sizeof(data));
	press_fini(&p);
}

static int
peek_broken(struct press *p, size_t offset, const char *bytes, size_t len)
{
	static char data[PACK_CHUNK];
	size_t done;
	int error;

	fill(data, sizeof(data), false);
	CHECK_INT(pack_add(&p->pack, &p->strip, &p->spill, data, sizeof(data),
		      &done),
	    0);
	CHECK_INT(spill_write(&p->spill, 0, offset, bytes, len), 0);
	error = pack_peek(&p->pack, &p->strip, &p->spill);
	strip_clear(&p->strip, &p->spill);
	pack_forget(&p->pack, &p->strip);
	return error;
}

/* Somebody wrote to our file. */
TEST(broken)
{
	static const uint32_t huge = 1u << 30, zero = 0, one = 1;
	struct press p;

	press_init(&p);
	CHECK_INT(peek_broken(&p, 0, (const char *)&huge, 4), -EIO);
	CHECK_INT(peek_broken(&p, 0, (const char *)&zero, 4), -EIO);
	CHECK_INT(peek_broken(&p, 4, (const char *)&huge, 4), -EIO);
	CHECK_INT(peek_broken(&p, 4, (const char *)&one, 4), -EIO);
	CHECK_INT(peek_broken(&p, 8, "garbage", 7), -EIO);
	CHECK_INT(peek_broken(&p, 0, "", 0), 0);
	press_fini(&p);
}
