/* SPDX-License-Identifier: ISC */

/*
 * Owns the epoll set and the order of a turn: descriptors and mail in the order in
 * which the kernel reports them, timers when the alarm goes off.  Does not know what
 * the descriptors and timers are for.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "event/loop.h"

/*
 * At most so many events are handled in one turn, so that starts and deliveries are
 * not delayed.
 */
#define TURN 64
#define NS_PER_S 1000000000

static void
loop_mail_ready(struct watch *w, uint32_t events)
{
	struct loop *loop = w->owner;
	struct mail *mail;
	unsigned bits;

	(void)events;
	mailbox_quiet(&loop->mailbox);
	while ((mail = mailbox_take(&loop->mailbox, &bits)) != NULL) {
		mail->fn(mail, bits);
	}
}

int
loop_init(struct loop *loop)
{
	int fd, error;

	*loop = (struct loop){ .fd = -1,
		.mailbox.fd = -1,
		.mail_watch.fd = -1,
		.alarm.fd = -1,
		.always_ready.fd = -1,
		.armed = INT64_MAX };
	TAILQ_INIT(&loop->later);
	TAILQ_INIT(&loop->always);
	fd = fd_lift(epoll_create1(EPOLL_CLOEXEC));
	if (fd < 0)
		return fd;
	loop->fd = fd;
	error = mailbox_init(&loop->mailbox);
	return error != 0 ? error :
			    loop_add(loop, &loop->mail_watch, loop->mailbox.fd,
				EPOLLIN, loop_mail_ready, loop);
}

void
loop_fini(struct loop *loop)
{
	fd_close(&loop->always_ready.fd);
	fd_close(&loop->alarm.fd);
	mailbox_fini(&loop->mailbox);
	deadline_heap_fini(&loop->timers);
	fd_close(&loop->fd);
}

/*
 * The eventfd is never read: it makes epoll_wait(2), and a host's own loop, return
 * at once.
 */
static int
loop_make_always_ready(struct loop *loop)
{
	int fd;

	if (loop->always_ready.fd != -1)
		return 0;
	fd = fd_lift(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
	if (fd < 0)
		return fd;
	loop->always_ready = (struct watch){ .fd = fd, .events = EPOLLIN };
	return 0;
}

static int
loop_resume_always(struct loop *loop, struct watch *w)
{
	int error = loop_make_always_ready(loop);

	if (error == 0 && TAILQ_EMPTY(&loop->always))
		error = loop_resume(loop, &loop->always_ready);
	if (error != 0)
		return error;
	TAILQ_INSERT_TAIL(&loop->always, w, entry);
	w->always = w->on = true;
	return 0;
}

static void
loop_pause_always(struct loop *loop, struct watch *w)
{
	TAILQ_REMOVE(&loop->always, w, entry);
	w->on = false;
	if (TAILQ_EMPTY(&loop->always))
		loop_pause(loop, &loop->always_ready);
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
	w->due = now + LOOP_SNOOZE_NS;
	TAILQ_INSERT_TAIL(&loop->later, w, entry);
}

int
loop_resume(struct loop *loop, struct watch *w)
{
	struct epoll_event event = { .events = w->events, .data.ptr = w };

	if (w->on)
		return 0;
	loop_forget_later(loop, w);
	if (w->always)
		return loop_resume_always(loop, w);
	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, w->fd, &event) == -1)
		return errno == EPERM ? loop_resume_always(loop, w) : -errno;
	w->on = true;
	return 0;
}

void
loop_prepare(struct watch *w, int fd, uint32_t events, watch_fn *fn,
    void *owner)
{
	*w = (struct watch){ .fd = fd,
		.events = events,
		.fn = fn,
		.owner = owner };
}

int
loop_add(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner)
{
	int error;

	loop_prepare(w, fd, events, fn, owner);
	error = loop_resume(loop, w);
	if (error != 0)
		w->fd = -1;
	return error;
}

/* It cannot fail: the descriptor is a timerfd and the time is valid. */
static void
loop_set_alarm(struct loop *loop, int64_t due)
{
	struct itimerspec when = { 0 };

	/* timerfd_settime(2) takes a time of zero for "never". */
	if (due < 1)
		due = 1;
	when.it_value.tv_sec = due / NS_PER_S;
	when.it_value.tv_nsec = due % NS_PER_S;
	(void)timerfd_settime(loop->alarm.fd, TFD_TIMER_ABSTIME, &when, NULL);
	loop->armed = due;
}

/*
 * Set the alarm for whatever is due first.  When many descriptors are due one after
 * the other, the alarm is not set for each of them: it is set no earlier than
 * earliest for a descriptor.
 */
