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
#include "ipc/ofd_lock.h"
#include "ipc/private_dir.h"
#include "ipc/sem_claim.h"

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
