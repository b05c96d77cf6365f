/* SPDX-License-Identifier: ISC */

/*
 * timer: functions are called on time, in order, and once; after a cancel none runs
 * any more.  The tests are of lib/event/timer and of prun_timer, which uses it.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "event/timer.h"
#include "prun.h"
#include "test_util.h"

#define MS INT64_C(1000000)

struct note {
	struct timer_event event;
	atomic_int fired;
	atomic_llong at;
	atomic_int *order; /* shared: counts the calls */
	int place;
};

static void
note_fire(void *arg)
{
	struct note *n = arg;

	n->at = clock_now();
	if (n->order != NULL)
		n->place = atomic_fetch_add(n->order, 1);
	atomic_fetch_add(&n->fired, 1);
}

TEST(never_early)
{
	static struct note n;
	struct timer *t;
	int64_t deadline = clock_now() + 20 * MS;

	CHECK_INT(timer_new(&t), 0);
	CHECK_INT(timer_start(t, &n.event, deadline, note_fire, &n), 0);
	AWAIT(n.fired == 1);
	CHECK(n.at >= deadline);
	CHECK_INT(timer_cancel(t, &n.event), -ENOENT);
	timer_free(t);
	CHECK_INT(n.fired, 1);
}

/* A later start with an earlier deadline wakes the thread. */
TEST(in_order)
{
	enum {
		N = 200
	};
	static struct note n[N], far;
	static atomic_int order;
	struct timer *t;
	int64_t base = clock_now() + 100 * MS;

	CHECK_INT(timer_new(&t), 0);
	CHECK_INT(timer_start(t, &far.event, base + 3600000 * MS, note_fire,
		      &far),
	    0);
	for (int i = 0; i < N; i++) {
		int k = i * 77 % N;

		n[k].order = &order;
		CHECK_INT(timer_start(t, &n[k].event, base + k * MS / 10,
			      note_fire, &n[k]),
		    0);
	}
	for (int i = 0; i < N; i++) {
		AWAIT(n[i].fired == 1);
		CHECK_INT(n[i].place, i);
	}
	CHECK_INT(timer_cancel(t, &far.event), 0);
	CHECK_INT(timer_cancel(t, &far.event), -ENOENT);
	timer_free(t);
	CHECK_INT(far.fired, 0);
}

/* Random events are withdrawn from the heap: the others stay in order. */
TEST(cancel_some)
{
	enum {
		N = 1000
	};
	static struct note n[N];
	static atomic_int order;
	struct timer *t;
	int64_t base = clock_now() + 200 * MS;
	int left = 0, last = -1;

	CHECK_INT(timer_new(&t), 0);
	for (int i = 0; i < N; i++) {
		n[i].order = &order;
		CHECK_INT(timer_start(t, &n[i].event,
			      base + i * 617 % N * MS / 100, note_fire, &n[i]),
		    0);
	}
	for (int i = 0; i < N; i++) {
		if (i * 7919 % 3 != 0)
			CHECK_INT(timer_withdraw(t, &n[i].event), 0);
		else
			left++;
	}
	AWAIT(order == left);
	timer_free(t);
	for (int when = 0; when < N; when++) {
		for (int i = 0; i < N; i++) {
			if (i * 617 % N != when || !n[i].fired)
				continue;
			CHECK(n[i].place > last);
			last = n[i].place;
		}
	}
	for (int i = 0; i < N; i++)
		CHECK_INT(n[i].fired, i * 7919 % 3 == 0);
}

TEST(move)
{
	static struct note n;
	struct timer *t;

	CHECK_INT(timer_new(&t), 0);
	CHECK_INT(timer_start(t, &n.event, clock_now() + 3600000 * MS,
		      note_fire, &n),
	    0);
	CHECK_INT(timer_start(t, &n.event, clock_now(), note_fire, &n), 0);
	AWAIT(n.fired == 1);
	CHECK_INT(timer_withdraw(t, &n.event), -ENOENT);
	timer_free(t);
}

/* A function runs for a while: timer_cancel() returns after it. */
struct slow {
	struct timer_event event;
	struct timer *timer;
	atomic_bool inside, go, returned;
	atomic_int times;
};

static void
slow_fire(void *arg)
{
	struct slow *s = arg;

	s->inside = true;
	while (!s->go)
		continue;
	s->times++;
	s->returned = true;
}

static void *
slow_release(void *arg)
{
	struct slow *s = arg;

	/* In this time a wrong timer_cancel() would return. */
	(void)usleep(20000);
	s->go = true;
	return NULL;
}

