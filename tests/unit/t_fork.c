/* SPDX-License-Identifier: ISC */

/*
 * fork(2) in the host: what a forked process frees is its parent's, which goes on as if
 * nothing had happened.
 */
#include <sys/epoll.h>

#include <pthread.h>

#include "pool_fixture.h"

/* Make call(arg) in a forked process; it must not hang there. */
static void
in_fork(void (*call)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		alarm(20);
		call(arg);
		_exit(0);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
}

struct host {
	struct prun_pool *pool;
	struct prun_watch *watch;
	int before; /* descriptors that are open without the pool */
};

static void
no_fn(int fd, unsigned events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
}

static void
use_pool(void *arg)
{
	const struct prun_spec spec = { .size = sizeof(spec),
		.command = "exit 0" };
	struct host *h = arg;
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_pool_apply_async(h->pool, &spec, NULL, NULL), -EPERM);
	CHECK_INT(prun_pool_apply(h->pool, &spec, &r), -EPERM);
	CHECK_INT(prun_pool_map(h->pool, &spec, 1, &r), -EPERM);
	CHECK_INT(prun_pool_step(h->pool, 0), -EPERM);
	CHECK_INT(prun_pool_kill(h->pool, 1), -EPERM);
	CHECK_INT(prun_pool_suspend(h->pool, 0), -EPERM);
	CHECK_INT(prun_pool_resume(h->pool, 0), -EPERM);
	CHECK_INT(prun_pool_resize(h->pool, 1), -EPERM);
	CHECK_INT(prun_watch_set(h->watch, 0), -EPERM);
	prun_watch_free(h->watch);
	CHECK_INT(prun_pool_cancel_queued(h->pool), 0);
	prun_pool_terminate(h->pool);
	CHECK_INT(prun_pool_join(h->pool), -EPERM);
	CHECK_INT(prun_pool_free(h->pool), 0);
	CHECK_INT(util_open_fds(), h->before);
	CHECK_INT(prun_call(&spec, &r), 0);
	CHECK_INT(r.status, 0);
}

static void
check_pool(const struct prun_pool_opts *opts)
{
	struct host h = { .before = util_open_fds() };
	struct tally t = { 0 };
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "echo x; read x <fifo; exit 0",
		.in.kind = PRUN_STDIO_NULL };

	CHECK_INT(prun_pool_new(opts, &h.pool), 0);
	CHECK_INT(prun_pool_watch(h.pool, opts->out_fd, EPOLLIN, no_fn, NULL,
		      &h.watch),
	    0);
	/* More than the caller starts alone: there are threads. */
	for (int i = 0; i < 40; i++)
		CHECK_INT(prun_pool_apply_async(h.pool, &spec, tally_done, &t),
		    0);
	for (double end = util_now() + 0.2; util_now() < end;)
		CHECK_INT(prun_pool_step(h.pool, 0.01), 0);
	in_fork(use_pool, &h);
	prun_watch_free(h.watch);
	prun_pool_close(h.pool);
	while (prun_pool_pending(h.pool) > 0) {
		int fd = open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

		CHECK_INT(prun_pool_step(h.pool, 0.01), 0);
		if (fd != -1)
			close(fd);
	}
	CHECK_INT(t.n, 40);
	CHECK_INT(t.flags, 0);
	CHECK_INT(prun_pool_free(h.pool), 0);
}

TEST(pool)
{
	struct prun_pool_opts opts = { .size = sizeof(opts),
		.slots = 4,
		.timeout = 100 };

	util_folder();
	util_fifo("fifo");
	opts.out_fd = open("out", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	check_pool(&opts);
	opts.flags = PRUN_POOL_GUARD;
	check_pool(&opts);
}

static void
set_event(void *arg)
{
	prun_event_set(arg);
}

static void
use_timer(void *arg)
{
	CHECK_INT(prun_timer_start(arg, 0, set_event, NULL, NULL), -EPERM);
	CHECK_INT(prun_timer_cancel(arg, 1), -EPERM);
	prun_timer_free(arg);
}

TEST(timer)
{
	struct prun_timer *timer;
	struct prun_event *event;
	uint64_t id;

	CHECK_INT(prun_event_new(&event), 0);
	CHECK_INT(prun_timer_new(&timer), 0);
	CHECK_INT(prun_timer_start(timer, 1000, set_event, event, &id), 0);
	in_fork(use_timer, timer);
	CHECK_INT(prun_timer_cancel(timer, id), 0);
	CHECK_INT(prun_timer_start(timer, 0, set_event, event, NULL), 0);
	CHECK_INT(prun_event_wait(event, 20), 0);
	prun_timer_free(timer);
	prun_event_free(event);
}

static void *
wait_for_event(void *arg)
{
	CHECK_INT(prun_event_wait(arg, -1), 0);
	return NULL;
}

static void
free_event(void *arg)
{
	prun_event_free(arg);
}

static void *
wait_for_sem(void *arg)
{
	CHECK_INT(prun_sem_acquire(arg, -1), 0);
	return NULL;
}

static void
free_sem(void *arg)
{
	prun_sem_free(arg);
}

/* Threads that wait are not there in the forked process, and are not waited for. */
TEST(waiters)
{
	struct prun_event *event;
	struct prun_sem *sem;
	pthread_t a, b;

	CHECK_INT(prun_event_new(&event), 0);
	CHECK_INT(prun_sem_new(1, &sem), 0);
	CHECK_INT(prun_sem_acquire(sem, -1), 0);
	CHECK_INT(pthread_create(&a, NULL, wait_for_event, event), 0);
	CHECK_INT(pthread_create(&b, NULL, wait_for_sem, sem), 0);
	for (int i = 0; i < 20; i++) {
		(void)usleep(1000);
		in_fork(free_event, event);
		in_fork(free_sem, sem);
	}
	prun_event_set(event);
	CHECK_INT(prun_sem_release(sem), 0);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	prun_event_free(event);
	prun_sem_free(sem);
}

static void
free_secret(void *arg)
{
	prun_secret_free(arg);
}

TEST(secret)
{
	struct prun_secret *secret;
	int error = prun_secret_new(64, &secret);

	if (error != 0)
		return; /* RLIMIT_MEMLOCK */
	prun_secret_text(secret)[0] = 'x';
	in_fork(free_secret, secret);
	CHECK_STR(prun_secret_text(secret), "x");
	prun_secret_free(secret);
}
