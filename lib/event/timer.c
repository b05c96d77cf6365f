/* SPDX-License-Identifier: ISC */

/*
 * Owns the Timer thread and its heap of deadlines.  Knows nothing of what the
 * functions do; they run without its lock.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "event/timer.h"

struct timer {
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed; /* the first deadline, or stop */
	pthread_cond_t returned; /* a function */
	pthread_t thread;
	bool started, stop;
	struct timer_event
	    *running; /* only compared: it may be freed by its fn */
	struct timer_event **heap; /* heap[1] is due first; heap[0] unused */
	size_t n, size;
};

static void
timer_place(struct timer *t, size_t i, struct timer_event *e)
{
	t->heap[i] = e;
	e->place = i;
}

static void
timer_up(struct timer *t, size_t i, struct timer_event *e)
{
	for (; i > 1 && t->heap[i / 2]->deadline > e->deadline; i /= 2)
		timer_place(t, i, t->heap[i / 2]);
	timer_place(t, i, e);
}

static void
timer_down(struct timer *t, size_t i, struct timer_event *e)
{
	size_t child;

	for (; (child = 2 * i) <= t->n; i = child) {
		if (child < t->n &&
		    t->heap[child + 1]->deadline < t->heap[child]->deadline)
			child++;
		if (t->heap[child]->deadline >= e->deadline)
			break;
		timer_place(t, i, t->heap[child]);
	}
	timer_place(t, i, e);
}

static void
timer_remove(struct timer *t, struct timer_event *e)
{
	size_t i = e->place;
	struct timer_event *last = t->heap[t->n--];

	e->place = 0;
	if (last == e)
		return;
	if (i > 1 && t->heap[i / 2]->deadline > last->deadline)
		timer_up(t, i, last);
	else
		timer_down(t, i, last);
}

/* Sleep until the first deadline, or until something changes. */
static void
timer_sleep(struct timer *t)
{
	struct timespec ts;
	int64_t deadline;

	if (t->n == 0) {
		pthread_cond_wait(&t->changed, &t->lock);
		return;
	}
	deadline = t->heap[1]->deadline;
	ts.tv_sec = deadline / 1000000000;
	ts.tv_nsec = deadline % 1000000000;
	pthread_cond_timedwait(&t->changed, &t->lock, &ts);
}

static void *
timer_thread(void *arg)
{
	struct timer *t = arg;
	struct timer_event *e;
	timer_fn *fn;
	void *fn_arg;

	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		if (t->n == 0 || t->heap[1]->deadline > clock_now()) {
			timer_sleep(t);
			continue;
		}
		e = t->heap[1];
		timer_remove(t, e);
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
	pthread_condattr_t attr;

	if (t == NULL)
		return -ENOMEM;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, &attr);
	pthread_cond_init(&t->returned, NULL);
	pthread_condattr_destroy(&attr);
	*tp = t;
	return 0;
}

void
timer_free(struct timer *t)
{
	if (t == NULL)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
	if (t->started)
		pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->returned);
	pthread_cond_destroy(&t->changed);
	pthread_mutex_destroy(&t->lock);
	free(t->heap);
	free(t);
}

/* The thread takes no signals: they are for the host's own threads. */
static int
timer_start_thread(struct timer *t)
{
	sigset_t all, old;
	int error;

	if (t->started)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&t->thread, NULL, timer_thread, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->started = error == 0;
	return -error;
}

static int
timer_grow(struct timer *t)
{
	struct timer_event **heap;
	size_t size = t->size ? t->size * 2 : 32;

	if (t->n + 1 < t->size)
		return 0;
	heap = reallocarray(t->heap, size, sizeof(*heap));
	if (heap == NULL)
		return -ENOMEM;
	t->heap = heap;
	t->size = size;
	return 0;
}

int
timer_provide(struct timer *t)
{
	int error;

	pthread_mutex_lock(&t->lock);
	error = timer_start_thread(t);
	if (error == 0)
		error = timer_grow(t);
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
		error = timer_grow(t);
	/* Somebody waits for its fn to return: start and cancel in one. */
	if (error == 0 && e->cancels == 0) {
		if (e->place != 0)
			timer_remove(t, e);
		e->deadline = deadline;
		e->fn = fn;
		e->arg = arg;
		timer_up(t, ++t->n, e);
		if (e->place == 1)
			pthread_cond_signal(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return error;
}

static int
timer_take_back(struct timer *t, struct timer_event *e)
{
	if (e->place == 0)
		return -ENOENT;
	timer_remove(t, e);
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
