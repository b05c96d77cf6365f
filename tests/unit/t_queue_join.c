/* SPDX-License-Identifier: ISC */

/*
 * Queues that count their messages: a bound, task_done and join, also when processes are
 * killed.  Children are forked, so that they share the queue of the parent.
 */
#include <sys/mman.h>
#include <sys/socket.h>

#include <pthread.h>

#include "ipc/queue.h"
#include "prun.h"
#include "test_util.h"

#define WORKERS 4
#define SECONDS 60

static struct prun_queue *
queue(size_t maxsize)
{
	struct prun_queue *q;

	CHECK_INT(prun_queue_new_joinable(maxsize, &q), 0);
	return q;
}

static void
put(struct prun_queue *q, int number)
{
	CHECK_INT(prun_queue_put(q, &number, sizeof(number), SECONDS), 0);
}

static int
get(struct prun_queue *q)
{
	int number = -1;

	CHECK_INT(prun_queue_get(q, &number, sizeof(number), SECONDS),
	    sizeof(number));
	return number;
}

static struct prun_process *
start(prun_process_fn *fn, void *arg)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.flags = PRUN_SPEC_DIE_WITH_PARENT };
	struct prun_process *p;

	CHECK_INT(prun_process_start_fn(&spec, NULL, fn, arg, &p), 0);
	return p;
}

/* signal: the one that ended it, 0: it exited with status 0. */
static void
ended(struct prun_process *p, int signal)
{
	struct prun_result r = { .size = sizeof(r) };

	CHECK_INT(prun_process_wait(p, SECONDS, &r), 0);
	CHECK_INT(r.signal, signal);
	CHECK(signal != 0 || r.status == 0);
	prun_process_free(p);
}

static void *
shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

TEST(at_most_maxsize_wait)
{
	int before = util_open_fds(), number = 4;
	struct prun_queue *q = queue(2);

	put(q, 1);
	put(q, 2);
	CHECK_INT(prun_queue_put(q, &number, sizeof(number), 0), -ETIMEDOUT);
	CHECK_INT(prun_queue_put(q, &number, sizeof(number), 0.01), -ETIMEDOUT);
	CHECK_INT(get(q), 1);
	put(q, 3);
	CHECK_INT(prun_queue_put(q, &number, sizeof(number), 0), -ETIMEDOUT);
	CHECK_INT(get(q), 2);
	CHECK_INT(get(q), 3);
	CHECK_INT(prun_queue_get(q, &number, sizeof(number), 0), -ETIMEDOUT);
	prun_queue_free(q);
	CHECK_INT(util_open_fds(), before);
}

TEST(join_waits_until_all_are_done)
{
	struct prun_queue *q = queue(0), *plain;

	CHECK_INT(prun_queue_join(q, -1), 0);
	put(q, 1);
	put(q, 2);
	CHECK_INT(prun_queue_task_done(q), -EINVAL);
	CHECK_INT(prun_queue_join(q, 0), -ETIMEDOUT);
	CHECK_INT(get(q), 1);
	CHECK_INT(get(q), 2);
	CHECK_INT(prun_queue_join(q, 0.01), -ETIMEDOUT);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, 0), -ETIMEDOUT);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_task_done(q), -EINVAL);
	CHECK_INT(prun_queue_join(q, -1), 0);
	prun_queue_close_get(q);
	CHECK_INT(prun_queue_join(q, -1), 0);
	prun_queue_close_put(q);
	CHECK_INT(prun_queue_join(q, -1), -EBADF);
	prun_queue_free(q);

	CHECK_INT(prun_queue_new(&plain), 0);
	CHECK_INT(prun_queue_task_done(plain), -ENOTSUP);
	CHECK_INT(prun_queue_join(plain, -1), -ENOTSUP);
	prun_queue_free(plain);
}

TEST(a_message_that_is_too_long_is_lost)
{
	struct prun_queue *q = queue(1);
	char data[4];

	CHECK_INT(prun_queue_put(q, "12345", 5, 0), 0);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), 0), -EMSGSIZE);
	CHECK_INT(prun_queue_put(q, "1234", 4, 0), 0);
	CHECK_INT(prun_queue_get(q, data, sizeof(data), 0), 4);
	CHECK_MEM(data, 4, "1234", 4);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, 0), 1);
	prun_queue_free(q);
}

