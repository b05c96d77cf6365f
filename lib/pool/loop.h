/* SPDX-License-Identifier: ISC */

/*
 * One epoll set: which descriptors to watch, and whom to call.  One thread.
 */
#ifndef POOL_LOOP_H
#define POOL_LOOP_H

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
	watch_fn *fn;
	void *owner;
};

struct loop {
	int fd; /* of the set */
};

int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/* Watch fd, level-triggered.  0 or -errno: not watched. */
int loop_add(struct loop *loop, struct watch *w, int fd, uint32_t events,
    watch_fn *fn, void *owner);

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
