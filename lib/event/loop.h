/* SPDX-License-Identifier: ISC */

/*
 * One loop: descriptors, timers and mail from other threads, and whom to call
 * for each.  One thread, save for what is said at the mailbox.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <sys/queue.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/tuning.h"
#include "event/timer.h"

/*
 * Messages from other threads to the thread that runs a loop.  A mail belongs to
 * one receiver and has bits that say what happened.  Posting allocates nothing and
 * waits only for the lock.
 */

struct mail;

/* Called by the thread that runs the loop. */
typedef void mail_fn(struct mail *mail, unsigned bits);

/* Embedded in its receiver.  All zero except fn and owner: not posted. */
struct mail {
	STAILQ_ENTRY(mail) entry;
	mail_fn *fn;
	void *owner;
	unsigned bits;
	bool posted;
};

struct mailbox {
	pthread_mutex_t lock;
	STAILQ_HEAD(, mail) posted;
	bool rung; /* mailbox_post() has made fd readable */
	int fd; /* readable after mailbox_post() and mailbox_wake() */
};

int mailbox_init(struct mailbox *box);
void mailbox_fini(struct mailbox *box);

/* Any thread.  Bits of a mail that has not been taken yet are added up. */
void mailbox_post(struct mailbox *box, struct mail *mail, unsigned bits);

/* Make fd readable, without mail.  Any thread, and a signal handler may call it. */
void mailbox_wake(struct mailbox *box);

/* Make fd not readable, until something is posted again. */
void mailbox_quiet(struct mailbox *box);

/* Call it after mailbox_quiet().  The next mail and its bits; NULL: none. */
struct mail *mailbox_take(struct mailbox *box, unsigned *bits);

/* Take a mail back.  The caller ensures that nobody posts it afterwards. */
void mailbox_withdraw(struct mailbox *box, struct mail *mail);

struct watch;

/* events as epoll(7) tells them. */
typedef void watch_fn(struct watch *w, uint32_t events);

/*
 * Embedded in what it belongs to.  It must stay where it is until the loop's
 * turn in which it was removed is over.
 */
struct watch {
	int fd; /* -1: not in use */
	uint32_t events; /* EPOLLIN, ... */
	bool on; /* in the set */
	bool later; /* to be put there */
	bool always; /* epoll(7) refuses it: it is ready whenever it is on */
	int64_t due; /* clock_now() time: when it is put there */
	TAILQ_ENTRY(watch) entry; /* in loop.later, or in loop.always */
	watch_fn *fn;
	void *owner;
};

TAILQ_HEAD(watch_list, watch);

typedef void loop_timer_fn(void *arg);

/* Embedded in what it belongs to; all zero: not started. */
struct loop_timer {
	struct deadline deadline; /* the first member */
	loop_timer_fn *fn;
	void *arg;
};

struct loop {
	int fd; /* of the set */
	struct mailbox mailbox; /* its mail is handed out in a turn */
	struct watch mail_watch;
	struct watch_list later; /* the first is due first */
	struct watch_list always;
	struct deadline_heap timers;
	/* A timerfd: tells of the first timer, and of the first of later. */
	struct watch alarm;
	int64_t armed; /* when it goes off; INT64_MAX: never */
	struct watch always_ready; /* an eventfd, while always is not empty */
};

int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/*
 * Watch fd, level-triggered.  0 or -errno: it is not watched.  A regular file is
 * always ready.
 */
int loop_add(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner);

/* The same, but paused: loop_resume() begins to watch it. */
void loop_prepare(struct watch *w, int fd, uint32_t events, watch_fn *fn,
    void *owner);

/*
 * One that is watched: not again before LOOP_SNOOZE_NS after now (clock_now() time),
 * or loop_resume().  When it cannot be watched then, it is called as if it were
 * ready, again and again.
 */
void loop_snooze(struct loop *loop, struct watch *w, int64_t now);

/* Leave it alone for a while, and take it up again, for w->events. */
void loop_pause(struct loop *loop, struct watch *w);
int loop_resume(struct loop *loop, struct watch *w);

/* Before fd is closed.  fn is not called any more, in this turn either. */
void loop_remove(struct loop *loop, struct watch *w);

/*
 * Call fn(arg) in a turn at or after the deadline (clock_now() time).  A timer that
 * is pending is moved.  0, or -errno: it is not started.
 */
int loop_timer_start(struct loop *loop, struct loop_timer *t, int64_t deadline,
    loop_timer_fn *fn, void *arg);

/* fn is not called.  A timer that is not pending is left alone. */
void loop_timer_stop(struct loop *loop, struct loop_timer *t);
bool loop_timer_is_pending(const struct loop_timer *t);

/* Give up the descriptor of the timers, if none is pending.  Whether there was one. */
bool loop_drop_alarm(struct loop *loop);

/*
 * One turn: wait up to timeout milliseconds (-1: for ever), then call.  How
 * many were called, or -errno (-EINTR).
 */
int loop_turn(struct loop *loop, int timeout);

#endif