TEST(the_end)
{
	struct prun_queue *q = queue(1);
	int number;

	put(q, 1);
	prun_queue_close_put(q);
	CHECK_INT(prun_queue_put(q, "x", 1, -1), -EBADF);
	CHECK_INT(get(q), 1);
	CHECK_INT(prun_queue_get(q, &number, sizeof(number), -1), -EPIPE);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, -1), 0);
	prun_queue_free(q);

	q = queue(1);
	put(q, 1);
	prun_queue_close_get(q);
	CHECK_INT(prun_queue_put(q, "x", 1, -1), -EPIPE);
	CHECK_INT(prun_queue_join(q, -1), 1);
	prun_queue_free(q);
}

TEST(not_a_joinable_queue)
{
	int before = util_open_fds(), fds[PRUN_QUEUE_FDS], bad;
	struct prun_queue *q = queue(0), *other;

	prun_queue_fds(q, fds);
	bad = fds[PRUN_QUEUE_STATE];
	fds[PRUN_QUEUE_STATE] = fds[PRUN_QUEUE_GET];
	CHECK_INT(prun_queue_from_fds(fds, &other), -EINVAL);
	fds[PRUN_QUEUE_STATE] = bad;
	fds[PRUN_QUEUE_CHANGED] = bad;
	CHECK_INT(prun_queue_from_fds(fds, &other), -EINVAL);
	prun_queue_free(q);

	/* Of the right size, but not sealed and not prepared. */
	q = queue(0);
	prun_queue_fds(q, fds);
	fds[PRUN_QUEUE_STATE] = memfd_create("no_state", MFD_CLOEXEC);
	CHECK(fds[PRUN_QUEUE_STATE] >= 0);
	CHECK_INT(ftruncate(fds[PRUN_QUEUE_STATE], sizeof(struct queue_state)),
	    0);
	CHECK_INT(prun_queue_from_fds(fds, &other), -EINVAL);
	CHECK_INT(close(fds[PRUN_QUEUE_STATE]), 0);
	prun_queue_free(q);
	CHECK_INT(util_open_fds(), before);
}

/* ---- processes ---- */

static int
work(void *arg)
{
	struct prun_queue *q = arg;
	int number;
	ssize_t n;

	prun_queue_close_put(q);
	while ((n = prun_queue_get(q, &number, sizeof(number), SECONDS)) > 0) {
		if (prun_queue_task_done(q) != 0)
			return 1;
	}
	return n == -EPIPE ? 0 : 2;
}

TEST(processes_work_and_the_parent_joins)
{
	struct prun_queue *q = queue(3);
	struct prun_process *p[WORKERS];
	int rounds = t_times(300);

	for (int i = 0; i < WORKERS; i++)
		p[i] = start(work, q);
	prun_queue_close_get(q);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < rounds; i++)
			put(q, i);
		CHECK_INT(prun_queue_join(q, SECONDS), 0);
	}
	prun_queue_close_put(q);
	for (int i = 0; i < WORKERS; i++)
		ended(p[i], 0);
	prun_queue_free(q);
}

static int
join_it(void *arg)
{
	return prun_queue_join(arg, SECONDS) == 0 ? 0 : 1;
}

static bool
waits(struct prun_queue *q)
{
	return q->state->joiner_waits != 0;
}

TEST(a_joiner_that_is_killed_holds_up_nobody)
{
	struct prun_queue *q = queue(0);
	struct prun_process *killed, *p[2];

	put(q, 1);
	CHECK_INT(get(q), 1);
	killed = start(join_it, q);
	AWAIT(waits(q));
	for (int i = 0; i < 2; i++)
		p[i] = start(join_it, q);
	CHECK_INT(prun_process_kill(killed), 0);
	ended(killed, SIGKILL);
	CHECK_INT(prun_queue_task_done(q), 0);
	for (int i = 0; i < 2; i++)
		ended(p[i], 0);
	prun_queue_free(q);
}

static int
get_and_sleep(void *arg)
{
	(void)get(arg);
	(void)prun_queue_task_done(arg);
	(void)get(arg);
	return pause();
}

/* It joins before the message is got, and the death of the getter wakes it. */
TEST(what_a_killed_process_has_got_is_lost)
{
	struct prun_queue *q = queue(1);
	struct prun_process *p = start(get_and_sleep, q), *joiner;

	put(q, 1);
	put(q, 2);
	prun_queue_close_get(q);
	CHECK_INT(prun_queue_join(q, 0.01), -ETIMEDOUT);
	joiner = start(join_it, q);
	AWAIT(waits(q) && queue_state_open(q->state) == 1 &&
	    q->state->got == 2);
	CHECK_INT(prun_process_kill(p), 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 1);
	ended(p, SIGKILL);
	CHECK_INT(prun_process_wait(joiner, SECONDS, NULL), 0);
	prun_process_free(joiner);
	CHECK_INT(prun_queue_join(q, SECONDS), 1);
	prun_queue_free(q);
}

