/* SPDX-License-Identifier: ISC */

/*
 * Owns the waiting for a named semaphore, and the counts that one object holds.
 * How a count is taken is the visit's.
 *
 * A waiter looks whenever another process has closed the file.  The kernel
 * tells of a close a little before it drops the locks of a process that was
 * killed, and may have nothing to tell us with: so there is a look after 1, 2,
 * 4, ... milliseconds, too.  Those behind in the queue look a little later:
 * that makes it a queue as long as its head is awake, and lets a stopped head
 * keep nobody waiting.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "ipc/file_watch.h"
#include "ipc/named_sem.h"
#include "ipc/private_dir.h"
#include "ipc/sem_claim.h"

#define MILLISECOND INT64_C(1000000)
#define LONGEST_PAUSE (500 * MILLISECOND)
/* The last place in the queue that makes a difference. */
#define LAST_RANK 20
/* Looks of somebody who does not want to wait. */
#define LOOKS 100

typedef int look_fn(struct sem_claim *v, unsigned value);

int
named_sem_init(struct named_sem *n, const char *dir, const char *name,
    unsigned value)
{
	int error;

	*n = (struct named_sem){ .dir = -1, .value = value };
	if (value == 0 || value > SEM_CLAIM_MAX)
		return -EINVAL;
	error = private_dir_file_name("sem-", name, &n->file);
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

void
named_sem_fini(struct named_sem *n)
{
	for (size_t i = 0; i < n->nheld; i++)
		sem_claim_close(&n->held[i]);
	free(n->held);
	free(n->file);
	fd_close(&n->dir);
	pthread_mutex_destroy(&n->lock);
}

static int
named_sem_keep(struct named_sem *n, const struct sem_claim *v)
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
	n->held[n->nheld++] = *v;
out:
	pthread_mutex_unlock(&n->lock);
	return error;
}

/* Sleep, whoever comes and goes. */
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

/* Let those who came first go first. */
static void
give_way(struct sem_claim *v, int64_t deadline)
{
	int rank = sem_claim_rank(v, LAST_RANK);

	if (rank > 0)
		rest(earlier(clock_now() + rank * MILLISECOND, deadline));
}

static bool
is_later(int error)
{
	return error == -EAGAIN || error == -EBUSY;
}

static int
await(struct sem_claim *v, look_fn *look, unsigned value, int64_t deadline)
{
	int64_t pause = MILLISECOND, now;
	struct file_watch lookout;
	bool woken = true;
	int error;

	file_watch_open(&lookout, v->fd);
	for (;;) {
		if (woken && v->ticket != 0)
			give_way(v, deadline);
		error = look(v, value);
		if (!is_later(error))
			break;
		now = clock_now();
		if (now >= deadline) {
			error = -ETIMEDOUT;
			break;
		}
		woken = file_watch_wait(&lookout,
		    earlier(now + pause, deadline));
		pause = woken ? MILLISECOND : earlier(2 * pause, LONGEST_PAUSE);
	}
	file_watch_close(&lookout);
	return error;
}

static int
look_take(struct sem_claim *v, unsigned value)
{
	return sem_claim_take(v, value);
}

static int
look_idle(struct sem_claim *v, unsigned value)
{
	(void)value;
	return sem_claim_idle(v);
}

static int
enter(struct sem_claim *v, unsigned value, int64_t deadline)
{
	int error = -EAGAIN;

	if (sem_claim_rank(v, 1) == 0)
		error = sem_claim_take(v, value);
	if (!is_later(error))
		return error;
	while ((error = sem_claim_queue(v)) == -EBUSY && clock_now() < deadline)
		rest(clock_now() + MILLISECOND);
	if (error == -EBUSY)
		return -ETIMEDOUT;
	if (error == 0)
		error = await(v, look_take, value, deadline);
	if (error == 0)
		sem_claim_unqueue(v);
	return error;
}

/* Without a queue, and with no more patience than it takes to remove a file. */
static int
enter_now(struct sem_claim *v, unsigned value)
{
	int error = sem_claim_take(v, value);

	for (int i = 1; i < LOOKS && error == -EBUSY; i++) {
		rest(clock_now() + MILLISECOND);
		error = sem_claim_take(v, value);
	}
	return error == -EBUSY ? -EAGAIN : error;
}

static int
named_sem_get(struct named_sem *n, unsigned value, bool now, int64_t deadline)
{
	struct sem_claim v;
	int error;

	do {
		error = sem_claim_open(&v, n->dir, n->file, O_CREAT);
		if (error != 0)
			return error;
		error = now ? enter_now(&v, value) : enter(&v, value, deadline);
		if (error == 0)
			error = named_sem_keep(n, &v);
		if (error != 0)
			sem_claim_leave(&v);
	} while (error == -ESTALE);
	return error;
}

int
named_sem_try(struct named_sem *n)
{
	return named_sem_get(n, n->value, true, 0);
}

int
named_sem_acquire(struct named_sem *n, int64_t deadline)
{
	return named_sem_get(n, n->value, false, deadline);
}

int
named_sem_force(struct named_sem *n)
{
	return named_sem_get(n, SEM_CLAIM_MAX, true, 0);
}

int
named_sem_fd(struct named_sem *n)
{
	int fd = -1;

	pthread_mutex_lock(&n->lock);
	if (n->nheld > 0)
		fd = n->held[n->nheld - 1].fd;
	pthread_mutex_unlock(&n->lock);
	return fd;
}

int
named_sem_release(struct named_sem *n)
{
	struct sem_claim v = { .fd = -1 };

	pthread_mutex_lock(&n->lock);
	if (n->nheld > 0)
		v = n->held[--n->nheld];
	pthread_mutex_unlock(&n->lock);
	if (v.fd == -1)
		return -EINVAL;
	sem_claim_leave(&v);
	return 0;
}

int
named_sem_drain(struct named_sem *n, int64_t deadline)
{
	struct sem_claim v;
	int error;

	do {
		error = sem_claim_open(&v, n->dir, n->file, 0);
		if (error == -ENOENT)
			return 0;
		if (error != 0)
			return error;
		error = await(&v, look_idle, 0, deadline);
		sem_claim_leave(&v);
	} while (error == -ESTALE);
	return error;
}
