/* SPDX-License-Identifier: ISC */

/* stdio: pipes and pseudo-terminals made, lent and closed once. */
#include <sys/ioctl.h>

#include <poll.h>

#include "base/fd.h"
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

/* What is written to a pseudo-terminal comes out as it is, and it has an end. */
TEST(pty)
{
	const struct prun_stdio kinds[3] = {
		{ .kind = PRUN_STDIO_NULL },
		{ .kind = PRUN_STDIO_PTY },
		{ .kind = PRUN_STDIO_PTY },
	};
	const char text[] = "a\nb\r\n\t\x03\x04\x11\x13\xff";
	int before = util_open_fds();
	struct winsize size;
	struct stdio s;
	char got[64];

	CHECK_INT(stdio_open(&s, kinds, 9, true), 0);
	for (int i = 1; i < 3; i++) {
		CHECK(isatty(s.child[i]));
		CHECK(s.child[i] > 2 && s.parent[i] > 2);
		CHECK_INT(fcntl(s.child[i], F_GETFD), FD_CLOEXEC);
		CHECK_INT(fcntl(s.parent[i], F_GETFD), FD_CLOEXEC);
		CHECK_INT(fcntl(s.parent[i], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
		CHECK_INT(ioctl(s.child[i], TIOCGWINSZ, &size), 0);
		CHECK_INT(size.ws_col, 80);
		CHECK_INT(fd_read_output(s.parent[i], got, sizeof(got)),
		    -EAGAIN);
		CHECK_INT(write(s.child[i], text, sizeof(text)), sizeof(text));
		CHECK_INT(fd_await(s.parent[i], POLLIN, INT64_MAX), 1);
		CHECK_INT(fd_read_output(s.parent[i], got, sizeof(got)),
		    sizeof(text));
		CHECK(memcmp(got, text, sizeof(text)) == 0);
	}
	CHECK_INT(write(s.child[1], "x", 1), 1);
	stdio_close_child(&s);
	CHECK_INT(fd_read_output(s.parent[1], got, sizeof(got)), 1);
	CHECK_INT(fd_read_output(s.parent[1], got, sizeof(got)), 0);
	CHECK_INT(fd_read_output(s.parent[2], got, sizeof(got)), 0);
	stdio_close(&s);
	CHECK_INT(util_open_fds(), before);
}

/* The size is that of a terminal which is named. */
TEST(pty_size)
{
	const struct winsize wide = { .ws_row = 7, .ws_col = 123 };
	struct winsize size;
	int first[2], second[2];

	CHECK_INT(pty_open(first, -1), 0);
	CHECK_INT(ioctl(first[1], TIOCSWINSZ, &wide), 0);
	CHECK_INT(pty_open(second, first[1]), 0);
	CHECK_INT(ioctl(second[1], TIOCGWINSZ, &size), 0);
	CHECK_INT(size.ws_row, 7);
	CHECK_INT(size.ws_col, 123);
	for (int i = 0; i < 2; i++) {
		close(first[i]);
		close(second[i]);
	}
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
		{ .kind = PRUN_STDIO_PTY },
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
