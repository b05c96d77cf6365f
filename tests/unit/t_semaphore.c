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
#include "prun.h"
#include "t.h"

#define MS INT64_C(1000000)

TEST(takes_and_gives_back)
{
	struct prun_sem *s;

	CHECK_INT(prun_sem_new(2, &s), 0);
	CHECK_INT(prun_sem_try(s), 0);
	CHECK_INT(prun_sem_acquire(s, -1), 0);
	CHECK_INT(prun_sem_try(s), -EAGAIN);
	CHECK_INT(prun_sem_release(s), 0);
	CHECK_INT(prun_sem_try(s), 0);
	CHECK_INT(prun_sem_release(s), 0);
	CHECK_INT(prun_sem_release(s), 0);
	prun_sem_free(s);
}

TEST(is_bounded)
{
	struct prun_sem *s;

	CHECK_INT(prun_sem_new(0, &s), -EINVAL);
	CHECK_INT(prun_sem_new(1, &s), 0);
	CHECK_INT(prun_sem_release(s), -EINVAL);
	CHECK_INT(prun_sem_try(s), 0);
	CHECK_INT(prun_sem_release(s), 0);
	CHECK_INT(prun_sem_release(s), -EINVAL);
	/* The failure has not changed the count. */
	CHECK_INT(prun_sem_try(s), 0);
	CHECK_INT(prun_sem_try(s), -EAGAIN);
	prun_sem_free(s);
}

TEST(gives_up_at_the_deadline)
{
	struct prun_sem *s;
	int64_t start = clock_now();

	CHECK_INT(prun_sem_new(1, &s), 0);
	CHECK_INT(prun_sem_acquire(s, 0), 0);
	CHECK_INT(prun_sem_acquire(s, 0), -ETIMEDOUT);
	CHECK_INT(prun_sem_acquire(s, 0.05), -ETIMEDOUT);
	CHECK(clock_now() >= start + 50 * MS);
	CHECK_INT(prun_sem_release(s), 0);
	prun_sem_free(s);
}

/* Many threads: never do more of them hold a count than there are counts. */
struct crowd {
	struct prun_sem *s;
	atomic_int inside, most;
	atomic_int rounds;
};

static void *
visitor(void *arg)
{
	struct crowd *c = arg;

	while (atomic_fetch_sub(&c->rounds, 1) > 0) {
		if (prun_sem_acquire(c->s, -1) != 0)
			return arg;
		int n = atomic_fetch_add(&c->inside, 1) + 1;
		int most = atomic_load(&c->most);
		while (n > most &&
		    !atomic_compare_exchange_weak(&c->most, &most, n))
			;
		(void)sched_yield();
		atomic_fetch_sub(&c->inside, 1);
		if (prun_sem_release(c->s) != 0)
			return arg;
	}
	return NULL;
}

TEST(holds_in_a_crowd)
{
	struct crowd c = { .rounds = 20000 };
	pthread_t thread[12];
	void *failed;

	CHECK_INT(prun_sem_new(3, &c.s), 0);
	for (size_t i = 0; i < 12; i++)
		CHECK_INT(pthread_create(&thread[i], NULL, visitor, &c), 0);
	for (size_t i = 0; i < 12; i++) {
		CHECK_INT(pthread_join(thread[i], &failed), 0);
		CHECK(failed == NULL);
	}
	CHECK(atomic_load(&c.most) > 0 && atomic_load(&c.most) <= 3);
	/* All counts are free again. */
	for (int i = 0; i < 3; i++)
		CHECK_INT(prun_sem_try(c.s), 0);
	CHECK_INT(prun_sem_try(c.s), -EAGAIN);
	prun_sem_free(c.s);
}

/* Releases a count when a thread waits. */
static void *
releaser(void *arg)
{
	struct prun_sem *s = arg;

	for (bool waited = false; !waited; (void)sched_yield()) {
		pthread_mutex_lock(&s->lock);
		waited = s->waiting > 0;
		pthread_mutex_unlock(&s->lock);
	}
	return prun_sem_release(s) == 0 ? NULL : arg;
}

TEST(another_thread_may_release)
{
	struct prun_sem *s;
	pthread_t thread;
	void *failed;

	CHECK_INT(prun_sem_new(1, &s), 0);
	CHECK_INT(prun_sem_try(s), 0);
	CHECK_INT(pthread_create(&thread, NULL, releaser, s), 0);
	CHECK_INT(prun_sem_acquire(s, 60), 0);
	CHECK_INT(pthread_join(thread, &failed), 0);
	CHECK(failed == NULL);
	CHECK_INT(prun_sem_release(s), 0);
	prun_sem_free(s);
}
