/* SPDX-License-Identifier: ISC */

/* Owns the epoll set.  Knows nothing of what the descriptors are. */
#include <sys/epoll.h>

#include <errno.h>
#include <stddef.h>

#include "base/fd.h"
#include "pool/loop.h"

/* A bound on one turn, so that starts and deliveries get theirs. */
#define TURN 64

int
loop_init(struct loop *loop)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	fd = fd == -1 ? -errno : fd_lift(fd);
	loop->fd = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : 0;
}

void
loop_fini(struct loop *loop)
{
	fd_close(&loop->fd);
}

int
loop_resume(struct loop *loop, struct watch *w)
{
	struct epoll_event event = { .events = w->events, .data.ptr = w };

	if (w->on)
		return 0;
	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, w->fd, &event) == -1)
		return -errno;
	w->on = true;
	return 0;
}

int
loop_add(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner)
{
	int error;

	*w = (struct watch){ .fd = fd,
		.events = events,
		.fn = fn,
		.owner = owner };
	error = loop_resume(loop, w);
	if (error != 0)
		w->fd = -1;
	return error;
}

void
loop_pause(struct loop *loop, struct watch *w)
{
	if (!w->on)
		return;
	(void)epoll_ctl(loop->fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->on = false;
}

void
loop_remove(struct loop *loop, struct watch *w)
{
	if (w->fd == -1)
		return;
	loop_pause(loop, w);
	w->fd = -1;
}

int
loop_turn(struct loop *loop, int timeout)
{
	struct epoll_event events[TURN];
	struct watch *w;
	int n;

	n = epoll_wait(loop->fd, events, TURN, timeout);
	if (n == -1)
		return -errno;
	for (int i = 0; i < n; i++) {
		w = events[i].data.ptr;
		if (w->on)
			w->fn(w, events[i].events);
	}
	return n;
}
