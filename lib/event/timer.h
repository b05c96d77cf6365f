/* SPDX-License-Identifier: ISC */

/*
 * A thread that calls functions at their deadlines.  The thread starts with the
 * first event, so a timer that is not used costs nothing.  Any thread may call these
 * functions.
 */
#ifndef EVENT_TIMER_H
#define EVENT_TIMER_H

#include <stddef.h>
#include <stdint.h>

/* A heap of deadlines: the earliest is on top.  It has no lock of its own. */

/* Embedded in the object that has the deadline.  All zero: in no heap. */
struct deadline {
	int64_t due; /* clock_now() time */
	size_t place; /* in the heap, from 1; 0: not in it */
};

/* All zero: empty. */
struct deadline_heap {
	struct deadline **at; /* at[1] is the earliest; at[0] is not used */
	size_t n, size;
};

void deadline_heap_fini(struct deadline_heap *heap);

/* Make room for one more deadline, so that the next _add() cannot fail.  0 or -ENOMEM. */
int deadline_heap_reserve(struct deadline_heap *heap);

/* Add d, which is in no heap.  The caller has reserved room. */
void deadline_heap_add(struct deadline_heap *heap, struct deadline *d,
    int64_t due);

/* Remove d, which must be in the heap. */
void deadline_heap_remove(struct deadline_heap *heap, struct deadline *d);

/* The earliest, which stays in the heap; NULL: the heap is empty. */
struct deadline *deadline_heap_first(const struct deadline_heap *heap);

struct timer;

typedef void timer_fn(void *arg);

/*
 * An event is embedded in the object to which it belongs.  All zero: not started.  It
 * may be freed after timer_cancel() has returned, or by fn itself.
 */
struct timer_event {
	/* The first member.  If it is in no heap, the event is not pending. */
	struct deadline deadline;
	/* calls of timer_cancel() that wait for fn to return */
	unsigned cancels;
	timer_fn *fn;
	void *arg;
};

int timer_new(struct timer **tp);

/*
 * Drop all pending events, wait until a running function has returned, and free the
 * timer.  In a process that was forked from the timer's, and so has no Timer thread,
 * it only frees memory.
 */
void timer_free(struct timer *t);

/*
 * Call fn(arg) in the Timer thread at the deadline.  An event that is pending gets
 * the new deadline; one that is being cancelled is not started.  0; -ENOMEM or
 * -EAGAIN (no thread): not started.
 */
int timer_start(struct timer *t, struct timer_event *e, int64_t deadline,
    timer_fn *fn, void *arg);

/*
 * Start the thread and reserve memory for one event, for callers that must not
 * begin their work without a timer.  0, -ENOMEM or -EAGAIN.
 */
int timer_provide(struct timer *t);

/*
 * Cancel an event.  0: fn will not be called.  -ENOENT: the event was not pending.  In
 * both cases fn is not running when this returns, unless fn itself is the caller.
 */
int timer_cancel(struct timer *t, struct timer_event *e);

/* The same, but does not wait for fn: for callers that hold a lock which fn takes. */
int timer_withdraw(struct timer *t, struct timer_event *e);

#endif
