/* SPDX-License-Identifier: ISC */

/*
 * Owns what the processes of a joinable queue share: who gets messages, and how
 * many were put, got and done.  A message is over when it is done, or when the
 * process that got it has died: prun_queue_join() watches a pidfd of each process
 * that gets messages.
 */
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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

#define MAGIC 0x71756531U
/* No process holds the lock for longer, except one that was stopped. */
#define PATIENCE INT64_C(1000000000)
/* If a process could shrink the memfd, it could kill all others by SIGBUS. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int
queue_state_map(int fd, struct queue_state **sp)
{
	struct queue_state *s;
	struct stat st;
	int seals;

	if (fstat(fd, &st) == -1)
		return -errno;
	seals = fcntl(fd, F_GET_SEALS);
	if (seals == -1 || (seals & F_SEAL_SHRINK) == 0 ||
	    st.st_size != (off_t)sizeof(*s))
		return -EINVAL;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return -errno;
	if (s->magic != MAGIC) {
		(void)munmap(s, sizeof(*s));
		return -EINVAL;
	}
	*sp = s;
	return 0;
}

static int
prepare(int fd, uint64_t most)
{
	struct queue_state *s;
	int error;

	if (ftruncate(fd, (off_t)sizeof(*s)) == -1 ||
	    fcntl(fd, F_ADD_SEALS, SEALS) == -1)
		return -errno;
	s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return -errno;
	error = lock_init(&s->lock);
	s->most = most;
	s->magic = MAGIC;
	(void)munmap(s, sizeof(*s));
	return error;
}

int
queue_state_new(uint64_t most, int *fd, struct queue_state **sp)
{
	int error;

	*fd = memfd_create("prun_queue", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd == -1)
		return -errno;
	*fd = fd_lift(*fd);
	if (*fd < 0) {
		error = *fd;
		*fd = -1;
		return error;
	}
	error = prepare(*fd, most);
	if (error == 0)
		error = queue_state_map(*fd, sp);
	if (error != 0)
		fd_close(fd);
	return error;
}

void
queue_state_unmap(struct queue_state *s)
{
	if (s != NULL)
		(void)munmap(s, sizeof(*s));
}

int
queue_state_lock(struct queue_state *s, int64_t deadline)
{
	int64_t patient = clock_now() + PATIENCE;
	int error = lock_acquire(&s->lock,
	    deadline > patient ? deadline : patient);

	return error == -EOWNERDEAD ? 0 : error;
}

void
queue_state_unlock(struct queue_state *s)
{
	(void)lock_release(&s->lock);
}

bool
queue_state_has_room(const struct queue_state *s)
{
	return s->put - s->got < s->most;
}

static bool
is_owner(const struct queue_owner *o, const struct proc *self)
{
	return o->pid == self->pid && o->started == self->started;
}

struct queue_owner *
queue_state_owner(struct queue_state *s, const struct proc *self)
{
	for (uint32_t i = 0; i < s->owners_used; i++) {
		if (is_owner(&s->owners[i], self))
			return &s->owners[i];
	}
	return NULL;
}

/*
 * A row may be taken from a process that has no open messages: it gets a new one
 * when it needs one.
 */
static struct queue_owner *
free_owner(struct queue_state *s)
{
	for (uint32_t i = 0; i < s->owners_used; i++) {
		if (s->owners[i].pid == 0)
			return &s->owners[i];
	}
	if (s->owners_used < QUEUE_OWNERS)
		return &s->owners[s->owners_used++];
	for (uint32_t i = 0; i < QUEUE_OWNERS; i++) {
		if (s->owners[i].open == 0)
			return &s->owners[i];
	}
	return NULL;
}

struct queue_owner *
queue_state_add_owner(struct queue_state *s, const struct proc *self)
{
	struct queue_owner *o = free_owner(s);

	if (o == NULL) {
		queue_state_sweep(s);
		o = free_owner(s);
	}
	if (o == NULL)
		return NULL;
	o->pid = 0;
	o->started = self->started;
	o->pid = self->pid;
	return o;
}

uint64_t
queue_state_open(const struct queue_state *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->owners_used; i++)
		n += s->owners[i].open;
	return n;
}

/*
 * A process that /proc does not show to this user counts as alive as long as its
 * number is in use.
 */
static bool
is_dead(const struct queue_owner *o)
{
	struct proc now;

	if (kill(o->pid, 0) == -1 && errno == ESRCH)
		return true;
	if (proc_read(o->pid, &now) != 0)
		return false;
	return now.dead || now.started != o->started;
}

void
queue_state_sweep(struct queue_state *s)
{
	for (uint32_t i = 0; i < s->owners_used; i++) {
		struct queue_owner *o = &s->owners[i];

		if (o->pid != 0 && is_dead(o)) {
			o->open = 0;
			o->pid = 0;
		}
	}
}