static int
sleep_only(void *arg)
{
	prun_queue_close_put(arg);
	return pause();
}

static int
put_in_vain(void *arg)
{
	prun_queue_close_get(arg);
	put(arg, 1);
	return prun_queue_put(arg, "x", 1, SECONDS) == -EPIPE ? 0 : 1;
}

/* It waits for room, and the one process that could get anything is killed. */
TEST(a_putter_sees_that_the_last_getter_is_killed)
{
	struct prun_queue *q = queue(1);
	struct prun_process *getter = start(sleep_only, q);
	struct prun_process *putter = start(put_in_vain, q);

	prun_queue_close_get(q);
	AWAIT(q->state->putter_waits != 0);
	CHECK_INT(prun_process_kill(getter), 0);
	ended(getter, SIGKILL);
	ended(putter, 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 1);
	prun_queue_free(q);
}

/* As if it were killed between receiving a message and saying so. */
static int
die_in_get(void *arg)
{
	struct prun_queue *q = arg;
	char data[16];

	if (queue_state_lock(q->state, INT64_MAX) == 0 &&
	    recv(q->get, data, sizeof(data), 0) > 0)
		raise(SIGKILL);
	return 1;
}

TEST(a_process_is_killed_while_it_gets)
{
	struct prun_queue *q = queue(2);

	put(q, 1);
	ended(start(die_in_get, q), SIGKILL);
	CHECK_INT(prun_queue_join(q, SECONDS), 1);
	/* While more messages come, the gap in their numbers tells that one was lost. */
	put(q, 2);
	put(q, 3);
	ended(start(die_in_get, q), SIGKILL);
	CHECK_INT(get(q), 3);
	put(q, 4);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(get(q), 4);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 2);
	/* And an empty socket does, when there are none. */
	put(q, 5);
	put(q, 6);
	ended(start(die_in_get, q), SIGKILL);
	ended(start(die_in_get, q), SIGKILL);
	put(q, 7);
	CHECK_INT(get(q), 7);
	CHECK_INT(prun_queue_task_done(q), 0);
	/* Without the other end, too. */
	put(q, 8);
	ended(start(die_in_get, q), SIGKILL);
	prun_queue_close_get(q);
	CHECK_INT(prun_queue_join(q, SECONDS), 5);
	prun_queue_free(q);
}

/* As if it were killed between taking a number and sending the message. */
static int
die_in_put(void *arg)
{
	struct prun_queue *q = arg;

	if (queue_state_lock(q->state, INT64_MAX) != 0)
		return 1;
	q->state->put++;
	raise(SIGKILL);
	return 1;
}

TEST(a_process_is_killed_while_it_puts)
{
	struct prun_queue *q = queue(2);

	put(q, 1);
	ended(start(die_in_put, q), SIGKILL);
	CHECK_INT(get(q), 1);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 1);
	ended(start(die_in_put, q), SIGKILL);
	ended(start(die_in_put, q), SIGKILL);
	put(q, 2);
	CHECK_INT(get(q), 2);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 3);
	prun_queue_free(q);
}

static int
stop_in_put(void *arg)
{
	struct prun_queue *q = arg;

	return queue_state_lock(q->state, INT64_MAX) != 0 || raise(SIGSTOP);
}

static bool
is_stopped(struct prun_process *p)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)prun_process_pid(p), &info,
		   WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid != 0;
}

/* It holds up the others, who give up in time; when it is killed they go on. */
TEST(a_process_is_stopped_while_it_puts)
{
	struct prun_queue *q = queue(1);
	struct prun_process *p = start(stop_in_put, q);
	int number = 1;

	AWAIT(is_stopped(p));
	CHECK_INT(prun_queue_put(q, &number, sizeof(number), 0), -ETIMEDOUT);
	CHECK_INT(prun_process_kill(p), 0);
	ended(p, SIGKILL);
	put(q, 1);
	CHECK_INT(get(q), 1);
	CHECK_INT(prun_queue_task_done(q), 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 0);
	prun_queue_free(q);
}

/* ---- random kills ---- */

#define NUMBERS 1000000

