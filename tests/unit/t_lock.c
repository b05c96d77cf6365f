/* SPDX-License-Identifier: ISC */

/* The lock in memory that processes share. */
#include <sys/mman.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/lock.h"
#include "t.h"

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
