/* SPDX-License-Identifier: ISC */

/*
 * Owns the rules for descriptors: they are close-on-exec, their numbers are above
 * those of stdio, and a write to a pipe without a reader raises no SIGPIPE.  fd_sink.c
 * writes to descriptors that other processes share.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

void
fd_close(int *fd)
{
	if (*fd == -1)
		return;
	/* Linux has closed it, even if close(2) fails with EINTR. */
	(void)close(*fd);
	*fd = -1;
}

void
fd_close_pair(int fds[2])
{
	fd_close(&fds[0]);
	fd_close(&fds[1]);
}

int
fd_lift(int fd)
{
	int lifted, error;

	if (fd == -1)
		return -errno;
	if (fd > STDERR_FILENO)
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
			fd_close_pair(fds);
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
	return fd_lift(fd);
}

int
fd_nonblock(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
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

/*
 * Write data to the descriptor `to`; if data is NULL, splice() to it.  A reader that has
 * gone raises no SIGPIPE.
 */
static ssize_t
fd_move(const void *data, int from, off_t *from_at, int to, off_t *to_at,
    size_t n)
{
	struct sigpipe sigpipe;
	ssize_t moved;

	sigpipe_block(&sigpipe);
	do
		moved = data != NULL ? write(to, data, n) :
				       splice(from, from_at, to, to_at, n,
					   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	while (moved == -1 && errno == EINTR);
	if (moved == -1)
		moved = -errno;
	if (moved == -EPIPE)
		sigpipe_forget(&sigpipe);
	sigpipe_restore(&sigpipe);
	return moved;
}

ssize_t
fd_splice(int pipe, int fd, off_t *offset, size_t n)
{
	return fd_move(NULL, pipe, NULL, fd, offset, n);
}

ssize_t
fd_put(int pipe, const void *data, size_t n)
{
	return fd_move(data, -1, NULL, pipe, NULL, n);
}

ssize_t
fd_put_file(int pipe, int fd, off_t *offset, size_t n)
{
	return fd_move(NULL, fd, offset, pipe, NULL, n);
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
