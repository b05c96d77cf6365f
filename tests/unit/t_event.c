/* SPDX-License-Identifier: ISC */

/* The flag that threads wait for. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "base/clock.h"
#include "ipc/event.h"
#include "t.h"

#define MS INT64_C(1000000)
#define THREADS 8

TEST(stays_set_until_cleared)
{
	struct event e;

	CHECK_INT(event_init(&e), 0);
	CHECK(!event_is_set(&e));
	CHECK_INT(event_wait(&e, clock_now()), -ETIMEDOUT);
	event_set(&e);
	event_set(&e);
	CHECK(event_is_set(&e));
	CHECK_INT(event_wait(&e, clock_now()), 0);
	CHECK_INT(event_wait(&e, INT64_MAX), 0);
	event_clear(&e);
	CHECK(!event_is_set(&e));
	CHECK_INT(event_wait(&e, clock_now()), -ETIMEDOUT);
	event_fini(&e);
}

TEST(gives_up_at_the_deadline)
{
	struct event e;
	int64_t deadline = clock_now() + 50 * MS;

	CHECK_INT(event_init(&e), 0);
	CHECK_INT(event_wait(&e, deadline), -ETIMEDOUT);
	CHECK(clock_now() >= deadline);
	event_fini(&e);
}

static void *
waiter(void *arg)
{
	struct event *e = arg;

	return event_wait(e, clock_now() + 60000 * MS) == 0 ? NULL : arg;
}

static unsigned
waiting(struct event *e)
{
	unsigned n;

	pthread_mutex_lock(&e->lock);
	n = e->waiting;
	pthread_mutex_unlock(&e->lock);
	return n;
}

static void
start_all(pthread_t *thread, struct event *e)
{
	for (size_t i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, waiter, e), 0);
	while (waiting(e) < THREADS)
		(void)sched_yield();
}

static void
join_all(pthread_t *thread)
{
	void *failed;

	for (size_t i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(thread[i], &failed), 0);
		CHECK(failed == NULL);
	}
}

TEST(wakes_all)
{
	struct event e;
	pthread_t thread[THREADS];

	CHECK_INT(event_init(&e), 0);
	start_all(thread, &e);
	event_set(&e);
	join_all(thread);
	CHECK_INT(waiting(&e), 0);
	event_fini(&e);
}

/* Threads that wait when the flag is set must return, even if a clear follows. */
TEST(wakes_all_though_cleared_at_once)
{
	struct event e;
	pthread_t thread[THREADS];

	CHECK_INT(event_init(&e), 0);
	for (int i = 0; i < 50; i++) {
		start_all(thread, &e);
		event_set(&e);
		event_clear(&e);
		join_all(thread);
		CHECK(!event_is_set(&e));
	}
	event_fini(&e);
}
