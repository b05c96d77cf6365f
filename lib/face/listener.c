/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_listener: a socket in the file system, and how to get to it.  What
 * goes over it is connection.c's.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "prun.h"

#define NS_PER_US INT64_C(1000)
#define US_PER_S INT64_C(1000000)

struct prun_listener {
	int fd;
	struct sockaddr_un address;
};

static int
address_of(const char *path, struct sockaddr_un *address)
{
	size_t len = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, path, len + 1);
	return 0;
}

static int
new_socket(int flags)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	return fd == -1 ? -errno : fd_lift(fd);
}

/* Nobody gets in before listen(2), so the mode is right in time. */
static int
listener_open(struct prun_listener *l)
{
	const struct sockaddr *address = (const void *)&l->address;
	int error;

	l->fd = new_socket(SOCK_NONBLOCK);
	if (l->fd < 0)
		return l->fd;
	if (bind(l->fd, address, sizeof(l->address)) == -1) {
		error = -errno;
		fd_close(&l->fd);
		return error;
	}
	if (chmod(l->address.sun_path, S_IRUSR | S_IWUSR) == -1 ||
	    listen(l->fd, SOMAXCONN) == -1) {
		error = -errno;
		(void)unlink(l->address.sun_path);
		fd_close(&l->fd);
		return error;
	}
	return 0;
}

int
prun_listener_new(const char *path, struct prun_listener **lp)
{
	struct prun_listener *l = malloc(sizeof(*l));
	int error;

	if (l == NULL)
		return -ENOMEM;
	error = address_of(path, &l->address);
	if (error == 0)
		error = listener_open(l);
	if (error != 0) {
		free(l);
		return error;
	}
	*lp = l;
	return 0;
}

void
prun_listener_free(struct prun_listener *l)
{
	if (l == NULL)
		return;
	(void)unlink(l->address.sun_path);
	fd_close(&l->fd);
	free(l);
}

int
prun_listener_fd(const struct prun_listener *l)
{
	return l->fd;
}

/* It has a connection of its own, or it is closed. */
static int
connection_of(int fd, struct prun_conn **cp)
{
	int error = fd < 0 ? fd : prun_conn_of(fd, cp);

	if (error != 0 && fd >= 0)
		fd_close(&fd);
	return error;
}

int
prun_listener_accept(struct prun_listener *l, double timeout,
    struct prun_conn **cp)
{
	int64_t deadline = clock_deadline(timeout);
	int fd, error;

	for (;;) {
		fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1)
			return connection_of(fd_lift(fd), cp);
		if (errno == ECONNABORTED)
			continue;
		error = fd_retry(errno, l->fd, POLLIN, deadline);
		if (error != 0)
			return error;
	}
}

/* How long the next connect(2) may wait; all zero is for ever. */
static int
bound_wait(int fd, int64_t deadline)
{
	struct timeval left = { 0 };
	int64_t us;

	if (deadline != INT64_MAX) {
		us = (deadline - clock_now()) / NS_PER_US;
		us = us > 0 ? us : 1;
		left.tv_sec = (time_t)(us / US_PER_S);
		left.tv_usec = (suseconds_t)(us % US_PER_S);
	}
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof(left)) ==
		-1 ?
	    -errno :
	    0;
}

static int
connect_by(int fd, const struct sockaddr_un *address, int64_t deadline)
{
	int error;

	do {
		error = bound_wait(fd, deadline);
		if (error == 0 &&
		    connect(fd, (const void *)address, sizeof(*address)) == -1)
			error = -errno;
	} while (error == -EINTR);
	return error == -EAGAIN ? -ETIMEDOUT : error;
}

int
prun_conn_connect(const char *path, double timeout, struct prun_conn **cp)
{
	struct sockaddr_un address;
	int fd, error = address_of(path, &address);

	if (error != 0)
		return error;
	fd = new_socket(0);
	if (fd < 0)
		return fd;
	error = connect_by(fd, &address, clock_deadline(timeout));
	if (error != 0) {
		fd_close(&fd);
		return error;
	}
	return connection_of(fd, cp);
}
