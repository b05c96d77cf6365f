/* SPDX-License-Identifier: ISC */

/*
 * Owns writing to descriptors that other processes share: no more than fits, so that
 * nobody waits, and without O_NONBLOCK, which the others would have, too.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"

/* Bytes that most terminals take at once when poll(2) says that they are writable. */
#define TTY_CHUNK 256

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
