/* SPDX-License-Identifier: ISC */

/*
 * Owns the waiting for a named semaphore, and the counts that one object holds.
 * sem_claim.c takes and gives back a single count.
 *
 * A waiter tries to take a count whenever another process has closed the file.  That
 * is not enough: inotify(7) may not be available, and when a process is killed the
 * kernel reports the close a little before it drops the locks.  So a waiter also
 * tries after 1, 2, 4, ... milliseconds.  A waiter that is further back in the queue
 * tries a little later, so that the first in the queue gets the count; but if the
 * first is a stopped process, the next waiter need not wait for it.
 */
#include <sys/inotify.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/sem_claim.h"
#include "prun.h"

struct file_watch {
	/* An inotify(7) descriptor; -1: file_watch_wait() only sleeps. */
	int fd;
};

static void
file_watch_close(struct file_watch *w)
{
	fd_close(&w->fd);
}

/* Watch the file that fd has open.  If that is impossible, w->fd is -1. */
static void
file_watch_open(struct file_watch *w, int fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];

	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd == -1)
		return;
	/*
	 * The path in /proc names exactly this file.  The file's own name may belong
	 * to another file by now.
	 */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inotify_add_watch(w->fd, path, IN_CLOSE_WRITE) == -1)
		file_watch_close(w);
}

/*
 * Wait until the time `until` (of clock_now()), or until a process closes the file
 * that it had open for writing.  true: since the last call, a process has done so.
 */
static bool
file_watch_wait(struct file_watch *w, int64_t until)
{
	char events[sizeof(struct inotify_event) + NAME_MAX + 1];

	if (fd_await(w->fd, POLLIN, until) != 1)
		return false;
	while (read(w->fd, events, sizeof(events)) > 0)
		;
	return true;
}

#define MILLISECOND INT64_C(1000000)
#define LONGEST_PAUSE (500 * MILLISECOND)
/* Waiters further back in the queue do not wait longer than the one of this rank. */
#define LAST_RANK 20
/* prun_named_sem_try() looks at most so many times while it gets -EBUSY. */
#define LOOKS 100

typedef int look_fn(struct sem_claim *claim, unsigned value);

static int
named_sem_init(struct prun_named_sem *n, const char *dir, const char *name,
    unsigned value)
{
	int error = private_dir_file_name("sem-", name, &n->file);

	n->value = value;
	n->dir = -1;
	if (error != 0)
		return error;
	n->dir = private_dir_open(dir);
	error = n->dir < 0 ? n->dir : -pthread_mutex_init(&n->lock, NULL);
	if (error == 0)
		return 0;
	if (n->dir >= 0)
		fd_close(&n->dir);
	free(n->file);
	return error;
}

int
prun_named_sem_open(const char *dir, const char *name, unsigned value,
    struct prun_named_sem **sp)
{
	struct prun_named_sem *n;
	int error;

	if (value == 0 || value > SEM_CLAIM_MAX)
		return -EINVAL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return -ENOMEM;
	error = named_sem_init(n, dir, name, value);
	if (error != 0)
		free(n);
	else
		*sp = n;
	return error;
}

