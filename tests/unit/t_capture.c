/* SPDX-License-Identifier: ISC */

/* capture: what goes in comes out, through memory or file, and is counted once. */
#include "stream/capture.h"
#include "stream/spill.h"
#include "test_util.h"

static char scratch[SPILL_BLOCK];

struct flow {
	struct spill spill;
	struct capture_store store;
	unsigned in, out; /* positions in an endless sequence of bytes */
};

static char
byte_at(unsigned i)
{
	return (char)((i * 2654435761u) >> 24);
}

static void
flow_init(struct flow *f, size_t each, size_t all)
{
	*f = (struct flow){ 0 };
	CHECK_INT(spill_init(&f->spill, "."), 0);
	f->store = (struct capture_store){ .spill = &f->spill,
		.each = each,
		.all = all };
}

static int
put(struct flow *f, struct capture *c, size_t n)
{
	static char data[1 << 20];

	for (size_t i = 0; i < n; i++)
		data[i] = byte_at(f->in++);
	return capture_add(c, &f->store, data, n);
}

static void
get(struct flow *f, struct capture *c, size_t n)
{
	const char *data;
	size_t len;

	while (n > 0) {
		CHECK_INT(capture_peek(c, &f->store, scratch, n, &data, &len),
		    0);
		CHECK(len > 0 && len <= n);
		for (size_t i = 0; i < len; i++)
			CHECK_INT(data[i], byte_at(f->out++));
		capture_consume(c, &f->store, len);
		n -= len;
	}
}

TEST(memory)
{
	struct capture c = { 0 };
	struct flow f;

	util_folder();
	flow_init(&f, 1000, 2000);
	CHECK_INT(put(&f, &c, 600), 0);
	CHECK_INT(c.length, 600);
	CHECK_INT(f.store.used, 600);
	get(&f, &c, 100);
	CHECK_INT(put(&f, &c, 400), 0);
	CHECK_INT(f.spill.fd, -1);
	get(&f, &c, 900);
	CHECK_INT(c.length, 0);
	CHECK_INT(f.store.used, 0);
	capture_fini(&c, &f.store);
	spill_fini(&f.spill);
}

/* Random amounts in and out, for several captures that share caps and file. */
static void
random_flows(struct spill_zstd *zstd)
{
	enum {
		N = 4
	};
	struct capture c[N] = { 0 };
	struct flow f[N];
	unsigned seed = 7;
	size_t used;

	util_folder();
	for (int i = 0; i < N; i++) {
		flow_init(&f[i], 300000, 500000);
		if (i > 0)
			spill_fini(&f[i].spill);
	}
	f[0].store.zstd = zstd;
	for (int step = 0; step < 4000; step++) {
		int i = rand_r(&seed) % N;
		size_t n = (size_t)rand_r(&seed) %
		    (step % 100 == 0 ? 400000 : 20000);

		f[i].store = f[0].store;
		f[i].store.spill = &f[0].spill;
		if (rand_r(&seed) % 2 == 0)
			CHECK_INT(put(&f[i], &c[i], n), 0);
		else
			get(&f[i], &c[i], n < c[i].length ? n : c[i].length);
		f[0].store = f[i].store;
		CHECK_INT(c[i].length, f[i].in - f[i].out);
		used = 0;
		for (int k = 0; k < N; k++)
			used += c[k].memory.len;
		CHECK_INT(f[0].store.used, used);
		CHECK(used <= 500000);
	}
	for (int i = 0; i < N; i++) {
		f[i].store = f[0].store;
		f[i].store.spill = &f[0].spill;
		get(&f[i], &c[i], c[i].length);
		f[0].store = f[i].store;
		capture_fini(&c[i], &f[0].store);
	}
	CHECK_INT(f[0].store.used, 0);
	CHECK_INT(f[0].spill.blocks, 0);
	spill_fini(&f[0].spill);
}

TEST(random)
{
	random_flows(NULL);
}

