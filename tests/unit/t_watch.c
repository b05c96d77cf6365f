/* SPDX-License-Identifier: ISC */

/* What a program may have in the pool's loop: descriptors, timers, wakes. */
#include <sys/epoll.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "prun.h"
#include "test_util.h"

struct seen {
	struct prun_watch *watch;
	struct prun_pool *pool;
	int calls;
	unsigned events;
	bool free_it;
};

static void
see(int fd, unsigned events, void *arg)
{
	struct seen *s = arg;
	char c;

	s->calls++;
	s->events = events;
	if (events & EPOLLIN)
		CHECK(read(fd, &c, 1) >= 0);
	if (s->free_it)
		prun_watch_free(s->watch);
}

static struct prun_pool *
make_pool(void)
{
	struct prun_pool *pool;

	CHECK_INT(prun_pool_new(
		      &(struct prun_pool_opts){
			  .size = sizeof(struct prun_pool_opts),
			  .slots = 2 },
		      &pool),
	    0);
	return pool;
}

TEST(watch)
{
	struct prun_pool *pool = make_pool();
	struct seen s = { .pool = pool };
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(prun_pool_watch(pool, -1, EPOLLIN, see, &s, &s.watch),
	    -EINVAL);
	CHECK_INT(prun_pool_watch(pool, fds[0], EPOLLIN, see, &s, &s.watch), 0);
	CHECK_INT(prun_pool_step(pool, 0), 0);
	CHECK_INT(s.calls, 0);
	CHECK_INT(write(fds[1], "abc", 3), 3);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK(s.calls == 1 && s.events == EPOLLIN);
	CHECK_INT(prun_watch_set(s.watch, 0), 0);
	CHECK_INT(prun_pool_step(pool, 0), 0);
	CHECK_INT(s.calls, 1);
	CHECK_INT(prun_watch_set(s.watch, EPOLLIN), 0);
	s.free_it = true;
	CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(s.calls, 2);
	/* Nothing is left to wait for. */
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	CHECK_INT(s.calls, 2);
	prun_pool_free(pool);
}

TEST(regular_file)
{
	struct prun_pool *pool = make_pool();
	struct seen s = { .pool = pool };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	CHECK_INT(prun_pool_watch(pool, fd, EPOLLIN, see, &s, &s.watch), 0);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(s.calls, 2);
	prun_watch_free(s.watch);
	prun_watch_free(NULL);
	prun_pool_free(pool);
}

static void
count(void *arg)
{
	++*(int *)arg;
}

TEST(after)
{
	struct prun_pool *pool = make_pool();
	int early = 0, late = 0;
	uint64_t id;

	CHECK_INT(prun_pool_after(pool, -1, count, &early, NULL), -EINVAL);
	CHECK_INT(prun_pool_after(pool, 1000, count, &late, &id), 0);
	CHECK_INT(prun_pool_after(pool, 0.01, count, &early, NULL), 0);
	while (early == 0)
		CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(prun_pool_after_cancel(pool, id), 0);
	CHECK_INT(prun_pool_after_cancel(pool, id), -ENOENT);
	CHECK_INT(prun_pool_step(pool, -1), -EDEADLK);
	CHECK(early == 1 && late == 0);
	CHECK_INT(prun_pool_after(pool, 1000, count, &late, NULL), 0);
	prun_pool_free(pool);
}

static void *
wake(void *pool)
{
	prun_pool_wake(pool);
	return NULL;
}

static struct prun_pool *signalled;

static void
wake_by_signal(int sig)
{
	(void)sig;
	/* NOLINTNEXTLINE(bugprone-signal-handler): its manual says that it may. */
	prun_pool_wake(signalled);
}

/* A step that would wait for ever returns, and a wake before it is not lost. */
TEST(wakes)
{
	struct prun_pool *pool = make_pool();
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "exec sleep 1000" };
	pthread_t thread;

	CHECK_INT(prun_pool_apply_async(pool, &spec, NULL, NULL), 0);
	prun_pool_wake(pool);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	CHECK_INT(pthread_create(&thread, NULL, wake, pool), 0);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	pthread_join(thread, NULL);
	signalled = pool;
	(void)signal(SIGALRM, wake_by_signal);
	alarm(1);
	CHECK_INT(prun_pool_step(pool, -1), 0);
	prun_pool_free(pool);
}

static void
count_done(const struct prun_result *r, void *arg)
{
	CHECK_INT(r->status, 0);
	++*(int *)arg;
}

/* A join waits for jobs, not for what is watched besides. */
TEST(join_beside_a_watch)
{
	struct prun_pool *pool = make_pool();
	struct prun_spec spec = { .size = sizeof(spec), .command = "exit 0" };
	struct seen s = { .pool = pool };
	int fds[2], done = 0;

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(prun_pool_watch(pool, fds[0], EPOLLIN, see, &s, &s.watch), 0);
	CHECK_INT(prun_pool_apply_async(pool, &spec, count_done, &done), 0);
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK_INT(done, 1);
	prun_pool_free(pool);
}
