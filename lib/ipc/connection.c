/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_conn: whole messages over a stream.  The format is that of Python's
 * multiprocessing.connection: the length in four bytes, big-endian, and then the
 * message.  A longer message has -1 there, and its length in the eight bytes that
 * follow.
 */
#include <sys/endian.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "prun.h"

#define SHORT_HEAD ((size_t)4)
#define LONG_HEAD ((size_t)12)
/*
 * The longest message whose length fits the four bytes; no length but LONG_MARK
 * (-1) is negative.
 */
#define SHORT_MOST ((uint64_t)INT32_MAX)
#define LONG_MARK UINT32_MAX

struct prun_conn {
	int fd;
	bool cut; /* a message was sent only in part, so no other can follow */

	/* What has arrived of the next message. */
	unsigned char head[LONG_HEAD];
	size_t head_len;
	struct buf body;
};

static size_t
put_head(unsigned char head[LONG_HEAD], uint64_t len)
{
	be32enc(head, len > SHORT_MOST ? LONG_MARK : (uint32_t)len);
	if (len <= SHORT_MOST)
		return SHORT_HEAD;
	be64enc(head + SHORT_HEAD, len);
	return LONG_HEAD;
}

int
prun_conn_from_fd(int fd, struct prun_conn **cp)
{
	struct prun_conn *c;
	int error = fd_check_socket(fd, SOCK_STREAM);

	if (error != 0)
		return error;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return -ENOMEM;
	fd_set_cloexec(fd);
	c->fd = fd;
	*cp = c;
	return 0;
}

void
prun_conn_free(struct prun_conn *c)
{
	if (c == NULL)
		return;
	fd_close(&c->fd);
	buf_fini(&c->body);
	free(c);
}

int
prun_conn_fd(const struct prun_conn *c)
{
	return c->fd;
}

int
prun_pipe(struct prun_conn **ap, struct prun_conn **bp)
{
	struct prun_conn *a;
	int fds[2];
	int error = fd_socketpair(SOCK_STREAM, fds);

	if (error != 0)
		return error;
	error = prun_conn_from_fd(fds[0], &a);
	if (error != 0) {
		fd_close_pair(fds);
		return error;
	}
	error = prun_conn_from_fd(fds[1], bp);
	if (error != 0) {
		fd_close(&fds[1]);
		prun_conn_free(a);
		return error;
	}
	*ap = a;
	return 0;
}

/* Send both parts without their first done bytes, as far as the socket takes them. */
static ssize_t
send_some(int fd, const struct iovec part[2], size_t done)
{
	struct iovec left[2] = { part[0], part[1] };
	struct msghdr msg = { .msg_iov = left, .msg_iovlen = 2 };

	for (int i = 0; i < 2; i++) {
		size_t n = done < left[i].iov_len ? done : left[i].iov_len;

		left[i].iov_base = (char *)left[i].iov_base + n;
		left[i].iov_len -= n;
		done -= n;
	}
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int
send_all(struct prun_conn *c, const struct iovec part[2], int64_t deadline)
{
	size_t all = part[0].iov_len + part[1].iov_len, done = 0;
	ssize_t n;
	int error;

	while (done < all) {
		n = send_some(c->fd, part, done);
		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		error = fd_retry(errno, c->fd, POLLOUT, deadline);
		if (error != 0) {
			c->cut = done > 0;
			return error == -ECONNRESET ? -EPIPE : error;
		}
	}
	return 0;
}

int
prun_conn_send(struct prun_conn *c, const void *data, size_t len,
    double timeout)
{
	unsigned char head[LONG_HEAD];
	struct iovec part[2];

	if (c->cut)
		return -EPIPE;
	part[0].iov_base = head;
	part[0].iov_len = put_head(head, len);
	part[1].iov_base = (void *)(uintptr_t)data;
	part[1].iov_len = len;
	return send_all(c, part, clock_deadline(timeout));
}

/*
 * Receive until *have has grown to want.  If the stream ends in the middle of a
 * message: -EPROTO.
 */
static int
receive(struct prun_conn *c, void *to, size_t *have, size_t want,
    int64_t deadline)
{
	ssize_t n;
	int error;

	while (*have < want) {
		n = recv(c->fd, (char *)to + *have, want - *have, MSG_DONTWAIT);
		if (n > 0) {
			*have += (size_t)n;
			continue;
		}
		if (n == 0 || errno == ECONNRESET)
			return c->head_len == 0 ? -EPIPE : -EPROTO;
		error = fd_retry(errno, c->fd, POLLIN, deadline);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Receive the length of the next message. */
static int
receive_head(struct prun_conn *c, uint64_t *len, int64_t deadline)
{
	int error = receive(c, c->head, &c->head_len,
	    c->head_len > SHORT_HEAD ? LONG_HEAD : SHORT_HEAD, deadline);

	if (error != 0)
		return error;
	*len = be32dec(c->head);
	if (*len <= SHORT_MOST)
		return 0;
	if (*len != LONG_MARK)
		return -EPROTO;
	error = receive(c, c->head, &c->head_len, LONG_HEAD, deadline);
	if (error == 0)
		*len = be64dec(c->head + SHORT_HEAD);
	return error;
}

int
prun_conn_recv(struct prun_conn *c, size_t most, void **data, size_t *len,
    double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	uint64_t want;
	char *taken;
	int error = receive_head(c, &want, deadline);

	if (error != 0)
		return error;
	if (want > most)
		return -EMSGSIZE;
	if (c->body.len < want)
		error = buf_reserve(&c->body, (size_t)want - c->body.len);
	if (error == 0)
		error = receive(c, c->body.data, &c->body.len, (size_t)want,
		    deadline);
	if (error != 0)
		return error;
	taken = buf_take(&c->body, len);
	if (taken == NULL)
		return -ENOMEM;
	c->head_len = 0;
	*data = taken;
	return 0;
}
