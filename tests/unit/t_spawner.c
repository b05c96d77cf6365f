/* SPDX-License-Identifier: ISC */

/*
 * spawner: who starts what.  A start is held up in its prepare function, which runs
 * in the thread that starts the child.
 */
#include <sched.h>
#include <semaphore.h>

#include "engine/spawner.h"
#include "process/child.h"
#include "process/plan.h"
#include "process/stdio.h"
#include "test_util.h"
#include "transport/transport.h"

#define SLOWLY (-2)
#define BEFORE_THREADS 63 /* the caller starts so many */

struct started {
	struct spawn_task task;
	struct child child;
	struct transport transport;
	struct stdio stdio;
	struct prun_result result;
	int held; /* descriptor that its start waits for; -1, SLOWLY */
	pthread_t starter; /* 0: not begun */
};

static const struct timespec slowly = { .tv_nsec = 50000000 };
static sem_t due;
static struct plan plan;

static void
tell(void *arg)
{
	(void)arg;
	CHECK_INT(sem_post(&due), 0);
}

static int
prepare_held(struct spawn_task *task)
{
	struct started *o = task->owner;
	char byte;

	__atomic_store_n(&o->starter, pthread_self(), __ATOMIC_RELEASE);
	if (o->held >= 0)
		CHECK_INT(read(o->held, &byte, 1), 1);
	if (o->held == SLOWLY)
		CHECK_INT(nanosleep(&slowly, NULL), 0);
	return 0;
}

/* Two CPUs: one thread, and the caller.  NULL: there is but one. */
static struct spawner *
two_starters(int threads)
{
	static const char *const argv[] = { "/bin/true", NULL };
	const struct prun_spec spec = { .argv = argv };
	struct plan_base base;
	struct spawner *sp;
	cpu_set_t all, two;

	CHECK_INT(sched_getaffinity(0, sizeof(all), &all), 0);
	CPU_ZERO(&two);
	for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&two) < 2; i++) {
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &two);
	}
	CHECK_INT(sched_setaffinity(0, sizeof(two), &two), 0);
	if (prun_cpu_count() != 2)
		return NULL;
	CHECK_INT(sem_init(&due, 0, 0), 0);
	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	CHECK_INT(spawner_new(threads, 8, tell, NULL, &sp), 0);
	return sp;
}

static void
submit_to(struct spawner *sp, struct started *o, int held, bool background)
{
	*o = (struct started){ .held = held };
	child_init(&o->child);
	stdio_init(&o->stdio);
	o->task = (struct spawn_task){ .start = { .plan = &plan,
					   .transport = &o->transport,
					   .child = &o->child,
					   .stdio = &o->stdio,
					   .result = &o->result },
		.prepare = prepare_held,
		.background = background,
		.owner = o };
	spawner_submit(sp, &o->task);
}

static void
submit(struct spawner *sp, struct started *o, int held)
{
	submit_to(sp, o, held, false);
}

/* One that is back: its child runs, and is waited for. */
static struct started *
take(struct spawner *sp)
{
	struct spawn_task *task;
	struct started *o;

	while ((task = spawner_take(sp)) == NULL)
		CHECK_INT(sem_wait(&due), 0);
	o = task->owner;
	CHECK_INT(task->error, 0);
	CHECK_INT(child_await(&o->child, INT64_MAX), 1);
	CHECK_INT(child_reap(&o->child, &o->result), 1);
	CHECK_INT(o->result.status, 0);
	child_fini(&o->child);
	return o;
}

static void
start_threads(struct spawner *sp)
{
	struct started o;

	for (int i = 0; i < BEFORE_THREADS; i++) {
		submit(sp, &o, -1);
		CHECK(take(sp) == &o);
		CHECK(pthread_equal(o.starter, pthread_self()));
	}
}

/* A thread is held up in starting. */
struct stage {
	struct spawner *sp;
	struct started held;
	int brake; /* what let_go() writes to */
};

