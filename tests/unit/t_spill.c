/* SPDX-License-Identifier: ISC */

/* spill: blocks of one unlinked file, and the disk space back when all are free. */
#include "stream/spill.h"
#include "test_util.h"

static off_t
disk_blocks(const struct spill *s)
{
	struct stat st;

	CHECK_INT(fstat(s->fd, &st), 0);
	return st.st_blocks;
}

TEST(blocks)
{
	static char in[SPILL_BLOCK], out[SPILL_BLOCK];
	uint32_t a, b, c;
	struct spill s;

	util_folder();
	CHECK_INT(spill_init(&s, "."), 0);
	CHECK_INT(s.fd, -1);
	CHECK_INT(spill_alloc(&s, &a), 0);
	CHECK_INT(spill_alloc(&s, &b), 0);
	CHECK(a != b);
	CHECK_INT(fcntl(s.fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(system("test -z \"$(ls)\""), 0);
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 7 % 251);
	CHECK_INT(spill_write(&s, b, 0, in, sizeof(in)), 0);
	CHECK_INT(spill_write(&s, a, 100, "hello", 5), 0);
	CHECK_INT(spill_read(&s, b, 0, out, sizeof(out)), 0);
	CHECK(memcmp(in, out, sizeof(in)) == 0);
	CHECK_INT(spill_read(&s, b, 1000, out, 10), 0);
	CHECK(memcmp(in + 1000, out, 10) == 0);
	CHECK_INT(spill_read(&s, a, 100, out, 5), 0);
	CHECK(memcmp(out, "hello", 5) == 0);
	spill_release(&s, a);
	CHECK_INT(spill_alloc(&s, &c), 0);
	CHECK_INT(c, a);
	CHECK(disk_blocks(&s) > 0);
	spill_release(&s, b);
	CHECK(disk_blocks(&s) > 0);
	spill_release(&s, c);
	CHECK_INT(disk_blocks(&s), 0);
	CHECK_INT(spill_alloc(&s, &c), 0);
	spill_fini(&s);
	CHECK_INT(s.fd, -1);
}

TEST(many)
{
	enum {
		N = 1000
	};

	static uint32_t block[N];
	uint32_t seen, back;
	struct spill s;

	util_folder();
	CHECK_INT(spill_init(&s, "."), 0);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < N; i++) {
			CHECK_INT(spill_alloc(&s, &block[i]), 0);
			CHECK_INT(spill_write(&s, block[i], 8, (char *)&i,
				      sizeof(i)),
			    0);
		}
		CHECK_INT(s.blocks, N);
		for (uint32_t i = 0; i < N; i++) {
			back = (i * 617 + 3) % N;
			CHECK_INT(spill_read(&s, block[back], 8, (char *)&seen,
				      sizeof(seen)),
			    0);
			CHECK_INT(seen, back);
		}
		for (uint32_t i = 0; i < N; i++)
			spill_release(&s, block[i * 617 % N]);
		CHECK_INT(s.blocks, 0);
	}
	spill_fini(&s);
}

TEST(errors)
{
	struct rlimit limit = { 1000, 1000 };
	struct spill s;
	uint32_t a;
	char c;

	CHECK_INT(spill_init(&s, "/proc/none/folder"), 0);
	CHECK_INT(spill_alloc(&s, &a), -ENOENT);
	spill_fini(&s);
	util_folder();
	CHECK_INT(spill_init(&s, "."), 0);
	CHECK_INT(spill_alloc(&s, &a), 0);
	CHECK_INT(spill_read(&s, a, 0, &c, 1), -EIO);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	CHECK_INT(spill_write(&s, a, 2000, "x", 1), -EFBIG);
	spill_fini(&s);
}
