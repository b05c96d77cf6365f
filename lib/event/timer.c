/* SPDX-License-Identifier: ISC */

/*
 * Owns the Timer thread, and the heap of deadlines, which the loop uses as well.  The
 * thread calls functions without holding the lock.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "event/timer.h"

#define FIRST_SIZE 32

void
deadline_heap_fini(struct deadline_heap *heap)
{
	free(heap->at);
	*heap = (struct deadline_heap){ 0 };
}

int
deadline_heap_reserve(struct deadline_heap *heap)
{
	size_t size = heap->size != 0 ? heap->size * 2 : FIRST_SIZE;
	struct deadline **at;

	if (heap->n + 1 < heap->size)
		return 0;
	at = reallocarray(heap->at, size, sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	heap->at = at;
	heap->size = size;
	return 0;
}

static void
heap_put(struct deadline_heap *heap, size_t i, struct deadline *d)
{
	heap->at[i] = d;
	d->place = i;
}

static void
heap_up(struct deadline_heap *heap, size_t i, struct deadline *d)
{
	for (; i > 1 && heap->at[i / 2]->due > d->due; i /= 2)
		heap_put(heap, i, heap->at[i / 2]);
	heap_put(heap, i, d);
}

static void
heap_down(struct deadline_heap *heap, size_t i, struct deadline *d)
{
	size_t child;

	for (; (child = 2 * i) <= heap->n; i = child) {
		if (child < heap->n &&
		    heap->at[child + 1]->due < heap->at[child]->due)
			child++;
		if (heap->at[child]->due >= d->due)
			break;
		heap_put(heap, i, heap->at[child]);
	}
	heap_put(heap, i, d);
}

void
deadline_heap_add(struct deadline_heap *heap, struct deadline *d, int64_t due)
{
	d->due = due;
	heap_up(heap, ++heap->n, d);
}

void
deadline_heap_remove(struct deadline_heap *heap, struct deadline *d)
{
	size_t i = d->place;
	struct deadline *last = heap->at[heap->n--];

	d->place = 0;
	if (last == d)
		return;
	if (i > 1 && heap->at[i / 2]->due > last->due)
		heap_up(heap, i, last);
	else
		heap_down(heap, i, last);
}

struct deadline *
deadline_heap_first(const struct deadline_heap *heap)
{
	return heap->n > 0 ? heap->at[1] : NULL;
}

struct timer {
	pid_t owner; /* the process that has the thread */
	pthread_mutex_t lock; /* protects all members below */
	pthread_cond_t changed; /* the first deadline or stop has changed */
	pthread_cond_t returned; /* a function has returned */
	pthread_t thread;
	bool started, stop;
	/*
	 * The event whose fn is running.  It is only compared, never read, because fn
	 * may free it.
	 */
	struct timer_event *running;
	struct deadline_heap heap; /* the deadlines of pending events */
};

/* Sleep until the first deadline, or until something changes. */
static void
timer_sleep(struct timer *t)
{
	const struct deadline *first = deadline_heap_first(&t->heap);

	(void)condition_wait(&t->changed, &t->lock,
	    first != NULL ? first->due : INT64_MAX);
}

static void *
timer_thread(void *arg)
{
	struct timer *t = arg;
	struct deadline *first;
	struct timer_event *e;
	timer_fn *fn;
	void *fn_arg;

	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		first = deadline_heap_first(&t->heap);
		if (first == NULL || first->due > clock_now()) {
			timer_sleep(t);
			continue;
		}
		deadline_heap_remove(&t->heap, first);
		e = (struct timer_event *)first;
		fn = e->fn;
		fn_arg = e->arg;
		t->running = e;
		pthread_mutex_unlock(&t->lock);
		fn(fn_arg);
		pthread_mutex_lock(&t->lock);
		t->running = NULL;
		pthread_cond_broadcast(&t->returned);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

int
timer_new(struct timer **tp)
{
	struct timer *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->owner = getpid();
	pthread_mutex_init(&t->lock, NULL);
	(void)condition_init(&t->changed);
	pthread_cond_init(&t->returned, NULL);
	*tp = t;
	return 0;
}

static void
timer_end_thread(struct timer *t)
{
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (t->started)
		pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->returned);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
}

void
timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	if (t->owner == getpid())
		timer_end_thread(t);
	deadline_heap_fini(&t->heap);
	free(t);
}

/* The thread blocks all signals, so that the host's own threads get them. */
static int
timer_start_thread(struct timer *t)
{
	int error;

	if (t->started)
		return 0;
	error = thread_start(&t->thread, timer_thread, t);
	t->started = error == 0;
	return error;
}

int
timer_provide(struct timer *t)
{
	int error;

	pthread_mutex_lock(&t->lock);
	error = timer_start_thread(t);
	if (error == 0)
		error = deadline_heap_reserve(&t->heap);
	pthread_mutex_unlock(&t->lock);
	return error;
}

int
timer_start(struct timer *t, struct timer_event *e, int64_t deadline,
    timer_fn *fn, void *arg)
{
	int error;

	pthread_mutex_lock(&t->lock);
	error = timer_start_thread(t);
	if (error == 0)
		error = deadline_heap_reserve(&t->heap);
	/* With cancels > 0 another thread is cancelling the event: it must not be started. */
	if (error == 0 && e->cancels == 0) {
		if (e->deadline.place != 0)
			deadline_heap_remove(&t->heap, &e->deadline);
		e->fn = fn;
		e->arg = arg;
		deadline_heap_add(&t->heap, &e->deadline, deadline);
		if (e->deadline.place == 1)
			pthread_cond_signal(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return error;
}

static int
timer_take_back(struct timer *t, struct timer_event *e)
{
	if (e->deadline.place == 0)
		return -ENOENT;
	deadline_heap_remove(&t->heap, &e->deadline);
	return 0;
}

int
timer_withdraw(struct timer *t, struct timer_event *e)
{
	int error;

	pthread_mutex_lock(&t->lock);
	error = timer_take_back(t, e);
	pthread_mutex_unlock(&t->lock);
	return error;
}

int
timer_cancel(struct timer *t, struct timer_event *e)
{
	int error;

	pthread_mutex_lock(&t->lock);
	error = timer_take_back(t, e);
	if (t->running == e && !pthread_equal(pthread_self(), t->thread)) {
		e->cancels++;
		while (t->running == e)
			pthread_cond_wait(&t->returned, &t->lock);
		e->cancels--;
	}
	pthread_mutex_unlock(&t->lock);
	return error;
}
