/* SPDX-License-Identifier: ISC */

/* stdio: pipes made, lent and closed once. */
#include "process/stdio.h"
#include "test_util.h"

TEST(kinds)
{
	const struct prun_stdio kinds[3] = {
		{ .kind = PRUN_STDIO_PIPE },
		{ .kind = PRUN_STDIO_FD, .fd = 7 },
		{ .kind = PRUN_STDIO_STDOUT },
	};
	const struct prun_stdio others[3] = {
		{ .kind = PRUN_STDIO_NULL },
		{ .kind = PRUN_STDIO_INHERIT },
		{ .kind = PRUN_STDIO_PIPE },
	};
	int before = util_open_fds();
	struct stdio s;
	char c = 0;

	CHECK_INT(stdio_open(&s, kinds, 9, false), 0);
	CHECK(s.child[0] > 2 && s.parent[0] > 2);
	CHECK_INT(s.child[1], 7);
	CHECK_INT(s.child[2], -1);
	CHECK(s.parent[1] == -1 && s.parent[2] == -1);
	CHECK_INT(write(s.parent[0], "x", 1), 1);
	CHECK_INT(read(s.child[0], &c, 1), 1);
	CHECK_INT(fcntl(s.parent[0], F_GETFL) & O_NONBLOCK, 0);
	stdio_close(&s);
	stdio_close(&s);
	CHECK_INT(util_open_fds(), before);

	CHECK_INT(stdio_open(&s, others, 9, true), 0);
	CHECK_INT(s.child[0], 9);
	CHECK_INT(s.child[1], -1);
	CHECK_INT(write(s.child[2], "x", 1), 1);
	CHECK_INT(read(s.parent[2], &c, 1), 1);
	CHECK_INT(fcntl(s.parent[2], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_INT(fcntl(s.child[2], F_GETFL) & O_NONBLOCK, 0);
	stdio_close_child(&s);
	CHECK_INT(read(s.parent[2], &c, 1), 0);
	stdio_close(&s);
	CHECK_INT(util_open_fds(), before);
}

/* What is lent is not closed. */
TEST(lent)
{
	int fd = dup(0);
	const struct prun_stdio kinds[3] = {
		{ .kind = PRUN_STDIO_FD, .fd = fd },
		{ .kind = PRUN_STDIO_NULL },
		{ .kind = PRUN_STDIO_FD, .fd = fd },
	};
	struct stdio s;

	CHECK_INT(stdio_open(&s, kinds, fd, true), 0);
	stdio_close(&s);
	CHECK(fcntl(fd, F_GETFD) != -1);
}

TEST(no_descriptors)
{
	const struct prun_stdio kinds[3] = {
		{ .kind = PRUN_STDIO_PIPE },
		{ .kind = PRUN_STDIO_PIPE },
		{ .kind = PRUN_STDIO_PIPE },
	};
	int before = util_open_fds(), first = dup(0);
	struct stdio s;

	close(first);
	for (int room = 0; room < 6; room++) {
		util_limit(RLIMIT_NOFILE, (rlim_t)first + (rlim_t)room);
		CHECK_INT(stdio_open(&s, kinds, -1, true), -EMFILE);
		util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
		CHECK_INT(util_open_fds(), before);
	}
	util_limit(RLIMIT_NOFILE, (rlim_t)first + 6);
	CHECK_INT(stdio_open(&s, kinds, -1, true), 0);
	stdio_close(&s);
}
