/* SPDX-License-Identifier: ISC */

/* Owns the queue of lines, and the descriptor to which they are written. */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/event_stream.h"

#define QUEUE_MOST ((size_t)1024 * 1024)
/* After a line was lost, all lines are lost until this many bytes of the queue are free. */
#define QUEUE_ROOM (QUEUE_MOST / 2)
/* For how many seconds lines are gathered before they are written. */
#define FLUSH_AFTER 0.01
/* How long event_stream_finish() waits for a reader who takes nothing. */
#define PATIENCE_MS 1000
/* How many bytes a pipe takes without blocking if poll(2) says that it is writable. */
#define PIPE_PIECE ((size_t)4096)

static int
open_descriptor(const char *number)
{
	char *end;
	long n = strtol(number, &end, 10);
	int fd;

	if (*number == '\0' || *end != '\0' || n < 0 || n > 1000000)
		return -EBADF;
	fd = fcntl((int)n, F_DUPFD_CLOEXEC, 3);
	if (fd == -1)
		return -errno;
	/* Jobs that outlive prun must not hold the descriptor open. */
	if (n > STDERR_FILENO)
		(void)fcntl((int)n, F_SETFD, FD_CLOEXEC);
	return fd;
}

static int
open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

static int
open_target(const struct report_options *o, const char *target)
{
	if (strcmp(target, "-") == 0)
		return open_descriptor("1");
	if (strncmp(target, "fd:", 3) == 0)
		return open_descriptor(target + 3);
	if (strncmp(target, "unix:", 5) == 0)
		return open_socket(target + 5);
	return report_open_file(o, target, O_WRONLY | O_CREAT | O_TRUNC);
}

/*
 * Notes what kind of file s->fd is, and makes writes to it not block.  O_NONBLOCK is not set
 * on fd itself, because other processes may share that open file.  The file is opened once
 * more instead, if that is possible.
 */
static void
look_at_file(struct event_stream *s)
{
	char path[64];
	struct stat st;
	int fd;

	if (fstat(s->fd, &st) == -1)
		return;
	s->regular = S_ISREG(st.st_mode);
	s->socket = S_ISSOCK(st.st_mode);
	if (s->regular || s->socket)
		return;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", s->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return;
	(void)close(s->fd);
	s->fd = fd;
	s->never_blocks = true;
}

int
event_stream_open(struct event_stream *s, struct sink *sink,
    const struct sink_context *c, const char *option, const char *target,
    struct message *message)
{
	int fd = open_target(c->options, target);

	*s = (struct event_stream){ .sink = sink,
		.option = option,
		.target = target,
		.fd = fd < 0 ? -1 : fd };
	if (fd < 0)
		return message_errno(message, fd, "%s: %s", option, target);
	look_at_file(s);
	return 0;
}

void
event_stream_open_client(struct event_stream *s, struct sink *sink, int fd)
{
	*s = (struct event_stream){ .sink = sink,
		.fd = fd,
		.socket = true,
		.client = true };
}

static void
stream_drop(struct event_stream *s)
{
	prun_watch_free(s->watch);
	s->watch = NULL;
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
	s->queue.len = s->done = 0;
}

void
event_stream_close(struct event_stream *s)
{
	/* The pool has been freed, and has freed its watches. */
	s->watch = NULL;
	stream_drop(s);
	bytes_fini(&s->queue);
}

/* Gives the stream up.  prun fails only if a file cannot be written: a reader may go. */
static void
stream_fail(struct event_stream *s, int error)
{
	stream_drop(s);
	if (s->client)
		return;
	if (error == -EPIPE || error == -ECONNRESET)
		(void)sink_warn(s->sink, error, s->option, s->target);
	else
		sink_fail(s->sink, error, s->option, s->target);
}

/* Returns how many bytes were written, or -errno; -EAGAIN: the reader is slow. */
static ssize_t
stream_write(const struct event_stream *s, const char *data, size_t len)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };
	ssize_t n;

	if (!s->regular && !s->socket && !s->never_blocks) {
		if (poll(&pfd, 1, 0) != 1)
			return -EAGAIN;
		if (len > PIPE_PIECE)
			len = PIPE_PIECE;
	}
	n = s->socket ? send(s->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) :
			write(s->fd, data, len);
	return n == -1 ? -errno : n;
}

/* Writes the queue.  0: all is written, or the reader is gone; -EAGAIN: it is slow. */
static int
stream_flush(struct event_stream *s)
{
	ssize_t n;

	while (s->fd != -1 && s->done < s->queue.len) {
		n = stream_write(s, s->queue.data + s->done,
		    s->queue.len - s->done);
		if (n == -EAGAIN)
			return -EAGAIN;
		if (n < 0 && n != -EINTR)
			stream_fail(s, (int)n);
		else if (n > 0)
			s->done += (size_t)n;
	}
	s->queue.len = s->done = 0;
	return 0;
}

static void stream_writable(int fd, unsigned events, void *arg);

/* Asks the pool to call stream_writable() as soon as the reader takes something. */
static void
stream_wait(struct event_stream *s)
{
	if (s->watch != NULL)
		(void)prun_watch_set(s->watch, EPOLLOUT);
	else if (prun_pool_watch(s->pool, s->fd, EPOLLOUT, stream_writable, s,
		     &s->watch) != 0)
		s->watch = NULL;
}

static void
stream_writable(int fd, unsigned events, void *arg)
{
	struct event_stream *s = arg;

	(void)fd, (void)events;
	if (stream_flush(s) == 0 && s->watch != NULL)
		(void)prun_watch_set(s->watch, 0);
}

static void
stream_is_due(void *arg)
{
	struct event_stream *s = arg;

	s->timer = 0;
	if (stream_flush(s) == -EAGAIN)
		stream_wait(s);
}

void
event_stream_begin(struct event_stream *s, struct prun_pool *pool)
{
	s->pool = pool;
	stream_is_due(s);
}

static void
queue_add(struct event_stream *s, struct text line)
{
	if (s->done > QUEUE_ROOM) {
		memmove(s->queue.data, s->queue.data + s->done,
		    s->queue.len - s->done);
		s->queue.len -= s->done;
		s->done = 0;
	}
	if (bytes_add_text(&s->queue, line) != 0)
		s->lost++;
}

static void
tell_lost(struct event_stream *s)
{
	char line[80];
	int n = snprintf(line, sizeof(line),
	    "{\"v\":1,\"event\":\"lost\",\"count\":%" PRIu64 "}\n", s->lost);

	s->lost = 0;
	queue_add(s, (struct text){ line, (size_t)n });
}

void
event_stream_add(struct event_stream *s, struct text line)
{
	const size_t waiting = s->queue.len - s->done;

	if (s->fd == -1)
		return;
	if (waiting + line.len > QUEUE_MOST ||
	    (s->lost > 0 && waiting > QUEUE_ROOM)) {
		s->lost++;
		return;
	}
	if (s->lost > 0)
		tell_lost(s);
	queue_add(s, line);
	if (s->pool != NULL && s->timer == 0)
		(void)prun_pool_after(s->pool, FLUSH_AFTER, stream_is_due, s,
		    &s->timer);
}

void
event_stream_finish(struct event_stream *s)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };

	if (s->pool != NULL && s->timer != 0)
		(void)prun_pool_after_cancel(s->pool, s->timer);
	s->timer = 0;
	s->pool = NULL;
	if (s->fd != -1 && s->lost > 0)
		tell_lost(s);
	while (stream_flush(s) == -EAGAIN) {
		if (s->client || poll(&pfd, 1, PATIENCE_MS) != 1)
			break;
	}
}
