/* SPDX-License-Identifier: ISC */

#include <sys/eventfd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/shared_event.h"

int
shared_event_open(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd == -1 ? -errno : fd_lift(fd);
}

int
shared_event_check(int fd)
{
	static const char kind[] = "anon_inode:[eventfd]";
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
	char is[sizeof(kind)];
	int flags = fcntl(fd, F_GETFL);
	ssize_t n;

	if (flags == -1)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, is, sizeof(is));
	if (n == -1)
		return -errno;
	/* The calls of a blocking one would wait for each other. */
	return (flags & O_NONBLOCK) != 0 && (size_t)n == sizeof(kind) - 1 &&
		memcmp(is, kind, sizeof(kind) - 1) == 0 ?
	    0 :
	    -EINVAL;
}

void
shared_event_set(int fd)
{
	/* It fails at 2^64 - 1 alone, and then the flag is set. */
	(void)eventfd_write(fd, 1);
}

void
shared_event_clear(int fd)
{
	eventfd_t sets;

	(void)eventfd_read(fd, &sets);
}

bool
shared_event_is_set(int fd)
{
	return fd_await(fd, POLLIN, 0) == 1;
}

int
shared_event_wait(int fd, int64_t deadline)
{
	int ready = fd_await(fd, POLLIN, deadline);

	return ready == 1 ? 0 : ready == 0 ? -ETIMEDOUT : ready;
}
