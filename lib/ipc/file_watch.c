/* SPDX-License-Identifier: ISC */

/* Owns an inotify(7) descriptor for one file. */
#include <sys/inotify.h>

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/fd.h"
#include "ipc/file_watch.h"

void
file_watch_open(struct file_watch *w, int fd)
{
	char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];

	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd == -1)
		return;
	/* Not by its name, which may belong to another file by now. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (inotify_add_watch(w->fd, path, IN_CLOSE_WRITE) == -1)
		file_watch_close(w);
}

void
file_watch_close(struct file_watch *w)
{
	fd_close(&w->fd);
}

bool
file_watch_wait(struct file_watch *w, int64_t until)
{
	char events[sizeof(struct inotify_event) + NAME_MAX + 1];

	if (fd_await(w->fd, POLLIN, until) != 1)
		return false;
	while (read(w->fd, events, sizeof(events)) > 0)
		;
	return true;
}
