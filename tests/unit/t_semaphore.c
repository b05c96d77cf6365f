/* SPDX-License-Identifier: ISC */

/* The bounded semaphore of threads. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/event.h"
#include "t.h"

#define MS INT64_C(1000000)

TEST(takes_and_gives_back)
{
	struct semaphore s;

	CHECK_INT(semaphore_init(&s, 2), 0);
	CHECK_INT(semaphore_try(&s), 0);
	CHECK_INT(semaphore_acquire(&s, INT64_MAX), 0);
	CHECK_INT(semaphore_try(&s), -EAGAIN);
	CHECK_INT(semaphore_release(&s), 0);
	CHECK_INT(semaphore_try(&s), 0);
	CHECK_INT(semaphore_release(&s), 0);
	CHECK_INT(semaphore_release(&s), 0);
	semaphore_fini(&s);
}

TEST(is_bounded)
{
	struct semaphore s;

	CHECK_INT(semaphore_init(&s, 0), -EINVAL);
	CHECK_INT(semaphore_init(&s, 1), 0);
	CHECK_INT(semaphore_release(&s), -EINVAL);
	CHECK_INT(semaphore_try(&s), 0);
	CHECK_INT(semaphore_release(&s), 0);
	CHECK_INT(semaphore_release(&s), -EINVAL);
	/* The failure has not changed the count. */
	CHECK_INT(semaphore_try(&s), 0);
	CHECK_INT(semaphore_try(&s), -EAGAIN);
	semaphore_fini(&s);
}

TEST(gives_up_at_the_deadline)
{
	struct semaphore s;
	int64_t start = clock_now();

	CHECK_INT(semaphore_init(&s, 1), 0);
	CHECK_INT(semaphore_acquire(&s, start), 0);
	CHECK_INT(semaphore_acquire(&s, start), -ETIMEDOUT);
	CHECK_INT(semaphore_acquire(&s, start + 50 * MS), -ETIMEDOUT);
	CHECK(clock_now() >= start + 50 * MS);
	CHECK_INT(semaphore_release(&s), 0);
	semaphore_fini(&s);
}

/* Many threads: never do more of them hold a count than there are counts. */
struct crowd {
	struct semaphore s;
	atomic_int inside, most;
	atomic_int rounds;
};

static void *
visitor(void *arg)
{
	struct crowd *c = arg;

	while (atomic_fetch_sub(&c->rounds, 1) > 0) {
		if (semaphore_acquire(&c->s, INT64_MAX) != 0)
			return arg;
		int n = atomic_fetch_add(&c->inside, 1) + 1;
		int most = atomic_load(&c->most);
		while (n > most &&
		    !atomic_compare_exchange_weak(&c->most, &most, n))
			;
		(void)sched_yield();
		atomic_fetch_sub(&c->inside, 1);
		if (semaphore_release(&c->s) != 0)
			return arg;
	}
	return NULL;
}

TEST(holds_in_a_crowd)
{
	struct crowd c = { .rounds = 20000 };
	pthread_t thread[12];
	void *failed;

	CHECK_INT(semaphore_init(&c.s, 3), 0);
	for (size_t i = 0; i < 12; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, visitor, &c), 0);
	for (size_t i = 0; i < 12; i++) {
		CHECK_INT(pthread_join(thread[i], &failed), 0);
		CHECK(failed == NULL);
	}
	CHECK(atomic_load(&c.most) > 0 && atomic_load(&c.most) <= 3);
	/* All counts are free again. */
	for (int i = 0; i < 3; i++)
		CHECK_INT(semaphore_try(&c.s), 0);
	CHECK_INT(semaphore_try(&c.s), -EAGAIN);
	semaphore_fini(&c.s);
}

/* Releases a count when a thread waits. */
static void *
releaser(void *arg)
{
	struct semaphore *s = arg;

	for (bool waited = false; !waited; (void)sched_yield()) {
		pthread_mutex_lock(&s->lock);
		waited = s->waiting > 0;
		pthread_mutex_unlock(&s->lock);
	}
	return semaphore_release(s) == 0 ? NULL : arg;
}

TEST(another_thread_may_release)
{
	struct semaphore s;
	pthread_t thread;
	void *failed;

	CHECK_INT(semaphore_init(&s, 1), 0);
	CHECK_INT(semaphore_try(&s), 0);
	CHECK_INT(pthread_create(&thread, NULL, releaser, &s), 0);
	CHECK_INT(semaphore_acquire(&s, clock_now() + 60000 * MS), 0);
	CHECK_INT(pthread_join(thread, &failed), 0);
	CHECK(failed == NULL);
	CHECK_INT(semaphore_release(&s), 0);
	semaphore_fini(&s);
}