TEST(cancel_waits)
{
	static struct slow s;
	pthread_t thread;

	CHECK_INT(timer_new(&s.timer), 0);
	CHECK_INT(timer_start(s.timer, &s.event, 0, slow_fire, &s), 0);
	AWAIT(s.inside);
	CHECK_INT(timer_withdraw(s.timer, &s.event), -ENOENT);
	CHECK(!s.returned);
	CHECK_INT(pthread_create(&thread, NULL, slow_release, &s), 0);
	CHECK_INT(timer_cancel(s.timer, &s.event), -ENOENT);
	CHECK(s.returned);
	pthread_join(thread, NULL);
	timer_free(s.timer);
}

TEST(free_waits)
{
	static struct slow s;
	pthread_t thread;

	CHECK_INT(timer_new(&s.timer), 0);
	CHECK_INT(timer_start(s.timer, &s.event, 0, slow_fire, &s), 0);
	AWAIT(s.inside);
	CHECK_INT(pthread_create(&thread, NULL, slow_release, &s), 0);
	timer_free(s.timer);
	CHECK(s.returned);
	pthread_join(thread, NULL);
}

/* After a cancel, an event that starts itself again does not come back. */
static void
again_fire(void *arg)
{
	struct slow *s = arg;

	s->times++;
	(void)timer_start(s->timer, &s->event, 0, again_fire, s);
}

TEST(cancel_what_restarts)
{
	static struct slow s;
	int times;

	CHECK_INT(timer_new(&s.timer), 0);
	for (int i = 0; i < 100; i++) {
		times = s.times;
		CHECK_INT(timer_start(s.timer, &s.event, 0, again_fire, &s), 0);
		AWAIT(s.times > times + 3);
		(void)timer_cancel(s.timer, &s.event);
		times = s.times;
		(void)usleep(200);
		CHECK_INT(s.times, times);
	}
	timer_free(s.timer);
}

static void
self_cancel_fire(void *arg)
{
	struct slow *s = arg;

	s->go = timer_cancel(s->timer, &s->event) == -ENOENT;
	(void)timer_start(s->timer, &s->event, 0, self_cancel_fire, s);
	s->returned = timer_cancel(s->timer, &s->event) == 0;
	s->times++;
}

TEST(cancel_inside)
{
	static struct slow s;

	CHECK_INT(timer_new(&s.timer), 0);
	CHECK_INT(timer_start(s.timer, &s.event, 0, self_cancel_fire, &s), 0);
	AWAIT(s.times > 0);
	CHECK(s.go && s.returned);
	timer_free(s.timer);
	CHECK_INT(s.times, 1);
}

/* fn may free its event. */
static void
free_fire(void *arg)
{
	free(arg);
}

TEST(freed_by_fn)
{
	struct timer *t;

	CHECK_INT(timer_new(&t), 0);
	for (int i = 0; i < 1000; i++) {
		struct timer_event *e = calloc(1, sizeof(*e));

		CHECK_INT(timer_start(t, e, clock_now() - i, free_fire, e), 0);
	}
	static struct note n;
	CHECK_INT(timer_start(t, &n.event, clock_now(), note_fire, &n), 0);
	AWAIT(n.fired == 1);
	timer_free(t);
}