struct tally {
	_Atomic int next; /* number to be put next */
	_Atomic int put_done; /* how many puts have returned */
	_Atomic int done; /* how many task_done have returned */
	_Atomic unsigned char put[NUMBERS]; /* its put has returned */
	_Atomic unsigned char got[NUMBERS]; /* how often it was got */
};

struct crowd {
	struct prun_queue *queue;
	struct tally *tally;
};

static int
put_for_ever(void *arg)
{
	struct crowd *c = arg;

	prun_queue_close_get(c->queue);
	for (;;) {
		int number = c->tally->next++;

		if (number >= NUMBERS)
			return pause();
		put(c->queue, number);
		c->tally->put[number] = 1;
		c->tally->put_done++;
	}
}

static int
get_for_ever(void *arg)
{
	struct crowd *c = arg;
	int number;

	prun_queue_close_put(c->queue);
	while (prun_queue_get(c->queue, &number, sizeof(number), SECONDS) > 0) {
		c->tally->got[number]++;
		if (prun_queue_task_done(c->queue) != 0)
			return 1;
		c->tally->done++;
	}
	return 0;
}

static void
kill_one(struct prun_process **p, prun_process_fn *fn, struct crowd *c)
{
	int before = c->tally->done + c->tally->put_done;

	/* Both have done something since the last kill. */
	AWAIT(c->tally->next >= NUMBERS ||
	    c->tally->done + c->tally->put_done > before + 2);
	(void)usleep((useconds_t)(random() % 300));
	CHECK_INT(prun_process_kill(*p), 0);
	ended(*p, SIGKILL);
	*p = start(fn, c);
}

/*
 * What was put is got once, but for one message at most of each process that was killed;
 * join tells how many these are.
 */
static void
random_kills(bool putters, bool getters)
{
	struct crowd c = { .queue = queue(5) };
	struct prun_process *putter[2], *getter[2];
	int kills = t_times(100), lost, missing = 0;

	c.tally = shared_memory(sizeof(*c.tally));
	for (int i = 0; i < 2; i++) {
		putter[i] = start(put_for_ever, &c);
		getter[i] = start(get_for_ever, &c);
	}
	for (int i = 0; i < kills; i++) {
		if (putters && (!getters || i % 2 == 0))
			kill_one(&putter[i / 2 % 2], put_for_ever, &c);
		else
			kill_one(&getter[i / 2 % 2], get_for_ever, &c);
	}
	for (int i = 0; i < 2; i++) {
		CHECK_INT(prun_process_kill(putter[i]), 0);
		ended(putter[i], SIGKILL);
	}
	lost = (int)prun_queue_join(c.queue, SECONDS);
	prun_queue_close_put(c.queue);
	for (int i = 0; i < 2; i++)
		ended(getter[i], 0);
	CHECK(lost >= 0 && lost <= kills + 2);
	for (int i = 0; i < NUMBERS; i++) {
		CHECK(c.tally->got[i] <= 1);
		if (c.tally->put[i] && c.tally->got[i] == 0)
			missing++;
	}
	CHECK(missing <= lost);
	CHECK(getters || missing == 0);
	prun_queue_free(c.queue);
}

TEST(putters_are_killed_at_random)
{
	random_kills(true, false);
}

TEST(getters_are_killed_at_random)
{
	random_kills(false, true);
}

TEST(both_are_killed_at_random)
{
	random_kills(true, true);
}

/* ---- threads ---- */

static void *
put_some(void *arg)
{
	for (int i = 0; i < 200; i++)
		put(arg, i);
	return NULL;
}

static void *
do_all(void *arg)
{
	int number;

	while (prun_queue_get(arg, &number, sizeof(number), SECONDS) > 0)
		CHECK_INT(prun_queue_task_done(arg), 0);
	return NULL;
}

TEST(threads_put_get_and_join)
{
	struct prun_queue *q = queue(4);
	pthread_t putter[WORKERS], getter[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		CHECK_INT(pthread_create(&putter[i], NULL, put_some, q), 0);
		CHECK_INT(pthread_create(&getter[i], NULL, do_all, q), 0);
	}
	CHECK(prun_queue_join(q, SECONDS) == 0);
	for (int i = 0; i < WORKERS; i++)
		CHECK_INT(pthread_join(putter[i], NULL), 0);
	CHECK_INT(prun_queue_join(q, SECONDS), 0);
	prun_queue_close_put(q);
	for (int i = 0; i < WORKERS; i++)
		CHECK_INT(pthread_join(getter[i], NULL), 0);
	prun_queue_free(q);
}
