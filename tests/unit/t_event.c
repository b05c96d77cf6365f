/* SPDX-License-Identifier: ISC */

/* The flag that threads wait for. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>

#include "base/clock.h"
#include "ipc/event.h"
#include "prun.h"
#include "t.h"

#define MS INT64_C(1000000)
#define THREADS 8

TEST(stays_set_until_cleared)
{
	struct prun_event *e;

	CHECK_INT(prun_event_new(&e), 0);
	CHECK(!prun_event_is_set(e));
	CHECK_INT(prun_event_wait(e, 0), -ETIMEDOUT);
	prun_event_set(e);
	prun_event_set(e);
	CHECK(prun_event_is_set(e));
	CHECK_INT(prun_event_wait(e, 0), 0);
	CHECK_INT(prun_event_wait(e, -1), 0);
	prun_event_clear(e);
	CHECK(!prun_event_is_set(e));
	CHECK_INT(prun_event_wait(e, 0), -ETIMEDOUT);
	prun_event_free(e);
}

TEST(gives_up_at_the_deadline)
{
	struct prun_event *e;
	int64_t deadline = clock_now() + 50 * MS;

	CHECK_INT(prun_event_new(&e), 0);
	CHECK_INT(prun_event_wait(e, 0.05), -ETIMEDOUT);
	CHECK(clock_now() >= deadline);
	prun_event_free(e);
}

static void *
waiter(void *arg)
{
	struct prun_event *e = arg;

	return prun_event_wait(e, 60) == 0 ? NULL : arg;
}

static unsigned
waiting(struct prun_event *e)
{
	unsigned n;

	pthread_mutex_lock(&e->lock);
	n = e->waiting;
	pthread_mutex_unlock(&e->lock);
	return n;
}

static void
start_all(pthread_t *thread, struct prun_event *e)
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
	struct prun_event *e;
	pthread_t thread[THREADS];

	CHECK_INT(prun_event_new(&e), 0);
	start_all(thread, e);
	prun_event_set(e);
	join_all(thread);
	CHECK_INT(waiting(e), 0);
	prun_event_free(e);
}

/* Threads that wait when the flag is set must return, even if a clear follows. */
TEST(wakes_all_though_cleared_at_once)
{
	struct prun_event *e;
	pthread_t thread[THREADS];

	CHECK_INT(prun_event_new(&e), 0);
	for (int i = 0; i < 50; i++) {
		start_all(thread, e);
		prun_event_set(e);
		prun_event_clear(e);
		join_all(thread);
		CHECK(!prun_event_is_set(e));
	}
	prun_event_free(e);
}