TEST(takes_no_signals)
{
	static struct note n;
	struct timer *t;
	sigset_t set;

	CHECK_INT(timer_new(&t), 0);
	CHECK_INT(timer_start(t, &n.event, 0, note_fire, &n), 0);
	AWAIT(n.fired == 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_INT(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	/* If the thread got the signal, the process would die. */
	CHECK_INT(kill(getpid(), SIGUSR1), 0);
	CHECK_INT(sigpending(&set), 0);
	CHECK(sigismember(&set, SIGUSR1) == 1);
	timer_free(t);
}

TEST(idle_costs_nothing)
{
	struct timer *t;
	double cpu;
	static struct note n;

	CHECK_INT(timer_new(&t), 0);
	CHECK_INT(timer_start(t, &n.event, clock_now() + 300 * MS, note_fire,
		      &n),
	    0);
	cpu = util_cpu();
	while (n.fired == 0)
		(void)usleep(50000);
	CHECK(util_cpu() - cpu < 0.05);
	timer_free(t);
	CHECK_INT(timer_new(&t), 0);
	timer_free(t);
	timer_free(NULL);
}

/* prun_timer */

static void
count(void *arg)
{
	atomic_fetch_add((atomic_int *)arg, 1);
}

TEST(public_semantics)
{
	struct prun_timer *t;
	static atomic_int n;
	uint64_t a = 0, b = 0;

	CHECK_INT(prun_timer_new(&t), 0);
	CHECK_INT(prun_timer_start(t, -1, count, &n, NULL), -EINVAL);
	CHECK_INT(prun_timer_start(t, NAN, count, &n, NULL), -EINVAL);
	CHECK_INT(prun_timer_start(t, INFINITY, count, &n, NULL), -EINVAL);
	CHECK_INT(prun_timer_start(t, 0, NULL, NULL, NULL), -EINVAL);
	CHECK_INT(prun_timer_start(t, 1e300, count, &n, &a), 0);
	CHECK_INT(prun_timer_start(t, 0, count, &n, &b), 0);
	CHECK(a != 0 && b != 0 && a != b);
	AWAIT(n == 1);
	CHECK_INT(prun_timer_cancel(t, b), -ENOENT);
	CHECK_INT(prun_timer_cancel(t, a), 0);
	CHECK_INT(prun_timer_cancel(t, a), -ENOENT);
	CHECK_INT(prun_timer_cancel(t, 0), -ENOENT);
	CHECK_INT(prun_timer_cancel(t, 12345), -ENOENT);
	CHECK_INT(prun_timer_start(t, 3600, count, &n, NULL), 0);
	prun_timer_free(t);
	CHECK_INT(n, 1);
	prun_timer_free(NULL);
}

struct inside {
	struct prun_timer *timer;
	uint64_t self, other, third;
	atomic_int self_rc, other_rc, third_rc, fired;
};

static void
inside_fire(void *arg)
{
	struct inside *in = arg;

	in->self_rc = prun_timer_cancel(in->timer, in->self);
	in->other_rc = prun_timer_cancel(in->timer, in->other);
	in->third_rc = prun_timer_start(in->timer, 0, count, &in->fired,
	    &in->third);
}

TEST(public_inside)
{
	static struct inside in = { .self_rc = 1,
		.other_rc = 1,
		.third_rc = 1 };

	CHECK_INT(prun_timer_new(&in.timer), 0);
	CHECK_INT(prun_timer_start(in.timer, 3600, count, &in.fired, &in.other),
	    0);
	CHECK_INT(prun_timer_start(in.timer, 0.02, inside_fire, &in, &in.self),
	    0);
	AWAIT(in.fired == 1);
	CHECK_INT(in.self_rc, -ENOENT);
	CHECK_INT(in.other_rc, 0);
	CHECK_INT(in.third_rc, 0);
	prun_timer_free(in.timer);
}

/* Four threads start and cancel events: a cancelled event never runs. */
struct worker {
	struct prun_timer *timer;
	atomic_int fired;
	int started, taken_back;
	unsigned seed;
};

static void *
worker_run(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < 3000; i++) {
		atomic_int one = 0;
		uint64_t id;
		int rc;

		if (prun_timer_start(w->timer,
			(double)(rand_r(&w->seed) % 20) / 1e6, count, &one,
			&id) != 0)
			return arg;
		w->started++;
		rc = prun_timer_cancel(w->timer, id);
		/* `one` is on this stack: no thread may use it any more. */
		if (one != (rc == -ENOENT))
			return arg;
		w->taken_back += rc == 0;
		w->fired += one;
	}
	return NULL;
}

TEST(public_many_threads)
{
	struct worker w[4] = { 0 };
	pthread_t thread[4];
	struct prun_timer *t;
	void *bad;
	int fired = 0, taken = 0;

	CHECK_INT(prun_timer_new(&t), 0);
	for (unsigned i = 0; i < 4; i++) {
		w[i].timer = t;
		w[i].seed = i + 1;
		CHECK_INT(pthread_create(&thread[i], NULL, worker_run, &w[i]),
		    0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], &bad);
		CHECK(bad == NULL);
		fired += w[i].fired;
		taken += w[i].taken_back;
	}
	CHECK_INT(fired + taken, 12000);
	prun_timer_free(t);
}

/* Each cancel finds its own among many. */
TEST(public_many_cancelled)
{
	enum {
		MANY = 100000
	};

	static uint64_t id[MANY];
	struct prun_timer *t;
	double cpu = util_cpu();

	CHECK_INT(prun_timer_new(&t), 0);
	for (int i = 0; i < MANY; i++)
		CHECK_INT(prun_timer_start(t, 1000 + i % 7, count, NULL,
			      &id[i]),
		    0);
	for (int i = 0; i < MANY; i++)
		CHECK_INT(prun_timer_cancel(t, id[i]), 0);
	CHECK_INT(prun_timer_cancel(t, id[0]), -ENOENT);
	CHECK(SANITIZED || util_cpu() - cpu < 1);
	prun_timer_free(t);
}
