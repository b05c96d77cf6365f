/* SPDX-License-Identifier: ISC */

/*
 * Owns putting, getting and joining in a queue whose messages are counted.  Who sends or
 * receives holds the lock meanwhile, so that the numbers and the socket agree.  A message
 * is over when it is done, or when the process that got it has died: prun_queue_join()
 * watches a pidfd of each process that gets messages.  The file is long because all three
 * change the same counts under that lock.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/queue.h"

/* How a thread waits for a change of the state. */
struct queue_wait {
	int epoll; /* -1: the thread has not waited yet */
};

static void
queue_wait_fini(struct queue_wait *w)
{
	fd_close(&w->epoll);
}

static int
watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events | EPOLLET };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == -1 ? -errno : 0;
}

/*
 * Each write to an eventfd wakes every epoll that watches it edge-triggered.  So
 * nobody has to read it, and no process can read a write away before another has
 * seen it.
 */
static int
queue_wait_init(struct queue_wait *w, const struct prun_queue *q)
{
	int error;

	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (w->epoll == -1)
		return -errno;
	error = watch(w->epoll, q->changed, EPOLLIN);
	/*
	 * Without any events, epoll reports only that no process has the other end
	 * any more.
	 */
	if (error == 0 && q->put != -1)
		error = watch(w->epoll, q->put, 0);
	if (error != 0)
		queue_wait_fini(w);
	return error;
}

/*
 * Waits until a process writes to q->changed, or no other process has the queue's
 * other end any more, or another descriptor that the caller has added to the
 * epoll(7) is ready (edge-triggered).  The first call returns at once.  0;
 * -ETIMEDOUT: the deadline has come; or -errno.
 */
static int
queue_wait(struct queue_wait *w, const struct prun_queue *q, int64_t deadline)
{
	struct epoll_event event;
	int n;

	if (w->epoll == -1)
		return queue_wait_init(w, q);
	if (clock_now() >= deadline)
		return -ETIMEDOUT;
	n = epoll_wait(w->epoll, &event, 1, clock_poll_timeout(deadline));
	return n == -1 && errno != EINTR ? -errno : 0;
}

/*
 * To be called under the lock, before a change: the threads that wait will look
 * again when the lock is released.
 */
static void
queue_tell(const struct prun_queue *q, _Atomic uint32_t *waits)
{
	if (*waits == 0)
		return;
	(void)eventfd_write(q->changed, 1);
	*waits = 0;
}

/* To be called under the lock: is there no process that could get messages? */
static bool
queue_has_no_getter(const struct prun_queue *q)
{
	struct pollfd pfd = { .fd = q->put };

	return q->put != -1 && poll(&pfd, 1, 0) == 1;
}

/* Does the socket hold no message? false also if this process cannot see that. */
static bool
is_empty(const struct prun_queue *q)
{
	char byte;
	int n;

	if (q->get != -1)
		return recv(q->get, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
	if (q->put == -1)
		return false;
	return (ioctl(q->put, SIOCOUTQ, &n) == 0 && n == 0) ||
	    queue_has_no_getter(q);
}

/*
 * To be called under the lock: if no message is left that somebody could get, all
 * messages count as got.
 */
static void
queue_settle(const struct prun_queue *q)
{
	struct queue_state *s = q->state;

	if (s->got == s->put || !is_empty(q))
		return;
	queue_tell(q, &s->putter_waits);
	queue_tell(q, &s->joiner_waits);
	s->got = s->put;
}

/*
 * To be called under the lock: the row of this process.  If it has none, it gets one
 * if add is true.
 */
static int
queue_own(struct prun_queue *q, bool add, struct queue_owner **op)
{
	pid_t pid = getpid();
	int error = q->self.pid == pid ? 0 : proc_read(pid, &q->self);

	if (error != 0)
		return error;
	*op = queue_state_owner(q->state, &q->self);
	if (*op != NULL || !add)
		return *op != NULL ? 0 : -EINVAL;
	queue_tell(q, &q->state->joiner_waits);
	*op = queue_state_add_owner(q->state, &q->self);
	return *op != NULL ? 0 : -EUSERS;
}

static ssize_t
send_counted(struct prun_queue *q, const void *data, size_t len)
{
	struct queue_state *s = q->state;
	uint64_t serial = s->put + 1;
	struct iovec part[2] = {
		{ .iov_base = &serial, .iov_len = QUEUE_HEAD },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = len },
	};
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t n;

	/*
	 * The number is stored before the message is sent, so that no two messages
	 * have the same.
	 */
	s->put = serial;
	n = sendmsg(q->put, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1) {
		n = -errno;
		s->put = serial - 1;
	}
	return n;
}

