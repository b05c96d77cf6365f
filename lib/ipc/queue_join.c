/* SPDX-License-Identifier: ISC */

/*
 * Owns the end of messages: they are done, or the process that got them has died.  Whoever
 * joins watches a pidfd of each process that gets messages.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/queue.h"

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
		/* In this order: one that is done and open is not lost. */
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
	struct watched *watched; /* as the rows of the state */
	uint32_t n;
};

/*
 * A process that is dead by now, or whose number is another's, has no pidfd that could tell:
 * -ESRCH.
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

/* With the lock.  1: every message is done or lost; 0: not yet; -errno. */
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
		/* The first look may be the last. */
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
