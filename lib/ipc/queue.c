/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_queue: a pair of SOCK_SEQPACKET sockets, which keep messages apart.
 * The kernel gives each message to one receiver, even if another one dies.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "prun.h"

/* Ask for room for four of the longest messages; the system may allow less. */
#define ROOM (4 * PRUN_QUEUE_MOST)

struct prun_queue {
	int put, get; /* -1: this process does not put, or get */
};

int
prun_queue_from_fd(int put, int get, struct prun_queue **qp)
{
	struct prun_queue *q;
	int error = put == get && put != -1 ? -EINVAL : 0;

	if (put != -1 && error == 0)
		error = fd_check_socket(put, SOCK_SEQPACKET);
	if (get != -1 && error == 0)
		error = fd_check_socket(get, SOCK_SEQPACKET);
	if (error != 0)
		return error;
	q = malloc(sizeof(*q));
	if (q == NULL)
		return -ENOMEM;
	fd_set_cloexec(put);
	fd_set_cloexec(get);
	q->put = put;
	q->get = get;
	*qp = q;
	return 0;
}

int
prun_queue_new(struct prun_queue **qp)
{
	const int room = ROOM;
	int fds[2];
	int error = fd_socketpair(SOCK_SEQPACKET, fds);

	if (error != 0)
		return error;
	(void)setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	error = prun_queue_from_fd(fds[0], fds[1], qp);
	if (error != 0) {
		fd_close(&fds[0]);
		fd_close(&fds[1]);
	}
	return error;
}

void
prun_queue_free(struct prun_queue *q)
{
	if (q == NULL)
		return;
	fd_close(&q->put);
	fd_close(&q->get);
	free(q);
}

int
prun_queue_put_fd(const struct prun_queue *q)
{
	return q->put;
}

int
prun_queue_get_fd(const struct prun_queue *q)
{
	return q->get;
}

void
prun_queue_close_put(struct prun_queue *q)
{
	fd_close(&q->put);
}

int
prun_queue_put(struct prun_queue *q, const void *data, size_t len,
    double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	int error;

	/* The receiver could not tell an empty message from the end. */
	if (len == 0)
		return -EINVAL;
	if (len > PRUN_QUEUE_MOST)
		return -EMSGSIZE;
	while (send(q->put, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
		error = fd_retry(errno, q->put, POLLOUT, deadline);
		if (error != 0)
			return error == -ECONNRESET ? -EPIPE : error;
	}
	return 0;
}

/*
 * As recv(2).  If meanwhile another process puts a message and closes its end, the
 * kernel may report the end before the message.  The second answer is right.
 */
static ssize_t
receive(int fd, void *data, size_t size)
{
	ssize_t n = recv(fd, data, size, MSG_DONTWAIT | MSG_TRUNC);

	return n != 0 ? n : recv(fd, data, size, MSG_DONTWAIT | MSG_TRUNC);
}

ssize_t
prun_queue_get(struct prun_queue *q, void *data, size_t size, double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	ssize_t n;
	int error;

	while ((n = receive(q->get, data, size)) == -1) {
		error = fd_retry(errno, q->get, POLLIN, deadline);
		if (error != 0)
			return error;
	}
	if (n == 0)
		return -EPIPE;
	return (size_t)n > size ? -EMSGSIZE : n;
}
