/* SPDX-License-Identifier: ISC */

/*
 * One loop: descriptors, timers and mail from other threads, and the functions that
 * are called for each of them.  One thread may use it, except for the functions that
 * say "any thread".
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
 * A mailbox takes messages from other threads to the thread that runs a loop.  A
 * mail belongs to one receiver and has bits that say what happened.  Posting a mail
 * allocates nothing and waits only for the lock.
 */

struct mail;

/* Called by the thread that runs the loop. */
typedef void mail_fn(struct mail *mail, unsigned bits);

/* A mail is embedded in its receiver.  All zero except fn and owner: it is not posted. */
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

/*
 * Post a mail.  Any thread.  If the mail is still in the box, the bits are added to
 * those it has.
 */
void mailbox_post(struct mailbox *box, struct mail *mail, unsigned bits);

/* Make fd readable, without mail.  Any thread and a signal handler may call it. */
void mailbox_wake(struct mailbox *box);

/* Make fd not readable, until mailbox_post() or mailbox_wake() is called again. */
void mailbox_quiet(struct mailbox *box);

/* The next mail and its bits; NULL: there is none.  To be called after mailbox_quiet(). */
struct mail *mailbox_take(struct mailbox *box, unsigned *bits);

/* Take a mail back.  The caller ensures that nobody posts it afterwards. */
void mailbox_withdraw(struct mailbox *box, struct mail *mail);

struct watch;

/* events are the bits of epoll_wait(2). */
typedef void watch_fn(struct watch *w, uint32_t events);

/*
 * A watch is embedded in the object to which the descriptor belongs.  It must stay
 * in memory until the turn of the loop in which it was removed is over.
 */
struct watch {
	int fd; /* -1: not in use */
	uint32_t events; /* EPOLLIN, ... */
	bool on; /* it is in the epoll set */
	bool later; /* it is in loop.later, and will be put into the set */
	/* epoll(7) refuses fd: it counts as ready whenever it is on. */
	bool always;
	int64_t due; /* clock_now() time at which it is put into the set */
	TAILQ_ENTRY(watch) entry; /* in loop.later, or in loop.always */
	watch_fn *fn;
	void *owner;
};

TAILQ_HEAD(watch_list, watch);

typedef void loop_timer_fn(void *arg);

/* A timer is embedded in the object to which it belongs.  All zero: not started. */
struct loop_timer {
	struct deadline deadline; /* the first member */
	loop_timer_fn *fn;
	void *arg;
};

struct loop {
	int fd; /* the epoll set */
	struct mailbox mailbox; /* a turn calls the receivers of its mail */
	struct watch mail_watch;
	struct watch_list later; /* ordered: the first is due first */
	struct watch_list always;
	struct deadline_heap timers;
	/* A timerfd that goes off for the first of timers and the first of later. */
	struct watch alarm;
	/* clock_now() time at which it goes off; INT64_MAX: never. */
	int64_t armed;
	/* An eventfd, watched while always is not empty. */
	struct watch always_ready;
};

int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/*
 * Watch fd, level-triggered.  A regular file is always ready.  0; or -errno: fd is
 * not watched.
 */
int loop_add(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner);

/* The same, but fd is not watched before loop_resume(). */
void loop_prepare(struct watch *w, int fd, uint32_t events, watch_fn *fn,
    void *owner);

/*
 * Stop watching a descriptor until LOOP_SNOOZE_NS after now (clock_now() time), or
 * until loop_resume().  If it cannot be watched again then, its function is called
 * again and again, as if it were ready.
 */
void loop_snooze(struct loop *loop, struct watch *w, int64_t now);

/* Stop watching a descriptor, and watch it again for w->events. */
void loop_pause(struct loop *loop, struct watch *w);
int loop_resume(struct loop *loop, struct watch *w);

/* To be called before fd is closed.  fn is not called any more, not even in this turn. */
void loop_remove(struct loop *loop, struct watch *w);

/*
 * Call fn(arg) in a turn at or after the deadline (clock_now() time).  A timer that
 * is pending gets the new deadline.  0; or -errno: the timer is not started.
 */
int loop_timer_start(struct loop *loop, struct loop_timer *t, int64_t deadline,
    loop_timer_fn *fn, void *arg);

/* fn will not be called.  Nothing happens if the timer is not pending. */
void loop_timer_stop(struct loop *loop, struct loop_timer *t);
bool loop_timer_is_pending(const struct loop_timer *t);

/* Close the timerfd if no timer is pending.  Returns whether there was one. */
bool loop_drop_alarm(struct loop *loop);

/*
 * One turn: wait up to timeout milliseconds (-1: for ever), then call the functions
 * of what is ready.  Returns how many were called, or -errno (-EINTR).
 */
int loop_turn(struct loop *loop, int timeout);

#endif
