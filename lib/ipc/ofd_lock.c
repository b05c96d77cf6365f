/* SPDX-License-Identifier: ISC */

/* Owns the calls of fcntl(2) for locks.  Knows nothing of what bytes mean. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "ipc/ofd_lock.h"

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

int
ofd_lock_take(int fd, off_t byte)
{
	return set_lock(fd, F_WRLCK, byte, 1);
}

int
ofd_lock_take_all(int fd)
{
	return set_lock(fd, F_WRLCK, 0, ALL);
}

void
ofd_lock_drop(int fd, off_t byte)
{
	(void)set_lock(fd, F_UNLCK, byte, 1);
}

void
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

int
ofd_lock_count(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census)
{
	census->count = 0;
	census->last = -1;
	return look(fd, from, to, limit, census);
}