static void
loop_arm(struct loop *loop, int64_t earliest)
{
	const struct watch *later = TAILQ_FIRST(&loop->later);
	const struct deadline *timer = deadline_heap_first(&loop->timers);
	int64_t due = INT64_MAX;

	if (later != NULL)
		due = later->due > earliest ? later->due : earliest;
	if (timer != NULL && timer->due < due)
		due = timer->due;
	if (due < loop->armed)
		loop_set_alarm(loop, due);
}

/*
 * Only timers that exist at the beginning are run: one that is started meanwhile
 * waits for the next turn.
 */
static void
loop_run_timers(struct loop *loop, int64_t now)
{
	struct loop_timer *t;

	for (size_t n = loop->timers.n; n > 0; n--) {
		t = (struct loop_timer *)deadline_heap_first(&loop->timers);
		if (t == NULL || t->deadline.due > now)
			return;
		deadline_heap_remove(&loop->timers, &t->deadline);
		t->fn(t->arg);
	}
}

static void
loop_alarm(struct watch *alarm, uint32_t events)
{
	struct loop *loop = alarm->owner;
	int64_t now = clock_now();
	struct watch *w;
	uint64_t n;

	(void)events;
	if (read(alarm->fd, &n, sizeof(n)) == -1 && errno == EINTR)
		return;
	loop->armed = INT64_MAX;
	while ((w = TAILQ_FIRST(&loop->later)) != NULL && w->due <= now) {
		if (loop_resume(loop, w) == 0)
			continue;
		loop_put_later(loop, w, now);
		w->fn(w, EPOLLIN);
	}
	loop_run_timers(loop, now);
	loop_arm(loop, now + LOOP_SNOOZE_NS / 2);
}

static int
loop_make_alarm(struct loop *loop)
{
	int fd, error;

	if (loop->alarm.fd != -1)
		return 0;
	fd = fd_lift(timerfd_create(CLOCK_MONOTONIC,
	    TFD_CLOEXEC | TFD_NONBLOCK));
	if (fd < 0)
		return fd;
	error = loop_add(loop, &loop->alarm, fd, EPOLLIN, loop_alarm, loop);
	if (error != 0)
		fd_close(&fd);
	return error;
}

void
loop_pause(struct loop *loop, struct watch *w)
{
	loop_forget_later(loop, w);
	if (!w->on)
		return;
	if (w->always) {
		loop_pause_always(loop, w);
		return;
	}
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
loop_timer_start(struct loop *loop, struct loop_timer *t, int64_t deadline,
    loop_timer_fn *fn, void *arg)
{
	int error = loop_make_alarm(loop);

	if (error == 0)
		error = deadline_heap_reserve(&loop->timers);
	if (error != 0)
		return error;
	loop_timer_stop(loop, t);
	t->fn = fn;
	t->arg = arg;
	deadline_heap_add(&loop->timers, &t->deadline, deadline);
	loop_arm(loop, 0);
	return 0;
}

void
loop_timer_stop(struct loop *loop, struct loop_timer *t)
{
	if (t->deadline.place != 0)
		deadline_heap_remove(&loop->timers, &t->deadline);
}

bool
loop_drop_alarm(struct loop *loop)
{
	int fd = loop->alarm.fd;

	if (fd == -1 || deadline_heap_first(&loop->timers) != NULL ||
	    !TAILQ_EMPTY(&loop->later))
		return false;
	loop_remove(loop, &loop->alarm);
	fd_close(&fd);
	loop->armed = INT64_MAX;
	return true;
}

bool
loop_timer_is_pending(const struct loop_timer *t)
{
	return t->deadline.place != 0;
}

/*
 * Each watch is put at the end of the list before its function is called, because
 * the function may change the list.
 */
static int
loop_call_always(struct loop *loop)
{
	struct watch *w;
	int n = 0, called;

	TAILQ_FOREACH(w, &loop->always, entry)
		n++;
	for (called = 0; called < n; called++) {
		w = TAILQ_FIRST(&loop->always);
		if (w == NULL)
			break;
		TAILQ_REMOVE(&loop->always, w, entry);
		TAILQ_INSERT_TAIL(&loop->always, w, entry);
		w->fn(w, w->events);
	}
	return called;
}

int
loop_turn(struct loop *loop, int timeout)
{
	struct epoll_event events[TURN];
	struct watch *w;
	int n, called = 0;

	n = epoll_wait(loop->fd, events, TURN, timeout);
	if (n == -1)
		return -errno;
	for (int i = 0; i < n; i++) {
		w = events[i].data.ptr;
		if (!w->on || w->fn == NULL)
			continue;
		w->fn(w, events[i].events);
		called++;
	}
	return called + loop_call_always(loop);
}
