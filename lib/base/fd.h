/* SPDX-License-Identifier: ISC */

/*
 * Descriptors: opened close-on-exec, closed once, written without blocking and without
 * a SIGPIPE.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <sys/types.h>
#include <sys/uio.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Lets a thread write to a pipe or a socket that nobody reads: the process gets no
 * SIGPIPE, and its disposition does not change.
 *
 *	sigpipe_block(&s);
 *	n = write(...);
 *	if (n == -1 && errno == EPIPE)
 *		sigpipe_forget(&s);
 *	sigpipe_restore(&s);
 */

struct sigpipe {
	sigset_t set; /* SIGPIPE alone */
	bool blocked; /* SIGPIPE was blocked before sigpipe_block() */
	bool pending; /* a SIGPIPE was pending before; it is not ours */
};

/* Block SIGPIPE in the calling thread, and remember in s what it was before. */
void sigpipe_block(struct sigpipe *s);

/* Remove the pending SIGPIPE that the write has raised. */
void sigpipe_forget(const struct sigpipe *s);
void sigpipe_restore(const struct sigpipe *s);

/* Close *fd unless it is -1, and set it to -1. */
void fd_close(int *fd);
/* Close both. */
void fd_close_pair(int fds[2]);

/*
 * Move the descriptor fd to a number above 2.  In a host that has closed its stdio,
 * a new descriptor can get the number 0, 1 or 2, and what is written to stdout
 * would go there.  Returns the new number; or -errno, and fd is closed.  fd may be -1,
 * as system calls return it: then -errno.
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
 * Set O_NONBLOCK.  It is allowed only for an end of a pipe or a socket that this
 * process made, because no other process shares that file description.  0 or -errno.
 */
int fd_nonblock(int fd);

/*
 * Wait for one of the events (those of poll(2)) until the deadline (clock_now()
 * time; INT64_MAX: none).  1: there is an event; 0: the deadline has come; or
 * -errno.
 */
int fd_await(int fd, short events, int64_t deadline);

/*
 * To be called after a call on the non-blocking fd has failed with the errno error:
 * wait, if that helps, until the caller can try again.  0: try again; -ETIMEDOUT:
 * the deadline has passed; else -error.
 */
int fd_retry(int error, int fd, short events, int64_t deadline);

/* Is it a socket of that type?  0, -ENOTSOCK, -EPROTOTYPE or another -errno. */
int fd_check_socket(int fd, int type);

/* Make close-on-exec a descriptor that the host has handed over.  -1: nothing is done. */
void fd_set_cloexec(int fd);

/* What fd_write() must know of a descriptor; fd_sink_init() finds it out. */
struct fd_sink {
	int fd;
	/* The same terminal, opened again non-blocking (FD_TTY); -1: none. */
	int own;

	enum fd_kind {
		FD_BLOCKING, /* a file: a write waits for no reader */
		FD_PIPE,
		FD_SOCKET,
		FD_TTY,
	} kind;
};

void fd_sink_init(struct fd_sink *sink, int fd);

/* Close what fd_sink_init() has opened, but not fd.  The sink may be all zero. */
void fd_sink_fini(struct fd_sink *sink);

/*
 * Write as many bytes as fd takes without waiting for a reader.  O_NONBLOCK is not
 * set on fd, because other processes would share it.  Returns how many bytes;
 * -EAGAIN (the caller has to poll for POLLOUT); or -errno.
 */
ssize_t fd_write(struct fd_sink *sink, const struct iovec *iov, int n);

/*
 * Move bytes from a pipe to fd, without a copy in this process.  They go to *offset
 * of a file; if offset is NULL, to the current position.  Returns how many bytes; 0
 * at the end of the pipe; -EAGAIN (one side would block); or -errno.
 */
ssize_t fd_splice(int pipe, int fd, off_t *offset, size_t n);

/*
 * Write data to a pipe, or move bytes from *offset of a file to it, in one call.
 * Returns how many bytes; -EAGAIN: the non-blocking pipe is full; -EPIPE: nobody
 * reads it; or -errno.
 */
ssize_t fd_put(int pipe, const void *data, size_t n);
ssize_t fd_put_file(int pipe, int fd, off_t *offset, size_t n);

/* How many bytes are in the pipe fd now; 0 if the kernel cannot tell. */
ssize_t fd_pending(int fd);

/* Would a write to the pipe fd block now? */
bool fd_is_full(int fd);

/*
 * Set how many bytes the pipe fd holds.  0, or -errno if the system does not allow
 * that size.  FD_PIPE_WIDE is the most that an unprivileged user may ask for by
 * default.
 */
#define FD_PIPE_WIDE ((size_t)1024 * 1024)
int fd_widen_pipe(int fd, size_t size);

/*
 * Write all n bytes, with as many calls of write(2) as that takes; it waits for the
 * reader.  0 or -errno.
 */
int fd_write_all(int fd, const void *data, size_t n);

/*
 * Read once; a read that a signal interrupts is repeated.  How many bytes, 0 at the
 * end, or -errno.
 */
ssize_t fd_read(int fd, void *data, size_t n);

/*
 * The same, for a pipe or a pseudo-terminal: the kernel reports the end of a
 * pseudo-terminal as EIO; here it is 0.
 */
ssize_t fd_read_output(int fd, void *data, size_t n);

#endif