/* The counts that a forked process shares are not given back. */
void
prun_named_sem_free(struct prun_named_sem *n)
{
	if (n == NULL)
		return;
	for (size_t i = 0; i < n->nheld; i++)
		sem_claim_close(&n->held[i]);
	free(n->held);
	free(n->file);
	fd_close(&n->dir);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

static int
named_sem_keep(struct prun_named_sem *n, const struct sem_claim *claim)
{
	struct sem_claim *held;
	int error = 0;

	pthread_mutex_lock(&n->lock);
	if (n->nheld == n->size) {
		held = reallocarray(n->held, 2 * n->size + 1, sizeof(*held));
		if (held == NULL) {
			error = -ENOMEM;
			goto out;
		}
		n->held = held;
		n->size = 2 * n->size + 1;
	}
	n->held[n->nheld++] = *claim;
out:
	pthread_mutex_unlock(&n->lock);
	return error;
}

/* Sleep until that time. */
static void
rest(int64_t until)
{
	struct file_watch none = { .fd = -1 };

	(void)file_watch_wait(&none, until);
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Sleep one millisecond for each waiter that is ahead in the queue. */
static void
give_way(struct sem_claim *claim, int64_t deadline)
{
	int rank = sem_claim_rank(claim, LAST_RANK);

	if (rank > 0)
		rest(earlier(clock_now() + rank * MILLISECOND, deadline));
}

static bool
is_later(int error)
{
	return error == -EAGAIN || error == -EBUSY;
}

static int
await(struct sem_claim *claim, look_fn *look, unsigned value, int64_t deadline)
{
	int64_t pause = MILLISECOND, now;
	struct file_watch watch;
	bool woken = true;
	int error;

	file_watch_open(&watch, claim->fd);
	for (;;) {
		if (woken && claim->ticket != 0)
			give_way(claim, deadline);
		error = look(claim, value);
		if (!is_later(error))
			break;
		now = clock_now();
		if (now >= deadline) {
			error = -ETIMEDOUT;
			break;
		}
		woken = file_watch_wait(&watch, earlier(now + pause, deadline));
		pause = woken ? MILLISECOND : earlier(2 * pause, LONGEST_PAUSE);
	}
	file_watch_close(&watch);
	return error;
}

static int
look_take(struct sem_claim *claim, unsigned value)
{
	return sem_claim_take(claim, value);
}

static int
look_idle(struct sem_claim *claim, unsigned value)
{
	(void)value;
	return sem_claim_idle(claim);
}

static int
enter(struct sem_claim *claim, unsigned value, int64_t deadline)
{
	int error = -EAGAIN;

	if (sem_claim_rank(claim, 1) == 0)
		error = sem_claim_take(claim, value);
	if (!is_later(error))
		return error;
	while ((error = sem_claim_queue(claim)) == -EBUSY &&
	    clock_now() < deadline)
		rest(clock_now() + MILLISECOND);
	if (error == -EBUSY)
		return -ETIMEDOUT;
	if (error == 0)
		error = await(claim, look_take, value, deadline);
	if (error == 0)
		sem_claim_unqueue(claim);
	return error;
}

/*
 * Try to take a count without a place in the queue.  -EBUSY lasts only as long as
 * another process removes the file.
 */
static int
enter_now(struct sem_claim *claim, unsigned value)
{
	int error = sem_claim_take(claim, value);

	for (int i = 1; i < LOOKS && error == -EBUSY; i++) {
		rest(clock_now() + MILLISECOND);
		error = sem_claim_take(claim, value);
	}
	return error == -EBUSY ? -EAGAIN : error;
}

static int
named_sem_get(struct prun_named_sem *n, unsigned value, bool now,
    int64_t deadline)
{
	struct sem_claim claim;
	int error;

	do {
		error = sem_claim_open(&claim, n->dir, n->file, O_CREAT);
		if (error != 0)
			return error;
		error = now ? enter_now(&claim, value) :
			      enter(&claim, value, deadline);
		if (error == 0)
			error = named_sem_keep(n, &claim);
		if (error != 0)
			sem_claim_leave(&claim);
	} while (error == -ESTALE);
	return error;
}

int
prun_named_sem_try(struct prun_named_sem *n)
{
	return named_sem_get(n, n->value, true, 0);
}

int
prun_named_sem_acquire(struct prun_named_sem *n, double timeout)
{
	return named_sem_get(n, n->value, false, clock_deadline(timeout));
}

int
prun_named_sem_force(struct prun_named_sem *n)
{
	return named_sem_get(n, SEM_CLAIM_MAX, true, 0);
}

int
prun_named_sem_fd(struct prun_named_sem *n)
{
	int fd = -1;

	pthread_mutex_lock(&n->lock);
	if (n->nheld > 0)
		fd = n->held[n->nheld - 1].fd;
	pthread_mutex_unlock(&n->lock);
	return fd;
}

int
prun_named_sem_release(struct prun_named_sem *n)
{
	struct sem_claim claim = { .fd = -1 };

	pthread_mutex_lock(&n->lock);
	if (n->nheld > 0)
		claim = n->held[--n->nheld];
	pthread_mutex_unlock(&n->lock);
	if (claim.fd == -1)
		return -EINVAL;
	sem_claim_leave(&claim);
	return 0;
}

int
prun_named_sem_drain(struct prun_named_sem *n, double timeout)
{
	int64_t deadline = clock_deadline(timeout);
	struct sem_claim claim;
	int error;

	do {
		error = sem_claim_open(&claim, n->dir, n->file, 0);
		if (error == -ENOENT)
			return 0;
		if (error != 0)
			return error;
		error = await(&claim, look_idle, 0, deadline);
		sem_claim_leave(&claim);
	} while (error == -ESTALE);
	return error;
}
