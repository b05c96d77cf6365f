/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_listener, a socket with a name in the file system, and connecting to
 * one.  connection.c sends and receives.
 */
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "prun.h"

/*
 * Another process may hold the lock to replace a name in the same folder, which
 * takes microseconds.
 */
#define LOCK_TRIES 100
#define LOCK_PAUSE_NS 10000000
#define NS_PER_US INT64_C(1000)
#define US_PER_S INT64_C(1000000)
/* A longer time counts as for ever, so that it fits a time_t of 32 bits. */
#define LONG_US (INT32_MAX * US_PER_S)

/*
 * The name of the socket in the file system.  It is removed at the end if it is
 * still ours.
 */
struct name {
	int folder;
	char base[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t dev;
	ino_t ino;
	pid_t owner; /* a forked process must not remove the name */
};

struct prun_listener {
	int fd;
	struct name name;
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
	return fd_lift(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

/* The folder stays open, because the host may change its working directory. */
static int
name_open(struct name *name, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[sizeof(name->base)] = ".";

	if (slash != NULL)
		(void)strlcpy(folder, path, (size_t)(slash - path) + 2);
	(void)strlcpy(name->base, slash != NULL ? slash + 1 : path,
	    sizeof(name->base));
	name->owner = getpid();
	name->folder = fd_open(folder, O_PATH | O_DIRECTORY, 0);
	return name->folder < 0 ? name->folder : 0;
}

static int
name_stat(const struct name *name, struct stat *st)
{
	return fstatat(name->folder, name->base, st, AT_SYMLINK_NOFOLLOW) ==
		-1 ?
	    -errno :
	    0;
}

static void
name_remove(const struct name *name)
{
	struct stat st;

	if (name->owner == getpid() && name_stat(name, &st) == 0 &&
	    st.st_dev == name->dev && st.st_ino == name->ino)
		(void)unlinkat(name->folder, name->base, 0);
}

static int
name_bind(struct name *name, int fd, const struct sockaddr_un *address)
{
	struct stat st;
	int error;

	/* bind(2) gives the mode of the socket to the name. */
	if (fchmod(fd, S_IRUSR | S_IWUSR) == -1 ||
	    bind(fd, (const void *)address, sizeof(*address)) == -1)
		return -errno;
	error = name_stat(name, &st);
	if (error == 0) {
		name->dev = st.st_dev;
		name->ino = st.st_ino;
	}
	return error;
}

/*
 * When two processes find the same dead name, only one of them may replace it.
 * Returns a descriptor that holds the lock, or -errno.
 */
static int
name_lock(const struct name *name)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };
	int fd = fd_lift(openat(name->folder, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return fd;
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		(void)nanosleep(&pause, NULL);
	}
	fd_close(&fd);
	return -EAGAIN;
}

/*
 * Is the name that of a socket that no process has open any more? The connect(2)
 * uses a socket of another type, so it makes no connection: the kernel only tells
 * whether a process has the socket open.
 */
static bool
name_is_dead(const struct name *name, const struct sockaddr_un *address)
{
	struct stat st;
	bool dead;
	int fd;

	if (name_stat(name, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return false;
	dead = connect(fd, (const void *)address, sizeof(*address)) == -1 &&
	    errno == ECONNREFUSED;
	fd_close(&fd);
	return dead;
}

/* Replace a name that a killed process has left. */
static int
name_replace(struct name *name, int fd, const struct sockaddr_un *address)
{
	int lock = name_lock(name);
	int error = -EADDRINUSE;

	if (lock < 0)
		return error;
	if (name_is_dead(name, address) &&
	    unlinkat(name->folder, name->base, 0) == 0)
		error = name_bind(name, fd, address);
	fd_close(&lock);
	return error;
}

static int
listener_listen(struct prun_listener *l, const struct sockaddr_un *address)
{
	int error = name_bind(&l->name, l->fd, address);

	if (error == -EADDRINUSE)
		error = name_replace(&l->name, l->fd, address);
	if (error == 0 && listen(l->fd, SOMAXCONN) == -1) {
		error = -errno;
		name_remove(&l->name);
	}
	return error;
}

static int
listener_open(struct prun_listener *l, const struct sockaddr_un *address)
{
	int error = name_open(&l->name, address->sun_path);

	if (error != 0)
		return error;
	l->fd = new_socket(SOCK_NONBLOCK);
	error = l->fd < 0 ? l->fd : listener_listen(l, address);
	if (error != 0) {
		if (l->fd >= 0)
			fd_close(&l->fd);
		fd_close(&l->name.folder);
	}
	return error;
}

int
prun_listener_new(const char *path, struct prun_listener **lp)
{
	struct sockaddr_un address;
	struct prun_listener *l;
	int error = address_of(path, &address);

	if (error != 0)
		return error;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	error = listener_open(l, &address);
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
	name_remove(&l->name);
	fd_close(&l->name.folder);
	fd_close(&l->fd);
	free(l);
}

int
prun_listener_fd(const struct prun_listener *l)
{
	return l->fd;
}

/* Make a connection of fd.  If that fails, fd is closed. */
static int
connection_of(int fd, struct prun_conn **cp)
{
	int error = fd < 0 ? fd : prun_conn_from_fd(fd, cp);

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

/* Limit how long the next connect(2) may wait.  A timeval of zero means for ever. */
static int
bound_wait(int fd, int64_t deadline)
{
	struct timeval left = { 0 };
	int64_t us;

	us = (deadline - clock_now()) / NS_PER_US;
	if (us < LONG_US) {
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
	} while (error == -EINTR && clock_now() < deadline);
	if (error == -EAGAIN || error == -EINTR)
		return -ETIMEDOUT;
	/* The limit was only for connect(2): remove it. */
	return error != 0 ? error : bound_wait(fd, INT64_MAX);
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
