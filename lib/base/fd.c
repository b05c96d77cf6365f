/* SPDX-License-Identifier: ISC */

/*
 * Owns the rules for descriptors: they are close-on-exec, their numbers are above
 * those of stdio, and a write does not wait, even to a descriptor that other
 * processes share.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

static bool
sigpipe_is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

void
sigpipe_block(struct sigpipe *s)
{
	sigset_t old;

	sigemptyset(&s->set);
	sigaddset(&s->set, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &s->set, &old);
	s->blocked = sigismember(&old, SIGPIPE) == 1;
	/* Only a blocked signal can be pending. */
	s->pending = s->blocked && sigpipe_is_pending();
}

void
sigpipe_forget(const struct sigpipe *s)
{
	const struct timespec now = { 0 };

	while (!s->pending && sigtimedwait(&s->set, NULL, &now) == -1 &&
	    errno == EINTR)
		continue;
}

void
sigpipe_restore(const struct sigpipe *s)
{
	if (!s->blocked)
		(void)pthread_sigmask(SIG_UNBLOCK, &s->set, NULL);
}

/* Bytes that most terminals take at once when poll(2) says that they are writable. */
#define TTY_CHUNK 256

void
fd_close(int *fd)
{
	if (*fd == -1)
		return;
	/* Linux has closed it, even if close(2) fails with EINTR. */
	(void)close(*fd);
	*fd = -1;
}

int
fd_lift(int fd)
{
	int lifted, error;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	error = lifted == -1 ? -errno : lifted;
	(void)close(fd);
	return error;
}

/* Lift both descriptors.  If one cannot be lifted, both are closed. */
static int
lift_both(int fds[2])
{
	int error;

	for (int i = 0; i < 2; i++) {
		fds[i] = fd_lift(fds[i]);
		if (fds[i] < 0) {
			error = fds[i];
			fds[i] = -1;
			fd_close(&fds[0]);
			fd_close(&fds[1]);
			return error;
		}
	}
	return 0;
}

int
fd_pipe(int fds[2])
{
	int error;

	if (pipe2(fds, O_CLOEXEC) == 0)
		return lift_both(fds);
	error = -errno;
	fds[0] = fds[1] = -1;
	return error;
}

int
fd_socketpair(int type, int fds[2])
{
	int error;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == 0)
		return lift_both(fds);
	error = -errno;
	fds[0] = fds[1] = -1;
	return error;
}

int
fd_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC, mode);
	while (fd == -1 && errno == EINTR);
	return fd == -1 ? -errno : fd_lift(fd);
}

int
fd_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
}

/*
 * Open the terminal of fd again.  No other process shares the new file description,
 * so it can be made non-blocking; that is needed because the kernel does not tell
 * how many bytes a terminal would take.  -1: it may not be opened (it belongs to
 * another user, or there is no /proc).
 */
static int
fd_reopen(int fd)
{
	char path[32];
	int own;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = fd_open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY, 0);
	return own < 0 ? -1 : own;
}

void
fd_sink_init(struct fd_sink *sink, int fd)
{
	struct stat st;

	sink->fd = fd;
	sink->own = -1;
	sink->kind = FD_BLOCKING;
	if (fstat(fd, &st) == -1)
		return;
	if (S_ISFIFO(st.st_mode))
		sink->kind = FD_PIPE;
	else if (S_ISSOCK(st.st_mode))
		sink->kind = FD_SOCKET;
	else if (S_ISCHR(st.st_mode) && isatty(fd)) {
		sink->kind = FD_TTY;
		sink->own = fd_reopen(fd);
	}
}

void
fd_sink_fini(struct fd_sink *sink)
{
	if (sink->kind == FD_TTY)
		fd_close(&sink->own);
}

/*
 * When poll(2) says that fd is writable, a pipe takes at least PIPE_BUF bytes, and
 * most terminals take TTY_CHUNK bytes.  A write of more than `most` bytes could
 * block.
 */
static ssize_t
fd_write_polled(struct fd_sink *sink, const struct iovec *iov, size_t most)
{
	struct pollfd pfd = { .fd = sink->fd, .events = POLLOUT };
	size_t n = iov->iov_len < most ? iov->iov_len : most;
	ssize_t written;

	if (poll(&pfd, 1, 0) == 0)
		return -EAGAIN;
	written = write(sink->fd, iov->iov_base, n);
	return written == -1 ? -errno : written;
}

static ssize_t
fd_write_pipe(struct fd_sink *sink, const struct iovec *iov, int n)
{
	struct sigpipe sigpipe;
	ssize_t written;

	sigpipe_block(&sigpipe);
	written = pwritev2(sink->fd, iov, n, -1, RWF_NOWAIT);
	if (written == -1)
		written = -errno;
	if (written == -EOPNOTSUPP || written == -ENOSYS || written == -EINVAL)
		written = fd_write_polled(sink, iov,
		    PIPE_BUF); /* before Linux 6.4 */
	if (written == -EPIPE)
		sigpipe_forget(&sigpipe);
	sigpipe_restore(&sigpipe);
	return written;
}

