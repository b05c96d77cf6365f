/* SPDX-License-Identifier: ISC */

/*
 * A thread that calls functions when their time has come.  The thread starts
 * with the first event, so a timer that nobody uses costs nothing.  All
 * functions: any thread.
 */
#ifndef EVENT_TIMER_H
#define EVENT_TIMER_H

#include <stddef.h>
#include <stdint.h>

#include "event/deadline_heap.h"

struct timer;

typedef void timer_fn(void *arg);

/*
 * Embedded in what it belongs to; all-zero: never started.  It may be freed
 * once timer_cancel() has returned, or by fn itself.
 */
struct timer_event {
	struct deadline
	    deadline; /* the first member; in no heap: not pending */
	unsigned cancels; /* calls that wait for fn to return */
	timer_fn *fn;
	void *arg;
};

int timer_new(struct timer **tp);

/* Forgets what is pending and waits for a function that runs. */
void timer_free(struct timer *t);

/*
 * Call fn(arg) in the timer's thread at the deadline.  A pending event is moved;
 * one that is being cancelled is not started.  -ENOMEM or -EAGAIN (no thread): not started.
 */
int timer_start(struct timer *t, struct timer_event *e, int64_t deadline,
    timer_fn *fn, void *arg);

/* Have the thread, for what must not be begun without it.  0, -ENOMEM or -EAGAIN. */
int timer_provide(struct timer *t);

/*
 * 0: fn will not be called.  -ENOENT: it was not pending.  Either way fn does
 * not run any more when this returns, unless fn is the caller.
 */
int timer_cancel(struct timer *t, struct timer_event *e);

/* The same without waiting for fn: for callers that hold a lock which fn takes. */
int timer_withdraw(struct timer *t, struct timer_event *e);

#endif
