/* SPDX-License-Identifier: ISC */

/*
 * Owns the epoll set, and the wait for those that come later: a timerfd of its
 * own, since the Timer's thread could only wake this one.  Knows nothing of what
 * the descriptors are.
 */
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "event/loop.h"

/* A bound on one turn, so that starts and deliveries get theirs. */
#define TURN 64

int
loop_init(struct loop *loop)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	fd = fd == -1 ? -errno : fd_lift(fd);
	loop->fd = fd < 0 ? -1 : fd;
	loop->alarm.fd = -1;
	loop->armed = false;
	TAILQ_INIT(&loop->later);
	return fd < 0 ? fd : 0;
}

void
loop_fini(struct loop *loop)
{
	fd_close(&loop->alarm.fd);
	fd_close(&loop->fd);
}

static void
loop_forget_later(struct loop *loop, struct watch *w)
{
	if (w->later)
		TAILQ_REMOVE(&loop->later, w, entry);
	w->later = false;
}

static void
loop_put_later(struct loop *loop, struct watch *w, int64_t now)
{
	loop_forget_later(loop, w);
	w->later = true;
	w->due = now + LOOP_LATER;
	TAILQ_INSERT_TAIL(&loop->later, w, entry);
}

int
loop_resume(struct loop *loop, struct watch *w)
{
	struct epoll_event event = { .events = w->events, .data.ptr = w };

	if (w->on)
		return 0;
	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, w->fd, &event) == -1)
		return -errno;
	loop_forget_later(loop, w);
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

/* Not for each of many that come one after the other. */
static void
loop_arm(struct loop *loop, int64_t earliest)
{
	const struct watch *first = TAILQ_FIRST(&loop->later);
	struct itimerspec when = { 0 };
	int64_t due;

	if (first == NULL || loop->armed)
		return;
	due = first->due > earliest ? first->due : earliest;
	when.it_value.tv_sec = due / 1000000000;
	when.it_value.tv_nsec = due % 1000000000;
	/* Of a good descriptor and a good time: it cannot fail. */
	loop->armed = timerfd_settime(loop->alarm.fd, TFD_TIMER_ABSTIME, &when,
			  NULL) == 0;
}

static void
loop_alarm(struct watch *alarm, uint32_t events)
{
	struct loop *loop = alarm->owner;
	int64_t now = clock_now();
	struct watch *w;
	uint64_t n;

	(void)events;
	loop->armed = read(alarm->fd, &n, sizeof(n)) == -1 && errno != EAGAIN;
	while ((w = TAILQ_FIRST(&loop->later)) != NULL && w->due <= now) {
		if (loop_resume(loop, w) == 0)
			continue;
		loop_put_later(loop, w, now);
		w->fn(w, EPOLLIN);
	}
	loop_arm(loop, now + LOOP_LATER / 2);
}

static int
loop_make_alarm(struct loop *loop)
{
	int fd, error;

	if (loop->alarm.fd != -1)
		return 0;
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	fd = fd == -1 ? -errno : fd_lift(fd);
	if (fd < 0)
		return fd;
	error = loop_add(loop, &loop->alarm, fd, EPOLLIN, loop_alarm, loop);
	if (error != 0)
		fd_close(&fd);
	return error;
}

int
loop_add_later(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner, int64_t now)
{
	if (loop_make_alarm(loop) != 0)
		return loop_add(loop, w, fd, events, fn, owner);
	*w = (struct watch){ .fd = fd,
		.events = events,
		.fn = fn,
		.owner = owner };
	loop_put_later(loop, w, now);
	loop_arm(loop, 0);
	return 0;
}

void
loop_pause(struct loop *loop, struct watch *w)
{
	loop_forget_later(loop, w);
	if (!w->on)
		return;
	(void)epoll_ctl(loop->fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->on = false;
}

void
loop_snooze(struct loop *loop, struct watch *w, int64_t now)
{
	if (!w->on || loop_make_alarm(loop) != 0)
		return;
	loop_pause(loop, w);
	loop_put_later(loop, w, now);
	loop_arm(loop, 0);
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
