/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_queue: a pair of SOCK_SEQPACKET sockets, which keep messages apart.  The
 * kernel gives each message to one receiver, even if another receiver dies.  The
 * messages of a joinable queue are also counted (queue_count.c).
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/event.h"
#include "ipc/queue.h"
#include "prun.h"

/* Ask for room for four messages of the largest size; the system may allow less. */
#define ROOM (4 * PRUN_QUEUE_MOST)

static int
check_ends(int put, int get)
{
	int error = put == get && put != -1 ? -EINVAL : 0;

	if (put != -1 && error == 0)
		error = fd_check_socket(put, SOCK_SEQPACKET);
	if (get != -1 && error == 0)
		error = fd_check_socket(get, SOCK_SEQPACKET);
	return error;
}

int
prun_queue_from_fds(const int fds[PRUN_QUEUE_FDS], struct prun_queue **qp)
{
	struct prun_queue *q;
	bool joinable = fds[PRUN_QUEUE_STATE] != -1;
	int error = check_ends(fds[PRUN_QUEUE_PUT], fds[PRUN_QUEUE_GET]);

	if (error == 0 && joinable)
		error = shared_event_check(fds[PRUN_QUEUE_CHANGED]);
	if (error != 0)
		return error;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return -ENOMEM;
	if (joinable)
		error = queue_state_map(fds[PRUN_QUEUE_STATE], &q->state);
	if (error != 0) {
		free(q);
		return error;
	}
	for (int i = 0; i < PRUN_QUEUE_FDS; i++)
		fd_set_cloexec(fds[i]);
	q->put = fds[PRUN_QUEUE_PUT];
	q->get = fds[PRUN_QUEUE_GET];
	q->state_fd = fds[PRUN_QUEUE_STATE];
	q->changed = fds[PRUN_QUEUE_CHANGED];
	*qp = q;
	return 0;
}

int
prun_queue_from_fd(int put, int get, struct prun_queue **qp)
{
	int fds[PRUN_QUEUE_FDS] = { -1, -1, -1, -1 };

	fds[PRUN_QUEUE_PUT] = put;
	fds[PRUN_QUEUE_GET] = get;
	return prun_queue_from_fds(fds, qp);
}

static int
open_ends(int fds[PRUN_QUEUE_FDS])
{
	const int room = ROOM;
	int ends[2];
	int error = fd_socketpair(SOCK_SEQPACKET, ends);

	if (error != 0)
		return error;
	(void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	fds[PRUN_QUEUE_PUT] = ends[0];
	fds[PRUN_QUEUE_GET] = ends[1];
	return 0;
}

static int
open_state(int fds[PRUN_QUEUE_FDS], size_t maxsize)
{
	struct queue_state *s;
	int error = queue_state_new(maxsize > 0 ? maxsize : UINT64_MAX,
	    &fds[PRUN_QUEUE_STATE], &s);

	if (error != 0)
		return error;
	queue_state_unmap(s);
	error = shared_event_open();
	if (error < 0)
		return error;
	fds[PRUN_QUEUE_CHANGED] = error;
	return 0;
}

static int
open_queue(bool joinable, size_t maxsize, struct prun_queue **qp)
{
	int fds[PRUN_QUEUE_FDS] = { -1, -1, -1, -1 };
	int error = open_ends(fds);

	if (error == 0 && joinable)
		error = open_state(fds, maxsize);
	if (error == 0)
		error = prun_queue_from_fds(fds, qp);
	for (int i = 0; i < PRUN_QUEUE_FDS && error != 0; i++)
		fd_close(&fds[i]);
	return error;
}

int
prun_queue_new(struct prun_queue **qp)
{
	return open_queue(false, 0, qp);
}

int
prun_queue_new_joinable(size_t maxsize, struct prun_queue **qp)
{
	return open_queue(true, maxsize, qp);
}

void
prun_queue_free(struct prun_queue *q)
{
	if (q == NULL)
		return;
	fd_close(&q->put);
	fd_close(&q->get);
	fd_close(&q->state_fd);
	fd_close(&q->changed);
	queue_state_unmap(q->state);
	free(q);
}

void
prun_queue_fds(const struct prun_queue *q, int fds[PRUN_QUEUE_FDS])
{
	fds[PRUN_QUEUE_GET] = q->get;
	fds[PRUN_QUEUE_STATE] = q->state_fd;
	fds[PRUN_QUEUE_CHANGED] = q->changed;
	fds[PRUN_QUEUE_PUT] = q->put;
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

void
prun_queue_close_get(struct prun_queue *q)
{
	fd_close(&q->get);
}

int
prun_queue_put(struct prun_queue *q, const void *data, size_t len,
    double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	int error;

	/* A receiver could not tell an empty message from the end of the queue. */
	if (len == 0)
		return -EINVAL;
	if (len > PRUN_QUEUE_MOST)
		return -EMSGSIZE;
	if (q->state != NULL)
		return queue_put_counted(q, data, len, deadline);
	while (send(q->put, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
		error = fd_retry(errno, q->put, POLLOUT, deadline);
		if (error != 0)
			return error == -ECONNRESET ? -EPIPE : error;
	}
	return 0;
}

/*
 * As recv(2).  If another process puts a message and closes its end at the same
 * time, the kernel may report the end before the message.  So after an end it is
 * called again, and the second answer is right.
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

	if (q->state != NULL)
		return queue_get_counted(q, data, size, deadline);
	while ((n = receive(q->get, data, size)) == -1) {
		error = fd_retry(errno, q->get, POLLIN, deadline);
		if (error != 0)
			return error;
	}
	if (n == 0)
		return -EPIPE;
	return (size_t)n > size ? -EMSGSIZE : n;
}