/*
 * 0; -EAGAIN: the socket is full; -ENOBUFS: as many messages wait as may; or
 * another -errno.
 */
static int
try_put(struct prun_queue *q, const void *data, size_t len, int64_t deadline)
{
	struct queue_state *s = q->state;
	ssize_t n;
	int error = queue_state_lock(s, deadline);

	if (error != 0)
		return error;
	if (!queue_state_has_room(s))
		queue_settle(q);
	if (q->put == -1 || queue_has_no_getter(q) || queue_state_has_room(s)) {
		n = send_counted(q, data, len);
		error = n < 0 ? (int)n : 0;
	} else {
		s->putter_waits = 1;
		error = -ENOBUFS;
	}
	queue_state_unlock(s);
	return error;
}

int
queue_put_counted(struct prun_queue *q, const void *data, size_t len,
    int64_t deadline)
{
	struct queue_wait wait = { .epoll = -1 };
	int error;

	do {
		error = try_put(q, data, len, deadline);
		if (error == -ENOBUFS)
			error = queue_wait(&wait, q, deadline);
		else if (error == -EAGAIN || error == -EINTR)
			error = fd_retry(-error, q->put, POLLOUT, deadline);
		else
			break;
	} while (error == 0);
	queue_wait_fini(&wait);
	return error == -ECONNRESET ? -EPIPE : error;
}

/* Returns how many bytes, the serial number included; 0: the end of the queue. */
static ssize_t
receive_counted(struct prun_queue *q, uint64_t *serial, void *data, size_t size)
{
	struct iovec part[2] = {
		{ .iov_base = serial, .iov_len = QUEUE_HEAD },
		{ .iov_base = data, .iov_len = size },
	};
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t n = recvmsg(q->get, &msg, MSG_DONTWAIT | MSG_TRUNC);

	/* The second answer is right: see receive() in queue.c. */
	if (n == 0)
		n = recvmsg(q->get, &msg, MSG_DONTWAIT | MSG_TRUNC);
	return n == -1 ? -errno : n;
}

/*
 * The caller holds the lock.  Before the message is received, the process gets its
 * row and the putters are told.  If the process is killed after that, a joiner
 * notices its death, and a putter looks again.
 */
static ssize_t
take(struct prun_queue *q, void *data, size_t size)
{
	struct queue_owner *owner;
	uint64_t serial;
	ssize_t n;
	int error = queue_own(q, true, &owner);

	if (error != 0)
		return error;
	queue_tell(q, &q->state->putter_waits);
	n = receive_counted(q, &serial, data, size);
	if (n <= 0)
		return n == 0 ? -EPIPE : n;
	if ((size_t)n <= QUEUE_HEAD)
		return -EPROTO;
	q->state->got = serial;
	n -= (ssize_t)QUEUE_HEAD;
	if ((size_t)n > size)
		return -EMSGSIZE;
	owner->open++;
	return n;
}

ssize_t
queue_get_counted(struct prun_queue *q, void *data, size_t size,
    int64_t deadline)
{
	ssize_t n;
	int error;

	for (;;) {
		error = queue_state_lock(q->state, deadline);
		if (error != 0)
			return error;
		n = take(q, data, size);
		queue_state_unlock(q->state);
		if (n != -EAGAIN && n != -EINTR)
			return n;
		error = fd_retry((int)-n, q->get, POLLIN, deadline);
		if (error != 0)
			return error;
	}
}

