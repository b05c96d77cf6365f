/* SPDX-License-Identifier: ISC */

/* fd: descriptors are close-on-exec and above stdio; writes never wait. */
#include <sys/socket.h>

#include <termios.h>

#include "base/clock.h"
#include "base/fd.h"
#include "test_util.h"

static bool
is_cloexec(int fd)
{
	return fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

TEST(close)
{
	int fd = dup(0);

	CHECK(fd > 2);
	fd_close(&fd);
	CHECK_INT(fd, -1);
	fd_close(&fd);
	CHECK_INT(fd, -1);
}

TEST(pipe_beyond_stdio)
{
	int fds[2], before;

	close(0);
	close(1);
	before = util_open_fds();
	CHECK_INT(fd_pipe(fds), 0);
	CHECK(fds[0] > 2 && fds[1] > 2);
	CHECK(is_cloexec(fds[0]) && is_cloexec(fds[1]));
	CHECK_INT(util_open_fds(), before + 2);
	CHECK_INT(write(fds[1], "x", 1), 1);
}

TEST(pipe_no_descriptors)
{
	int fds[2], before = util_open_fds();
	int first = dup(0);

	close(first);
	util_limit(RLIMIT_NOFILE, (rlim_t)first + 1);
	CHECK_INT(fd_pipe(fds), -EMFILE);
	CHECK(fds[0] == -1 && fds[1] == -1);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
	CHECK_INT(util_open_fds(), before);
	/* Only the numbers of stdio are free: it fails, and leaves nothing open. */
	util_limit(RLIMIT_NOFILE, (rlim_t)first);
	close(0);
	close(1);
	CHECK(fd_pipe(fds) < 0);
	CHECK_INT(fcntl(0, F_GETFD), -1);
	CHECK_INT(fcntl(1, F_GETFD), -1);
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

TEST(open)
{
	int fd;

	close(0);
	fd = fd_open("/dev/null", O_RDWR, 0);
	CHECK(fd > 2);
	CHECK(is_cloexec(fd));
	CHECK_INT(fd_open("/proc/none/file", O_RDONLY, 0), -ENOENT);
}

TEST(read)
{
	int fds[2];
	char c;

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(fd_nonblock(fds[0]), 0);
	CHECK_INT(fd_read(fds[0], &c, 1), -EAGAIN);
	CHECK_INT(write(fds[1], "x", 1), 1);
	CHECK_INT(fd_read(fds[0], &c, 1), 1);
	close(fds[1]);
	CHECK_INT(fd_read(fds[0], &c, 1), 0);
}

/* Write until -EAGAIN.  If a write blocks, the alarm ends the test. */
static size_t
fill(struct fd_sink *sink, size_t piece)
{
	char *data = malloc(piece);
	struct iovec iov = { .iov_base = data, .iov_len = piece };
	size_t total = 0;
	ssize_t n;

	CHECK(data != NULL);
	memset(data, 'x', piece);
	alarm(10);
	while ((n = fd_write(sink, &iov, 1)) > 0)
		total += (size_t)n;
	alarm(120);
	CHECK_INT(n, -EAGAIN);
	CHECK((fcntl(sink->fd, F_GETFL) & O_NONBLOCK) == 0);
	free(data);
	return total;
}

/* Fill it, read a little from it, and write again: that much fits. */
static void
check_slow_reader(int reader, int writer, enum fd_kind kind, size_t piece)
{
	struct pollfd pfd = { .fd = writer, .events = POLLOUT };
	struct fd_sink sink;
	static char got[1 << 20];
	size_t total, drained = 0;
	ssize_t n;

	fd_sink_init(&sink, writer);
	CHECK_INT(sink.kind, kind);
	total = fill(&sink, piece);
	CHECK(total > 0);
	while (poll(&pfd, 1, 0) == 0) {
		n = read(reader, got, 4096);
		CHECK(n > 0);
		drained += (size_t)n;
	}
	total += fill(&sink, piece);
	CHECK(total > drained);
	while (drained < total) {
		n = read(reader, got, sizeof(got));
		CHECK(n > 0);
		drained += (size_t)n;
	}
	CHECK_INT(drained, total);
}

TEST(slow_pipe)
{
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	check_slow_reader(fds[0], fds[1], FD_PIPE, 1);
	check_slow_reader(fds[0], fds[1], FD_PIPE, 5000);
	check_slow_reader(fds[0], fds[1], FD_PIPE, 1 << 20);
}

TEST(slow_fifo)
{
	int reader, writer;

	util_folder();
	util_fifo("fifo");
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	CHECK(reader != -1);
	writer = open("fifo", O_WRONLY);
	CHECK(writer != -1);
	check_slow_reader(reader, writer, FD_PIPE, 1);
	check_slow_reader(reader, writer, FD_PIPE, 5000);
	check_slow_reader(reader, writer, FD_PIPE, 1 << 20);
}

TEST(slow_socket)
{
	int fds[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	check_slow_reader(fds[0], fds[1], FD_SOCKET, 1 << 20);
}

static int
open_terminal(int *master)
{
	struct termios termios;
	int slave;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	CHECK(*master != -1);
	CHECK_INT(grantpt(*master) | unlockpt(*master), 0);
	slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
	CHECK(slave != -1);
	CHECK_INT(tcgetattr(slave, &termios), 0);
	cfmakeraw(&termios);
	CHECK_INT(tcsetattr(slave, TCSANOW, &termios), 0);
	return slave;
}

TEST(slow_terminal)
{
	int master, slave = open_terminal(&master);

	check_slow_reader(master, slave, FD_TTY, 100);
	check_slow_reader(master, slave, FD_TTY, 1 << 20);
}

/* As on most terminals, a newline becomes two bytes. */
TEST(slow_terminal_cooked)
{
	static char lines[4096];
	struct iovec iov = { .iov_base = lines, .iov_len = sizeof(lines) };
	struct termios termios;
	struct fd_sink sink;
	int master, slave = open_terminal(&master);
	ssize_t n;

	CHECK_INT(tcgetattr(slave, &termios), 0);
	termios.c_oflag |= OPOST | ONLCR;
	CHECK_INT(tcsetattr(slave, TCSANOW, &termios), 0);
	memset(lines, '\n', sizeof(lines));
	fd_sink_init(&sink, slave);
	alarm(10);
	while ((n = fd_write(&sink, &iov, 1)) > 0)
		continue;
	CHECK_INT(n, -EAGAIN);
	/* There is room for one byte, not for 256. */
	for (int i = 0; i < 2000; i++) {
		char c[7];

		CHECK(read(master, c, sizeof(c)) > 0);
		n = fd_write(&sink, &iov, 1);
		CHECK(n > 0 || n == -EAGAIN);
	}
}

TEST(errors)
{
	char byte = 'x';
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct fd_sink sink;
	int fds[2], full = open("/dev/full", O_WRONLY);

	(void)signal(SIGPIPE, SIG_IGN);
	CHECK_INT(fd_pipe(fds), 0);
	fd_sink_init(&sink, fds[1]);
	close(fds[0]);
	CHECK_INT(fd_write(&sink, &iov, 1), -EPIPE);
	close(fds[1]);
	fd_sink_init(&sink, fds[1]);
	CHECK_INT(fd_write(&sink, &iov, 1), -EBADF);
	fd_sink_init(&sink, full);
	CHECK_INT(sink.kind, FD_BLOCKING);
	CHECK_INT(fd_write(&sink, &iov, 1), -ENOSPC);
}

#define MS INT64_C(1000000)

TEST(socketpair_beyond_stdio)
{
	int fds[2], before = util_open_fds();

	close(0);
	close(1);
	CHECK_INT(fd_socketpair(SOCK_STREAM, fds), 0);
	for (int i = 0; i < 2; i++) {
		CHECK(fds[i] > 2);
		CHECK(is_cloexec(fds[i]));
		fd_close(&fds[i]);
	}
	CHECK_INT(fd_socketpair(-1, fds), -EINVAL);
	CHECK(fds[0] == -1 && fds[1] == -1);
	CHECK_INT(util_open_fds(), before - 2);
}

TEST(await)
{
	int64_t deadline = clock_now() + 20 * MS;
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(fd_await(fds[0], POLLIN, 0), 0);
	CHECK_INT(fd_await(fds[0], POLLIN, deadline), 0);
	CHECK(clock_now() >= deadline);
	CHECK_INT(fd_await(fds[1], POLLOUT, INT64_MAX), 1);
	CHECK_INT(write(fds[1], "x", 1), 1);
	CHECK_INT(fd_await(fds[0], POLLIN, 0), 1);
	CHECK_INT(fd_await(fds[0], POLLIN, INT64_MAX), 1);
}

TEST(retry)
{
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(fd_retry(EINTR, fds[0], POLLIN, 0), 0);
	CHECK_INT(fd_retry(EPIPE, fds[0], POLLIN, 0), -EPIPE);
	CHECK_INT(fd_retry(EAGAIN, fds[0], POLLIN, 0), -ETIMEDOUT);
	CHECK_INT(fd_retry(EAGAIN, fds[1], POLLOUT, INT64_MAX), 0);
}

TEST(handed_over)
{
	int fds[2], ends[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK(!is_cloexec(fds[0]));
	CHECK_INT(fd_check_socket(fds[0], SOCK_SEQPACKET), -EPROTOTYPE);
	CHECK_INT(fd_check_socket(fds[0], SOCK_STREAM), 0);
	CHECK(!is_cloexec(fds[0]));
	fd_set_cloexec(fds[0]);
	fd_set_cloexec(-1);
	CHECK(is_cloexec(fds[0]));
	CHECK_INT(pipe(ends), 0);
	CHECK_INT(fd_check_socket(ends[0], SOCK_STREAM), -ENOTSOCK);
	CHECK_INT(fd_check_socket(-1, SOCK_STREAM), -EBADF);
}
