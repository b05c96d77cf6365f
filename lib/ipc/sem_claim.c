/* SPDX-License-Identifier: ISC */

/*
 * Owns the meaning of the bytes of a semaphore's file.  It looks and takes, and
 * never waits.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/private_dir.h"
#include "ipc/sem_claim.h"

/*
 * Locks of single bytes of a file (open file description locks, fcntl(2)).
 *
 * They belong to the open file description, not to a process: fork(2) shares
 * them, and the kernel drops them with the last descriptor, however its process
 * ends.  Only the locks of other descriptions can be seen.
 */
struct ofd_lock_census {
	unsigned count; /* bytes that others hold */
	off_t last; /* the highest of them; -1: none */
};

/* l_len of a lock that reaches as far as files can. */
#define ALL 0

static int
set_lock(int fd, short type, off_t from, off_t len)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = from,
		.l_len = len,
	};

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

static int
ofd_lock_take(int fd, off_t byte)
{
	return set_lock(fd, F_WRLCK, byte, 1);
}

static int
ofd_lock_take_all(int fd)
{
	return set_lock(fd, F_WRLCK, 0, ALL);
}

static void
ofd_lock_drop(int fd, off_t byte)
{
	(void)set_lock(fd, F_UNLCK, byte, 1);
}

static void
ofd_lock_drop_all(int fd)
{
	(void)set_lock(fd, F_UNLCK, 0, ALL);
}

/*
 * The kernel names any lock within a range, in practice the oldest.  What lies
 * before it is looked at by recursion, what lies behind it by the loop.
 */
static int
look(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census)
{
	struct flock lock;
	int error;

	while (from < to && census->count < limit) {
		lock = (struct flock){
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = from,
			.l_len = to - from,
		};
		if (fcntl(fd, F_OFD_GETLK, &lock) == -1)
			return -errno;
		if (lock.l_type == F_UNLCK)
			return 0;
		if (lock.l_len != 1)
			return -EBUSY;
		census->count++;
		if (lock.l_start > census->last)
			census->last = lock.l_start;
		error = look(fd, from, lock.l_start, limit, census);
		if (error != 0)
			return error;
		from = lock.l_start + 1;
	}
	return 0;
}

static int
ofd_lock_count(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census)
{
	census->count = 0;
	census->last = -1;
	return look(fd, from, to, limit, census);
}

/* Where the tickets begin, and end. */
#define TICKETS ((off_t)1 << 32)
#define TICKETS_END ((off_t)INT64_MAX)

/* How many may take a byte between our look and our try. */
#define RUSH 64

int
sem_claim_open(struct sem_claim *v, int dir, const char *file, int flags)
{
	int fd = private_dir_open_file(dir, file, flags);

	*v = (struct sem_claim){ .dir = dir, .file = file, .fd = -1 };
	if (fd < 0)
		return fd;
	v->fd = fd;
	/* Who cleans /tmp by age shall see that it is used. */
	(void)futimens(fd, NULL);
	return 0;
}

static int
check_removed(struct sem_claim *v)
{
	struct stat st;

	if (fstat(v->fd, &st) == -1)
		return -errno;
	return st.st_nlink == 0 ? -ESTALE : 0;
}

void
sem_claim_leave(struct sem_claim *v)
{
	if (v->fd == -1)
		return;
	ofd_lock_drop_all(v->fd);
	/*
	 * Who has opened the file but has no lock yet will find it removed
	 * once he has one; he cannot get it while we have them all.
	 */
	if (ofd_lock_take_all(v->fd) == 0 && check_removed(v) == 0)
		(void)unlinkat(v->dir, v->file, 0);
	sem_claim_close(v);
}

void
sem_claim_close(struct sem_claim *v)
{
	fd_close(&v->fd);
	v->ticket = 0;
}

/* Any of the bytes that the holders counted leave free. */
static int
take_byte(struct sem_claim *v, unsigned held, unsigned value)
{
	unsigned end = held + RUSH < value ? held + RUSH : value;
	int error = -EAGAIN;

	for (unsigned byte = 0; byte < end && error == -EAGAIN; byte++)
		error = ofd_lock_take(v->fd, byte);
	return error == -EAGAIN ? -EBUSY : error;
}

int
sem_claim_take(struct sem_claim *v, unsigned value)
{
	struct ofd_lock_census census;
	int error = ofd_lock_count(v->fd, 0, SEM_CLAIM_MAX, value, &census);

	if (error != 0)
		return error;
	if (census.count >= value)
		return -EAGAIN;
	error = take_byte(v, census.count, value);
	return error != 0 ? error : check_removed(v);
}

int
sem_claim_idle(struct sem_claim *v)
{
	struct ofd_lock_census census;
	int error = ofd_lock_count(v->fd, 0, TICKETS_END, 1, &census);

	if (error == 0 && census.count > 0)
		return -EAGAIN;
	/* The one who removes the file is alone with it. */
	return error == 0 || error == -EBUSY ? check_removed(v) : error;
}

int
sem_claim_queue(struct sem_claim *v)
{
	struct ofd_lock_census census;
	int error;

	do {
		error = ofd_lock_count(v->fd, TICKETS, TICKETS_END, UINT32_MAX,
		    &census);
		if (error != 0)
			return error;
		v->ticket = census.count > 0 ? census.last + 1 : TICKETS;
		error = ofd_lock_take(v->fd, v->ticket);
	} while (error == -EAGAIN);
	if (error != 0)
		v->ticket = 0;
	return error != 0 ? error : check_removed(v);
}

void
sem_claim_unqueue(struct sem_claim *v)
{
	if (v->ticket != 0)
		ofd_lock_drop(v->fd, v->ticket);
	v->ticket = 0;
}

int
sem_claim_rank(struct sem_claim *v, unsigned limit)
{
	struct ofd_lock_census census;
	int error = ofd_lock_count(v->fd, TICKETS,
	    v->ticket != 0 ? v->ticket : TICKETS_END, limit, &census);

	return error != 0 ? error : (int)census.count;
}
