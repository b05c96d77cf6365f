/* SPDX-License-Identifier: ISC */

/*
 * One epoll set: which descriptors to watch, and whom to call.  One thread.
 *
 * A descriptor may be watched from now on, or later: what is removed before that
 * has cost no system call and woken nobody.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stdint.h>

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
	int64_t due; /* clock_now() time of that */
	TAILQ_ENTRY(watch) entry;
	watch_fn *fn;
	void *owner;
};

struct loop {
	int fd; /* of the set */
	TAILQ_HEAD(watch_list, watch) later; /* the first is due first */
	struct watch alarm; /* for it; a timerfd */
	bool armed;
};

int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/* Watch fd, level-triggered.  0 or -errno: not watched. */
int loop_add(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner);

/*
 * As loop_add(), but about LOOP_LATER after now (clock_now() time), or at
 * loop_resume().  When it cannot be watched then, it is called as if it were
 * ready, again and again.
 */
#define LOOP_LATER INT64_C(4000000) /* ns */
int loop_add_later(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner, int64_t now);

/* One that is watched: not again before LOOP_LATER after now. */
void loop_snooze(struct loop *loop, struct watch *w, int64_t now);

/* Leave it alone for a while, and take it up again. */
void loop_pause(struct loop *loop, struct watch *w);
int loop_resume(struct loop *loop, struct watch *w);

/* Before fd is closed.  fn is not called any more, in this turn either. */
void loop_remove(struct loop *loop, struct watch *w);

/*
 * One turn: wait up to timeout milliseconds (-1: for ever), then call.  How
 * many were called, or -errno (-EINTR).
 */
int loop_turn(struct loop *loop, int timeout);

#endif