int
prun_queue_task_done(struct prun_queue *q)
{
	struct queue_owner *owner;
	int error;

	if (q->state == NULL)
		return -ENOTSUP;
	error = queue_state_lock(q->state, INT64_MAX);
	if (error != 0)
		return error;
	error = queue_own(q, false, &owner);
	if (error == 0 && owner->open == 0)
		error = -EINVAL;
	if (error == 0) {
		if (q->state->joiner_waits != 0 &&
		    queue_state_open(q->state) == 1)
			queue_tell(q, &q->state->joiner_waits);
		/*
		 * In this order: if the process is killed in between, the message
		 * counts as done and open, and is not lost.
		 */
		q->state->done++;
		owner->open--;
	}
	queue_state_unlock(q->state);
	return error;
}

struct watched {
	pid_t pid;
	unsigned long long started;
	int pidfd; /* -1: none */
};

struct joiner {
	struct prun_queue *queue;
	struct queue_wait wait;
	struct watched *watched; /* one for each row of the state */
	uint32_t n;
};

/*
 * Watch the process of a row.  -ESRCH: it is dead, or its number belongs to another
 * process, so there is no pidfd that could report its end.
 */
static int
watch_owner(struct joiner *j, struct watched *w, const struct queue_owner *o)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLET };
	struct proc now;

	fd_close(&w->pidfd);
	w->pid = o->pid;
	w->started = o->started;
	if (w->pid == 0)
		return 0;
	w->pidfd = (int)syscall(SYS_pidfd_open, w->pid, 0);
	if (w->pidfd == -1)
		return errno == EINVAL ? -ESRCH : -errno;
	if (proc_read(w->pid, &now) == 0 && now.started != w->started)
		return -ESRCH;
	return epoll_ctl(j->wait.epoll, EPOLL_CTL_ADD, w->pidfd, &e) == -1 ?
	    -errno :
	    0;
}

static int
watch_owners(struct joiner *j)
{
	const struct queue_state *s = j->queue->state;
	struct watched *more;
	int error = 0;

	if (j->n < s->owners_used) {
		more = reallocarray(j->watched, s->owners_used, sizeof(*more));
		if (more == NULL)
			return -ENOMEM;
		j->watched = more;
		for (; j->n < s->owners_used; j->n++)
			j->watched[j->n] = (struct watched){ .pidfd = -1 };
	}
	for (uint32_t i = 0; i < j->n && error == 0; i++) {
		const struct queue_owner *o = &s->owners[i];
		struct watched *w = &j->watched[i];

		if (o->pid != w->pid || o->started != w->started)
			error = watch_owner(j, w, o);
	}
	return error;
}

/* The caller holds the lock.  1: every message is done or lost; 0: not yet; or -errno. */
static int
is_over(struct joiner *j)
{
	struct queue_state *s = j->queue->state;
	int error;

	do {
		queue_settle(j->queue);
		if (queue_state_open(s) > 0)
			queue_state_sweep(s);
		if (s->got == s->put && queue_state_open(s) == 0)
			return 1;
		/* At the first look no process is watched: it may be the only look. */
		error = j->wait.epoll != -1 ? watch_owners(j) : 0;
	} while (error == -ESRCH);
	s->joiner_waits = 1;
	return error;
}

static ssize_t
join(struct joiner *j, int64_t deadline)
{
	struct queue_state *s = j->queue->state;
	ssize_t lost;
	int error;

	for (;;) {
		error = queue_state_lock(s, deadline);
		if (error != 0)
			return error;
		error = is_over(j);
		lost = (ssize_t)(s->got - s->done);
		queue_state_unlock(s);
		if (error != 0)
			return error < 0 ? error : lost;
		error = queue_wait(&j->wait, j->queue, deadline);
		if (error != 0)
			return error;
	}
}

ssize_t
prun_queue_join(struct prun_queue *q, double timeout)
{
	struct joiner j = { .queue = q, .wait = { .epoll = -1 } };
	ssize_t lost;

	if (q->state == NULL)
		return -ENOTSUP;
	if (q->put == -1 && q->get == -1)
		return -EBADF;
	lost = join(&j, clock_deadline(timeout));
	for (uint32_t i = 0; i < j.n; i++)
		fd_close(&j.watched[i].pidfd);
	free(j.watched);
	queue_wait_fini(&j.wait);
	return lost;
}