TEST(random_packed)
{
	struct spill_zstd zstd = { 0 };

	random_flows(&zstd);
	CHECK(zstd.in != NULL);
	CHECK(zstd.owner == NULL);
	spill_zstd_fini(&zstd);
}

TEST(clear)
{
	struct capture c = { 0 };
	struct flow f;

	util_folder();
	flow_init(&f, 1000, 1000);
	CHECK_INT(put(&f, &c, 500000), 0);
	CHECK_INT(put(&f, &c, 500), 0);
	get(&f, &c, 200000);
	capture_clear(&c, &f.store);
	CHECK_INT(c.length, 0);
	CHECK_INT(f.store.used, 0);
	CHECK_INT(f.spill.blocks, 0);
	f.in = f.out = 0;
	CHECK_INT(put(&f, &c, 500), 0);
	get(&f, &c, 500);
	capture_fini(&c, &f.store);
	spill_fini(&f.spill);
}

/* As much of the first frame as was wanted is gone, and nothing else. */
TEST(packed)
{
	struct capture c = { 0 }, other = { 0 };
	struct spill_zstd zstd = { 0 };
	struct flow f, g;

	util_folder();
	flow_init(&f, 1000, 1000);
	f.store.zstd = &zstd;
	g = f;
	CHECK_INT(capture_splice(&c, &f.store, -1, 1), -EOPNOTSUPP);
	CHECK_INT(put(&f, &c, 500000), 0);
	CHECK_INT(put(&g, &other, 500000), 0);
	CHECK_INT(capture_splice(&c, &f.store, -1, 1), -EOPNOTSUPP);
	for (int i = 0; i < 5; i++) {
		get(&f, &c, 33333);
		get(&g, &other, 44444);
	}
	CHECK_INT(put(&f, &c, 700), 0);
	get(&f, &c, c.length);
	get(&g, &other, other.length - 1);
	capture_clear(&other, &g.store);
	CHECK_INT(f.spill.blocks, 0);
	g.in = g.out = 0;
	CHECK_INT(put(&g, &other, 3000), 0);
	get(&g, &other, 3000);
	capture_fini(&c, &f.store);
	capture_fini(&other, &g.store);
	spill_zstd_fini(&zstd);
	spill_fini(&f.spill);
}

/* The file cannot grow: the bytes stay, and go to the file when it can again. */
TEST(no_room)
{
	struct rlimit limit = { 200000, RLIM_INFINITY };
	struct capture c = { 0 };
	struct flow f;

	util_folder();
	flow_init(&f, 1000, 1000);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(put(&f, &c, 150000), 0);
	CHECK_INT(put(&f, &c, 100000), -EFBIG);
	CHECK_INT(c.length, 250000);
	CHECK_INT(capture_settle(&c, &f.store), -EFBIG);
	get(&f, &c, 1000);
	CHECK_INT(capture_settle(&c, &f.store), -EFBIG);
	limit.rlim_cur = RLIM_INFINITY;
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(capture_settle(&c, &f.store), 0);
	CHECK_INT(c.memory.len, 0);
	CHECK_INT(f.store.used, 0);
	CHECK_INT(put(&f, &c, 10), 0);
	get(&f, &c, 249010);
	CHECK_INT(c.length, 0);
	capture_fini(&c, &f.store);
	spill_fini(&f.spill);
}

TEST(no_folder)
{
	struct capture c = { 0 };
	struct flow f;

	flow_init(&f, 1000, 1000);
	spill_fini(&f.spill);
	CHECK_INT(spill_init(&f.spill, "/proc/none/folder"), 0);
	CHECK_INT(put(&f, &c, 1000), 0);
	CHECK_INT(put(&f, &c, 500), -ENOENT);
	CHECK_INT(c.length, 1500);
	get(&f, &c, 1500);
	CHECK_INT(capture_settle(&c, &f.store), 0);
	capture_fini(&c, &f.store);
	CHECK_INT(f.store.used, 0);
	spill_fini(&f.spill);
}