/* False: there is but one CPU. */
static bool
hold(struct stage *s, int threads)
{
	int fds[2];

	s->sp = two_starters(threads);
	if (s->sp == NULL)
		return false;
	start_threads(s->sp);
	CHECK_INT(pipe(fds), 0);
	s->brake = fds[1];
	submit(s->sp, &s->held, fds[0]);
	AWAIT(__atomic_load_n(&s->held.starter, __ATOMIC_ACQUIRE) != 0);
	return true;
}

static void
finish(struct spawner *sp)
{
	spawner_drain(sp);
	CHECK(spawner_take(sp) == NULL);
	spawner_free(sp);
	plan_fini(&plan);
}

static void
let_go(struct stage *s)
{
	CHECK(spawner_take(s->sp) == NULL);
	CHECK_INT(write(s->brake, "", 1), 1);
	CHECK(take(s->sp) == &s->held);
	finish(s->sp);
}

TEST(a_thread_starts_it)
{
	struct spawner *sp = two_starters(0);
	struct started o;

	if (sp == NULL)
		return;
	start_threads(sp);
	for (int i = 0; i < 10; i++) {
		submit(sp, &o, -1);
		CHECK(take(sp) == &o);
		CHECK(!pthread_equal(o.starter, pthread_self()));
	}
	CHECK(!spawner_help(sp));
	finish(sp);
}

TEST(the_caller_helps)
{
	struct stage s;
	struct started o;

	if (!hold(&s, 0))
		return;
	submit(s.sp, &o, -1);
	/* He is told that there is something to do, and nobody else does it. */
	CHECK_INT(sem_wait(&due), 0);
	CHECK(spawner_take(s.sp) == NULL);
	CHECK(spawner_help(s.sp));
	CHECK(take(s.sp) == &o);
	CHECK(pthread_equal(o.starter, pthread_self()));
	CHECK(!spawner_help(s.sp));
	let_go(&s);
}

/* The first start of all, and one that waits for it. */
TEST(the_caller_is_not_kept_by_what_is_in_the_background)
{
	struct spawner *sp = two_starters(0);
	struct started held, o;
	int fds[2];

	if (sp == NULL)
		return;
	CHECK_INT(pipe(fds), 0);
	submit_to(sp, &held, fds[0], true);
	submit_to(sp, &o, -1, true);
	CHECK(!spawner_help(sp));
	CHECK_INT(write(fds[1], "", 1), 1);
	CHECK(take(sp) == &held);
	CHECK(take(sp) == &o);
	CHECK(!pthread_equal(held.starter, pthread_self()));
	CHECK(!pthread_equal(o.starter, pthread_self()));
	finish(sp);
}

/* All threads come when the caller has had to wait, and nobody asks him again. */
TEST(a_slow_start_calls_the_threads)
{
	struct stage s;
	struct started slow, o[2];

	if (!hold(&s, 0))
		return;
	submit(s.sp, &slow, SLOWLY);
	submit(s.sp, &o[0], -1);
	submit(s.sp, &o[1], -1);
	CHECK(spawner_help(s.sp));
	CHECK(pthread_equal(slow.starter, pthread_self()));
	CHECK(!spawner_help(s.sp));
	for (int i = 0; i < 3; i++)
		CHECK(take(s.sp) != &s.held);
	CHECK(!pthread_equal(o[0].starter, pthread_self()));
	CHECK(!pthread_equal(o[1].starter, pthread_self()));
	let_go(&s);
}

/* They come as well when the caller does not help and more and more waits. */
TEST(a_long_queue_calls_the_threads)
{
	struct stage s;
	struct started o[9];

	if (!hold(&s, 0))
		return;
	for (int i = 0; i < 9; i++)
		submit(s.sp, &o[i], -1);
	for (int i = 0; i < 9; i++)
		CHECK(take(s.sp) != &s.held);
	for (int i = 0; i < 9; i++)
		CHECK(!pthread_equal(o[i].starter, pthread_self()));
	let_go(&s);
}

/* So many threads as are asked for do it alone. */
TEST(threads_that_were_asked_for)
{
	struct stage s;
	struct started o;

	if (!hold(&s, 2))
		return;
	submit(s.sp, &o, -1);
	CHECK(!spawner_help(s.sp));
	CHECK(take(s.sp) == &o);
	let_go(&s);
}
