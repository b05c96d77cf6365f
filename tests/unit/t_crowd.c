/* SPDX-License-Identifier: ISC */

/*
 * Fifty processes, some of which are killed at any moment.  The judge is a lock
 * of another kind: robust mutexes, of which there are as many as counts.  The
 * kernel frees those of a dead process before it closes its files.
 */
#include <sys/mman.h>

#include <pthread.h>

#include "prun.h"
#include "test_util.h"

#define CROWD 50
#define VALUE 3
#define SECONDS 3

static void
open_named(struct prun_named_sem **n, const char *name, unsigned value)
{
	CHECK_INT(prun_named_sem_open("d", name, value, n), 0);
}

static void
kill_now(pid_t pid)
{
	CHECK_INT(kill(pid, SIGKILL), 0);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
}

struct judge {
	pthread_mutex_t seat[VALUE];
	unsigned long rounds;
	unsigned exceeded, errors;
	bool stop;
};

static struct judge *
judge_new(void)
{
	struct judge *j = mmap(NULL, sizeof(*j), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	CHECK(j != MAP_FAILED);
	CHECK_INT(pthread_mutexattr_init(&attr), 0);
	CHECK_INT(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED),
	    0);
	CHECK_INT(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	for (int i = 0; i < VALUE; i++)
		CHECK_INT(pthread_mutex_init(&j->seat[i], &attr), 0);
	return j;
}

/* A seat, or -1: more are here than may be. */
static int
judge_enter(struct judge *j)
{
	for (int i = 0; i < VALUE; i++) {
		int error = pthread_mutex_trylock(&j->seat[i]);

		if (error == EOWNERDEAD)
			error = pthread_mutex_consistent(&j->seat[i]);
		if (error == 0)
			return i;
	}
	return -1;
}

static void
crowd_round(struct judge *j, struct prun_named_sem *n, unsigned *seed)
{
	int seat;

	if (prun_named_sem_acquire(n, rand_r(seed) % 4 == 0 ? 0.01 : -1))
		return;
	seat = judge_enter(j);
	__atomic_fetch_add(&j->rounds, 1, __ATOMIC_RELAXED);
	if (seat == -1)
		__atomic_fetch_add(&j->exceeded, 1, __ATOMIC_RELAXED);
	(void)usleep((unsigned)rand_r(seed) % 1500);
	if (seat != -1)
		(void)pthread_mutex_unlock(&j->seat[seat]);
	if (prun_named_sem_release(n) != 0)
		__atomic_fetch_add(&j->errors, 1, __ATOMIC_RELAXED);
}

static pid_t
crowd_member(struct judge *j, unsigned seed)
{
	pid_t pid = fork();
	struct prun_named_sem *n;

	CHECK(pid != -1);
	if (pid != 0)
		return pid;
	open_named(&n, "crowd", VALUE);
	while (!__atomic_load_n(&j->stop, __ATOMIC_RELAXED))
		crowd_round(j, n, &seed);
	prun_named_sem_free(n);
	_exit(0);
}

TEST(fifty_processes_and_sudden_deaths)
{
	struct judge *j = judge_new();
	struct prun_named_sem *n;
	pid_t member[CROWD];
	unsigned seed = (unsigned)getpid(), deaths = 0;
	double end = util_now() + SECONDS;

	util_folder();
	printf("# seed %u\n", seed);
	fflush(stdout);
	for (unsigned i = 0; i < CROWD; i++)
		member[i] = crowd_member(j, seed + i);
	for (; util_now() < end; deaths++) {
		unsigned i = (unsigned)rand_r(&seed) % CROWD;

		(void)usleep((unsigned)rand_r(&seed) % 5000);
		kill_now(member[i]);
		member[i] = crowd_member(j, seed + deaths);
	}
	__atomic_store_n(&j->stop, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < CROWD; i++) {
		int status;

		AWAIT(waitpid(member[i], &status, WNOHANG) == member[i]);
		CHECK_INT(status, 0);
	}
	printf("# %lu rounds, %u deaths\n", j->rounds, deaths);
	CHECK_INT(j->exceeded, 0);
	CHECK_INT(j->errors, 0);
	CHECK(j->rounds > CROWD && deaths > CROWD);
	/* Nothing has been lost. */
	open_named(&n, "crowd", VALUE);
	for (int i = 0; i < VALUE; i++)
		CHECK_INT(prun_named_sem_try(n), 0);
	CHECK_INT(prun_named_sem_try(n), -EAGAIN);
	for (int i = 0; i < VALUE; i++)
		CHECK_INT(prun_named_sem_release(n), 0);
	CHECK_INT(access("d/sem-crowd", F_OK), -1);
	prun_named_sem_free(n);
}