static ssize_t
fd_write_tty(struct fd_sink *sink, const struct iovec *iov, int n)
{
	ssize_t written;

	if (sink->own == -1)
		return fd_write_polled(sink, iov, TTY_CHUNK);
	written = writev(sink->own, iov, n);
	return written == -1 ? -errno : written;
}

/*
 * With -EAGAIN the caller would poll(2), which is useless for a file: so a write
 * that a signal has interrupted is tried again here.
 */
static ssize_t
fd_write_file(struct fd_sink *sink, const struct iovec *iov, int n)
{
	ssize_t written;

	do
		written = writev(sink->fd, iov, n);
	while (written == -1 && errno == EINTR);
	return written == -1 ? -errno : written;
}

ssize_t
fd_write(struct fd_sink *sink, const struct iovec *iov, int n)
{
	struct msghdr msg = { 0 };
	ssize_t written;

	switch (sink->kind) {
	case FD_PIPE:
		written = fd_write_pipe(sink, iov, n);
		break;
	case FD_TTY:
		written = fd_write_tty(sink, iov, n);
		break;
	case FD_SOCKET:
		msg.msg_iov = (struct iovec *)(uintptr_t)iov;
		msg.msg_iovlen = (size_t)n;
		written = sendmsg(sink->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (written == -1)
			written = -errno;
		break;
	case FD_BLOCKING:
	default:
		written = fd_write_file(sink, iov, n);
		break;
	}
	return written == -EINTR ? -EAGAIN : written;
}

ssize_t
fd_read(int fd, void *data, size_t n)
{
	ssize_t got;

	do
		got = read(fd, data, n);
	while (got == -1 && errno == EINTR);
	return got == -1 ? -errno : got;
}

ssize_t
fd_read_output(int fd, void *data, size_t n)
{
	ssize_t got = fd_read(fd, data, n);

	return got == -EIO ? 0 : got;
}

ssize_t
fd_splice(int pipe, int fd, off_t *offset, size_t n)
{
	struct sigpipe sigpipe;
	ssize_t moved;

	sigpipe_block(&sigpipe);
	do
		moved = splice(pipe, NULL, fd, offset, n,
		    SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (moved == -1 && errno == EINTR);
	if (moved == -1)
		moved = -errno;
	if (moved == -EPIPE)
		sigpipe_forget(&sigpipe);
	sigpipe_restore(&sigpipe);
	return moved;
}

/* Write data; if data is NULL, move bytes of the file fd instead. */
static ssize_t
fd_put_quietly(int pipe, const void *data, int fd, off_t *offset, size_t n)
{
	struct sigpipe sigpipe;
	ssize_t put;

	sigpipe_block(&sigpipe);
	do
		put = data != NULL ? write(pipe, data, n) :
				     splice(fd, offset, pipe, NULL, n,
					 SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (put == -1 && errno == EINTR);
	if (put == -1)
		put = -errno;
	if (put == -EPIPE)
		sigpipe_forget(&sigpipe);
	sigpipe_restore(&sigpipe);
	return put;
}

ssize_t
fd_put(int pipe, const void *data, size_t n)
{
	return fd_put_quietly(pipe, data, -1, NULL, n);
}

int
fd_write_all(int fd, const void *data, size_t n)
{
	const char *at = data;
	ssize_t done;

	while (n > 0) {
		done = write(fd, at, n);
		if (done == -1 &&
		    (errno == EINTR ||
			(errno == EAGAIN &&
			    fd_await(fd, POLLOUT, INT64_MAX) > 0)))
			continue;
		if (done <= 0)
			return done == 0 ? -EIO : -errno;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

ssize_t
fd_put_file(int pipe, int fd, off_t *offset, size_t n)
{
	return fd_put_quietly(pipe, NULL, fd, offset, n);
}

ssize_t
fd_pending(int fd)
{
	int n;

	return ioctl(fd, FIONREAD, &n) == -1 ? 0 : n;
}

bool
fd_is_full(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) == 0;
}

int
fd_widen_pipe(int fd, size_t size)
{
	return fcntl(fd, F_SETPIPE_SZ, (int)size) == -1 ? -errno : 0;
}

int
fd_await(int fd, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int n;

	for (;;) {
		n = poll(&pfd, 1, clock_poll_timeout(deadline));
		if (n > 0)
			return 1;
		if (n == 0 && clock_now() >= deadline)
			return 0;
		if (n == -1 && errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

int
fd_retry(int error, int fd, short events, int64_t deadline)
{
	int ready;

	if (error == EINTR)
		return 0;
	if (error != EAGAIN)
		return -error;
	if (clock_now() >= deadline)
		return -ETIMEDOUT;
	/*
	 * The caller tries once more, even if the deadline has come: a socket may be
	 * ready before poll(2) says so.
	 */
	ready = fd_await(fd, events, deadline);
	return ready < 0 ? ready : 0;
}

int
fd_check_socket(int fd, int type)
{
	socklen_t size = sizeof(int);
	int is;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &is, &size) == -1)
		return -errno;
	return is == type ? 0 : -EPROTOTYPE;
}

void
fd_set_cloexec(int fd)
{
	/* fcntl(2) cannot fail here if the host gave an open descriptor. */
	if (fd != -1)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}
