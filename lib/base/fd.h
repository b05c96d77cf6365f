/* SPDX-License-Identifier: ISC */

/* Descriptors: opened close-on-exec, closed once, written without blocking. */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stdint.h>

/* Close *fd unless it is -1, and set it to -1. */
void fd_close(int *fd);

/*
 * Move a descriptor of ours out of 0..2, which may be free in a host that
 * closed its stdio, and which output is still written to.  The new number, or
 * -errno: fd is closed then.  A negative fd is returned as it is.
 */
int fd_lift(int fd);

/*
 * A close-on-exec pipe whose ends are never 0, 1 or 2, so that they can be
 * dup2()ed onto those in any order.  0 or -errno.
 */
int fd_pipe(int fds[2]);

/* The same for a socketpair(2) of AF_UNIX. */
int fd_socketpair(int type, int fds[2]);

/* The same for an open(2) of path.  A descriptor or -errno. */
int fd_open(const char *path, int flags, mode_t mode);

/*
 * For our end of a pipe of our own making: the flag is not shared with whoever
 * has the other end.  0 or -errno.
 */
int fd_nonblock(int fd);

/*
 * Wait until one of poll(2)'s events, or the deadline (clock_now() time;
 * INT64_MAX: none).  1, 0 at the deadline, or -errno.
 */
int fd_await(int fd, short events, int64_t deadline);

/*
 * After a call that waits for nothing has failed with errno error.  0: it is time
 * to try it again; -ETIMEDOUT: the deadline has passed; else -error.
 */
int fd_retry(int error, int fd, short events, int64_t deadline);

/* Is it a socket of that type?  0, -ENOTSOCK, -EPROTOTYPE or another -errno. */
int fd_check_socket(int fd, int type);

/* One that somebody hands over, or -1: close-on-exec from now on. */
void fd_set_cloexec(int fd);

/* What fd_write() must know of a descriptor; found out once. */
struct fd_sink {
	int fd;
	int own; /* the same terminal, non-blocking; -1: none */

	enum fd_kind {
		FD_BLOCKING, /* a file: writes do not wait on a reader */
		FD_PIPE,
		FD_SOCKET,
		FD_TTY,
	} kind;
};

void fd_sink_init(struct fd_sink *sink, int fd);

/* All zero is fine.  fd stays open. */
void fd_sink_fini(struct fd_sink *sink);

/*
 * Write some of it without waiting for a reader, and without O_NONBLOCK, which
 * other processes would share.  How many bytes, -EAGAIN (poll for POLLOUT), or
 * -errno.
 */
ssize_t fd_write(struct fd_sink *sink, const struct iovec *iov, int n);

/*
 * Move bytes from a pipe of ours to fd, at *offset of a file or, with NULL,
 * where it stands, without a copy in this process.  How many, 0 at the end of
 * the pipe, -EAGAIN (either side could make us wait), or -errno.
 */
ssize_t fd_splice(int pipe, int fd, off_t *offset, size_t n);

/* Bytes that stand in the pipe fd now; 0 when nobody can tell. */
ssize_t fd_pending(int fd);

/* Would a write to the pipe fd wait now? */
bool fd_is_full(int fd);

/* A busy pipe may hold more, where the system lets it. */
void fd_widen_pipe(int fd);

/* Read with EINTR retried: bytes, 0 at the end, or -errno. */
ssize_t fd_read(int fd, void *data, size_t n);

#endif
