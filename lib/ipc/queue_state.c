/* SPDX-License-Identifier: ISC */

/*
 * Owns what the processes of a joinable queue share: who gets messages, and how
 * many were put, got and done.
 */
#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/queue.h"

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
