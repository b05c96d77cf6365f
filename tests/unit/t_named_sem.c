/* SPDX-License-Identifier: ISC */

/*
 * The semaphore that processes share.  Two objects in one process exclude each
 * other as two processes do, so most tests need no second process.
 */
#include <pthread.h>

#include "base/clock.h"
#include "ipc/sem_claim.h"
#include "prun.h"
#include "test_util.h"

static void
open_named(struct prun_named_sem **n, const char *name, unsigned value)
{
	CHECK_INT(prun_named_sem_open("d", name, value, n), 0);
}

/* A process that holds a count until it is killed. */
static pid_t
holder(const char *name, unsigned value)
{
	int ready[2];
	char c;
	pid_t pid;

	CHECK_INT(pipe(ready), 0);
	pid = fork();
	CHECK(pid != -1);
	if (pid == 0) {
		struct prun_named_sem *n;

		open_named(&n, name, value);
		CHECK_INT(prun_named_sem_acquire(n, 60), 0);
		CHECK_INT(write(ready[1], "x", 1), 1);
		for (;;)
			pause();
	}
	CHECK_INT(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
kill_now(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

/* A process that acquires a count, writes its number, and ends. */
static pid_t
queuer(const char *name, int out)
{
	pid_t pid = fork();

	CHECK(pid != -1);
	if (pid == 0) {
		struct prun_named_sem *n;

		open_named(&n, name, 1);
		CHECK_INT(prun_named_sem_acquire(n, 60), 0);
		pid = getpid();
		CHECK_INT(write(out, &pid, sizeof(pid)), sizeof(pid));
		CHECK_INT(prun_named_sem_release(n), 0);
		prun_named_sem_free(n);
		_exit(0);
	}
	return pid;
}

/* How many processes wait. */
static int
waiting(struct prun_named_sem *n)
{
	struct sem_claim v;
	int rank;

	CHECK_INT(sem_claim_open(&v, n->dir, n->file, O_CREAT), 0);
	rank = sem_claim_rank(&v, 1000);
	sem_claim_close(&v);
	return rank;
}

TEST(counts)
{
	struct prun_named_sem *a, *b, *c;

	util_folder();
	open_named(&a, "x", 2);
	open_named(&b, "x", 2);
	open_named(&c, "x", 2);
	CHECK_INT(prun_named_sem_acquire(a, -1), 0);
	CHECK_INT(prun_named_sem_try(b), 0);
	CHECK_INT(prun_named_sem_try(c), -EAGAIN);
	CHECK_INT(prun_named_sem_release(a), 0);
	CHECK_INT(prun_named_sem_try(c), 0);
	CHECK_INT(prun_named_sem_try(a), -EAGAIN);
	CHECK_INT(prun_named_sem_release(b), 0);
	CHECK_INT(prun_named_sem_release(c), 0);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
	prun_named_sem_free(c);
}

TEST(one_object_holds_several)
{
	struct prun_named_sem *a, *b;

	util_folder();
	open_named(&a, "x", 40);
	open_named(&b, "x", 40);
	for (int i = 0; i < 40; i++)
		CHECK_INT(prun_named_sem_try(a), 0);
	CHECK_INT(prun_named_sem_try(a), -EAGAIN);
	CHECK_INT(prun_named_sem_try(b), -EAGAIN);
	CHECK_INT(prun_named_sem_release(a), 0);
	CHECK_INT(prun_named_sem_try(b), 0);
	prun_named_sem_free(a);
	/* After the free it holds nothing. */
	for (int i = 0; i < 39; i++)
		CHECK_INT(prun_named_sem_try(b), 0);
	CHECK_INT(prun_named_sem_try(b), -EAGAIN);
	prun_named_sem_free(b);
}

TEST(is_bounded)
{
	struct prun_named_sem *a, *b;

	util_folder();
	CHECK_INT(prun_named_sem_open("d", "x", 0, &a), -EINVAL);
	CHECK_INT(prun_named_sem_open("d", "x", SEM_CLAIM_MAX + 1, &a),
	    -EINVAL);
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	CHECK_INT(prun_named_sem_release(a), -EINVAL);
	CHECK_INT(prun_named_sem_try(a), 0);
	CHECK_INT(prun_named_sem_release(b), -EINVAL);
	CHECK_INT(prun_named_sem_release(a), 0);
	CHECK_INT(prun_named_sem_release(a), -EINVAL);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
}

TEST(gives_up_at_the_deadline)
{
	struct prun_named_sem *a, *b;
	int64_t start = clock_now();

	util_folder();
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	CHECK_INT(prun_named_sem_acquire(a, 0), 0);
	CHECK_INT(prun_named_sem_acquire(b, 0), -ETIMEDOUT);
	CHECK_INT(prun_named_sem_acquire(b, 0.1), -ETIMEDOUT);
	CHECK(clock_now() >= start + 100000000);
	/* The one that gave up has left the queue. */
	CHECK_INT(waiting(a), 0);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
}

/*
 * With a smaller value, a process waits until fewer counts than that are held: sem -j1
 * after sem -j3.
 */
TEST(all_holders_count)
{
	struct prun_named_sem *wide, *narrow;

	util_folder();
	open_named(&wide, "x", 3);
	open_named(&narrow, "x", 1);
	for (int i = 0; i < 3; i++)
		CHECK_INT(prun_named_sem_try(wide), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(prun_named_sem_try(narrow), -EAGAIN);
		CHECK_INT(prun_named_sem_release(wide), 0);
	}
	CHECK_INT(prun_named_sem_try(narrow), 0);
	CHECK_INT(prun_named_sem_try(wide), 0);
	prun_named_sem_free(wide);
	prun_named_sem_free(narrow);
}

TEST(force_takes_one_more)
{
	struct prun_named_sem *a, *b;

	util_folder();
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	CHECK_INT(prun_named_sem_force(a), 0);
	CHECK_INT(prun_named_sem_force(b), 0);
	CHECK_INT(prun_named_sem_release(a), 0);
	CHECK_INT(prun_named_sem_try(a), -EAGAIN);
	CHECK_INT(prun_named_sem_release(b), 0);
	CHECK_INT(prun_named_sem_try(a), 0);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
}

TEST(a_killed_holder_is_gone_at_once)
{
	struct prun_named_sem *n;
	pid_t pid;

	util_folder();
	open_named(&n, "x", 1);
	for (int i = 0; i < 20; i++) {
		pid = holder("x", 1);
		CHECK_INT(prun_named_sem_try(n), -EAGAIN);
		kill_now(pid);
		CHECK_INT(prun_named_sem_try(n), 0);
		CHECK_INT(prun_named_sem_release(n), 0);
	}
	prun_named_sem_free(n);
}

static void *
killer(void *arg)
{
	(void)usleep(50000);
	kill_now(*(pid_t *)arg);
	return NULL;
}

TEST(a_death_wakes_the_waiter)
{
	struct prun_named_sem *n;
	pthread_t thread;
	pid_t pid;
	int64_t start;

	util_folder();
	open_named(&n, "x", 1);
	pid = holder("x", 1);
	start = clock_now();
	CHECK_INT(pthread_create(&thread, NULL, killer, &pid), 0);
	CHECK_INT(prun_named_sem_acquire(n, 60), 0);
	CHECK(clock_now() - start < 30 * INT64_C(1000000000));
	CHECK_INT(pthread_join(thread, NULL), 0);
	prun_named_sem_free(n);
}

TEST(fork_shares_the_count)
{
	struct prun_named_sem *a, *b;
	pid_t pid;

	util_folder();
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	CHECK_INT(prun_named_sem_acquire(a, 60), 0);
	pid = fork();
	CHECK(pid != -1);
	if (pid == 0)
		for (;;)
			pause();
	prun_named_sem_free(a);
	CHECK_INT(prun_named_sem_try(b), -EAGAIN);
	kill_now(pid);
	CHECK_INT(prun_named_sem_try(b), 0);
	prun_named_sem_free(b);
}

TEST(drain)
{
	struct prun_named_sem *n, *other;
	pthread_t thread;
	pid_t pid;

	util_folder();
	open_named(&n, "x", 2);
	open_named(&other, "y", 1);
	CHECK_INT(prun_named_sem_drain(n, 0), 0);
	CHECK_INT(prun_named_sem_try(other), 0);
	CHECK_INT(prun_named_sem_drain(n, 0), 0);
	pid = holder("x", 2);
	CHECK_INT(prun_named_sem_drain(n, 0.02), -ETIMEDOUT);
	/* Draining takes no count. */
	CHECK_INT(prun_named_sem_try(n), 0);
	CHECK_INT(prun_named_sem_release(n), 0);
	CHECK_INT(pthread_create(&thread, NULL, killer, &pid), 0);
	CHECK_INT(prun_named_sem_drain(n, 60), 0);
	CHECK_INT(pthread_join(thread, NULL), 0);
	prun_named_sem_free(n);
	prun_named_sem_free(other);
}

TEST(drain_waits_for_the_queue)
{
	struct prun_named_sem *n;
	pid_t pid, waiter;
	int out[2];

	util_folder();
	CHECK_INT(pipe(out), 0);
	open_named(&n, "x", 1);
	pid = holder("x", 1);
	waiter = queuer("x", out[1]);
	AWAIT(waiting(n) == 1);
	CHECK_INT(kill(waiter, SIGSTOP), 0);
	kill_now(pid);
	CHECK_INT(prun_named_sem_drain(n, 0.02), -ETIMEDOUT);
	CHECK_INT(kill(waiter, SIGCONT), 0);
	CHECK_INT(prun_named_sem_drain(n, 60), 0);
	CHECK_INT(read(out[0], &pid, sizeof(pid)), sizeof(pid));
	CHECK_INT(pid, waiter);
	CHECK_INT(waitpid(waiter, NULL, 0), waiter);
	prun_named_sem_free(n);
}

/* The first in the queue is stopped: the next one gets the count. */
TEST(a_stopped_waiter_keeps_nobody)
{
	struct prun_named_sem *n;
	pid_t first, second, who;
	int out[2];

	util_folder();
	CHECK_INT(pipe(out), 0);
	open_named(&n, "x", 1);
	CHECK_INT(prun_named_sem_acquire(n, 60), 0);
	first = queuer("x", out[1]);
	AWAIT(waiting(n) == 1);
	CHECK_INT(kill(first, SIGSTOP), 0);
	second = queuer("x", out[1]);
	AWAIT(waiting(n) == 2);
	CHECK_INT(prun_named_sem_release(n), 0);
	CHECK_INT(read(out[0], &who, sizeof(who)), sizeof(who));
	CHECK_INT(who, second);
	CHECK_INT(kill(first, SIGCONT), 0);
	CHECK_INT(read(out[0], &who, sizeof(who)), sizeof(who));
	CHECK_INT(who, first);
	CHECK_INT(waitpid(first, NULL, 0), first);
	CHECK_INT(waitpid(second, NULL, 0), second);
	prun_named_sem_free(n);
}

TEST(waiting_costs_nothing)
{
	struct prun_named_sem *a, *b;
	double before;

	util_folder();
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	CHECK_INT(prun_named_sem_try(a), 0);
	before = util_cpu();
	CHECK_INT(prun_named_sem_acquire(b, 1), -ETIMEDOUT);
	CHECK(util_cpu() - before < (SANITIZED ? 0.2 : 0.05));
	prun_named_sem_free(a);
	prun_named_sem_free(b);
}

TEST(the_last_removes_the_file)
{
	struct prun_named_sem *a, *b;
	int fds;

	util_folder();
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	fds = util_open_fds();
	for (int i = 0; i < 100; i++) {
		CHECK_INT(prun_named_sem_acquire(a, 60), 0);
		CHECK_INT(access("d/sem-x", F_OK), 0);
		CHECK_INT(prun_named_sem_try(b), -EAGAIN);
		CHECK_INT(prun_named_sem_acquire(b, 0), -ETIMEDOUT);
		CHECK_INT(access("d/sem-x", F_OK), 0);
		CHECK_INT(prun_named_sem_release(a), 0);
		CHECK_INT(access("d/sem-x", F_OK), -1);
	}
	CHECK_INT(util_open_fds(), fds);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
	CHECK_INT(rmdir("d"), 0);
}

/* rm -r while a count is held: no crash, no hang, and new objects share a new file. */
TEST(survives_removal)
{
	struct prun_named_sem *a, *b, *c;

	util_folder();
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	open_named(&c, "x", 1);
	CHECK_INT(prun_named_sem_try(a), 0);
	CHECK_INT(unlink("d/sem-x"), 0);
	CHECK_INT(prun_named_sem_try(b), 0);
	CHECK_INT(prun_named_sem_release(a), 0);
	CHECK_INT(access("d/sem-x", F_OK), 0);
	CHECK_INT(prun_named_sem_try(c), -EAGAIN);
	CHECK_INT(prun_named_sem_release(b), 0);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
	prun_named_sem_free(c);
}

TEST(waits_on_a_removed_file_and_comes_back)
{
	struct prun_named_sem *a, *b;
	pid_t waiter, who;
	int out[2];

	util_folder();
	CHECK_INT(pipe(out), 0);
	open_named(&a, "x", 1);
	open_named(&b, "x", 1);
	CHECK_INT(prun_named_sem_try(a), 0);
	waiter = queuer("x", out[1]);
	AWAIT(waiting(a) == 1);
	CHECK_INT(unlink("d/sem-x"), 0);
	CHECK_INT(prun_named_sem_try(b), 0);
	/* Now the old file has a free count, but the new one has none. */
	CHECK_INT(prun_named_sem_release(a), 0);
	AWAIT(waiting(a) == 1);
	CHECK_INT(prun_named_sem_release(b), 0);
	CHECK_INT(read(out[0], &who, sizeof(who)), sizeof(who));
	CHECK_INT(who, waiter);
	CHECK_INT(waitpid(waiter, NULL, 0), waiter);
	prun_named_sem_free(a);
	prun_named_sem_free(b);
}
