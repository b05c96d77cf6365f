/* SPDX-License-Identifier: ISC */

/* The lock in memory that processes share. */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/lock.h"
#include "t.h"

#define MINUTE INT64_C(60000000000)
#define THREADS 4
#define ROUNDS 500

static struct lock *
new_lock(void)
{
	struct lock *l = mmap(NULL, sizeof(*l), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(l != MAP_FAILED);
	CHECK_INT(lock_init(l), 0);
	return l;
}

static void
wait_for(pid_t pid)
{
	int status;

	CHECK(pid > 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
}

TEST(is_recursive)
{
	struct lock *l = new_lock();

	CHECK_INT(lock_acquire(l, INT64_MAX), 0);
	CHECK_INT(lock_try(l), 0);
	CHECK_INT(lock_release(l), 0);
	CHECK_INT(lock_release(l), 0);
	CHECK_INT(munmap(l, sizeof(*l)), 0);
}

TEST(needs_prepared_memory)
{
	struct lock l;

	memset(&l, 0, sizeof(l));
	CHECK_INT(lock_acquire(&l, INT64_MAX), -EINVAL);
	CHECK_INT(lock_try(&l), -EINVAL);
	CHECK_INT(lock_release(&l), -EINVAL);
}

TEST(excludes_another_process)
{
	struct lock *l = new_lock();
	pid_t pid;
	int status;

	CHECK_INT(lock_acquire(l, INT64_MAX), 0);
	pid = fork();
	if (pid == 0)
		_exit(lock_try(l) != -EAGAIN                       ? 1 :
			lock_acquire(l, clock_now()) != -ETIMEDOUT ? 2 :
			lock_release(l) != -EPERM                  ? 3 :
								     0);
	CHECK(pid > 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(lock_release(l), 0);
	CHECK_INT(munmap(l, sizeof(*l)), 0);
}

struct contest {
	struct lock *lock;
	long n;
};

static void *
count_in_time(void *arg)
{
	struct contest *c = arg;

	for (int i = 0; i < ROUNDS; i++) {
		CHECK_INT(lock_acquire(c->lock, clock_now() + MINUTE), 0);
		c->n++;
		CHECK_INT(lock_release(c->lock), 0);
	}
	return NULL;
}

TEST(is_acquired_in_time)
{
	struct contest c = { .lock = new_lock() };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, count_in_time, &c),
		    0);
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK_INT(c.n, THREADS * ROUNDS);
	CHECK_INT(munmap(c.lock, sizeof(*c.lock)), 0);
}

/* The caller waits, with a deadline, while the holder dies. */
TEST(tells_a_waiter_of_a_dead_holder)
{
	struct lock *l = new_lock();
	int held[2];
	char byte;
	pid_t pid;

	CHECK_INT(pipe(held), 0);
	pid = fork();
	if (pid == 0) {
		(void)lock_acquire(l, INT64_MAX);
		(void)!write(held[1], "x", 1);
		usleep(1000);
		raise(SIGKILL);
	}
	CHECK_INT(read(held[0], &byte, 1), 1);
	CHECK_INT(lock_acquire(l, clock_now() + MINUTE), -EOWNERDEAD);
	CHECK_INT(lock_release(l), 0);
	wait_for(pid);
	CHECK_INT(close(held[0]), 0);
	CHECK_INT(close(held[1]), 0);
	CHECK_INT(munmap(l, sizeof(*l)), 0);
}

/* The holder sets it free as if it were killed before it wakes the one that waits. */
TEST(a_wake_up_that_was_lost)
{
	struct lock *l = new_lock();
	int held[2];
	char byte;
	pid_t pid;

	CHECK_INT(pipe(held), 0);
	pid = fork();
	if (pid == 0) {
		(void)lock_acquire(l, INT64_MAX);
		(void)!write(held[1], "x", 1);
		while ((__atomic_load_n(&l->mutex.__data.__lock,
			    __ATOMIC_SEQ_CST) &
			   FUTEX_WAITERS) == 0)
			usleep(1000);
		__atomic_store_n(&l->mutex.__data.__lock, 0, __ATOMIC_SEQ_CST);
		_exit(0);
	}
	CHECK_INT(read(held[0], &byte, 1), 1);
	CHECK_INT(lock_acquire(l, INT64_MAX), 0);
	CHECK_INT(lock_release(l), 0);
	wait_for(pid);
	CHECK_INT(close(held[0]), 0);
	CHECK_INT(close(held[1]), 0);
	CHECK_INT(munmap(l, sizeof(*l)), 0);
}

TEST(tells_of_a_dead_holder_once)
{
	struct lock *l = new_lock();

	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)lock_acquire(l, INT64_MAX);
			raise(SIGKILL);
		}
		wait_for(pid);
	}
	CHECK_INT(lock_acquire(l, INT64_MAX), -EOWNERDEAD);
	CHECK_INT(lock_release(l), 0);
	CHECK_INT(lock_try(l), 0);
	CHECK_INT(lock_release(l), 0);
	CHECK_INT(munmap(l, sizeof(*l)), 0);
}
