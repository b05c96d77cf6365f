/* SPDX-License-Identifier: ISC */

/* terminate: the sequence, batches, haste, and who is told. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/proc.h"
#include "kill/terminate.h"
#include "process/plan.h"
#include "process/spawn.h"
#include "test_util.h"

#define MS INT64_C(1000000)

struct victim {
	struct termination x;
	struct child child;
	struct prun_result result;
	char job_mark[32];
	atomic_int ended;
};

struct scene {
	struct timer *timer;
	struct terminator terminator;
	unsigned serial;
};

static void
ended(struct termination *x, void *arg)
{
	struct victim *v = (struct victim *)x;

	(void)arg;
	atomic_fetch_add(&v->ended, 1);
}

static void
scene_open(struct scene *s, const char *sequence)
{
	struct termseq seq;

	CHECK_INT(termseq_parse(sequence, &seq), 0);
	CHECK_INT(timer_new(&s->timer), 0);
	terminator_init(&s->terminator, s->timer, &seq, ended, NULL);
	s->serial = 0;
}

static void
scene_close(struct scene *s)
{
	timer_free(s->timer);
	terminator_fini(&s->terminator);
}

static void
victim_start(struct scene *s, struct victim *v, const char *line)
{
	const int inherit[3] = { -1, -1, -1 };
	struct prun_spec spec = { .command = line,
		.flags = PRUN_SPEC_NEW_GROUP };
	struct plan_base base;
	struct plan plan = { 0 };
	void *stack = spawn_stack_new();
	char variable[64];

	memset(v, 0, sizeof(*v));
	(void)snprintf(v->job_mark, sizeof(v->job_mark), "tt%d-%u",
	    (int)getpid(), ++s->serial);
	(void)snprintf(variable, sizeof(variable), "PRUN_JOB_ID=%s",
	    v->job_mark);
	child_init(&v->child);
	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, &spec, &base, variable), 0);
	v->x.child = &v->child;
	v->x.job_mark = v->job_mark;
	v->x.started = proc_now();
	CHECK_INT(child_start(&v->child, &plan, inherit, stack, &v->result), 0);
	spawn_stack_free(stack);
	plan_fini(&plan);
}

/* As the loop does it. */
static void
victim_reap(struct scene *s, struct victim *v)
{
	CHECK_INT(child_await(&v->child, INT64_MAX), 1);
	CHECK_INT(child_reap(&v->child, &v->result), 0);
	terminator_leader_died(&s->terminator, &v->x);
	AWAIT(v->ended == 1);
	child_release(&v->child);
	CHECK_INT(child_reap(&v->child, &v->result), 1);
	CHECK_INT(terminator_start(&s->terminator, &v->x), -ESRCH);
	child_fini(&v->child);
}

TEST(gentle)
{
	struct scene s;
	struct victim v;
	double start;

	scene_open(&s, "TERM,60000,KILL,25");
	victim_start(&s, &v, "exec sleep 1000");
	start = util_now();
	CHECK_INT(terminator_start(&s.terminator, &v.x), 0);
	CHECK_INT(terminator_start(&s.terminator, &v.x), -EALREADY);
	victim_reap(&s, &v);
	CHECK_INT(v.result.signal, SIGTERM);
	CHECK(util_now() - start < 20);
	scene_close(&s);
}

TEST(escalates)
{
	struct scene s;
	struct victim v;
	double start;

	util_folder();
	scene_open(&s, "TERM,100,INT,100,KILL,25");
	victim_start(&s, &v, "trap '' TERM INT; : >ready; sleep 1000");
	AWAIT(access("ready", F_OK) == 0);
	start = util_now();
	CHECK_INT(terminator_start(&s.terminator, &v.x), 0);
	victim_reap(&s, &v);
	CHECK_INT(v.result.signal, SIGKILL);
	CHECK(util_now() - start >= 0.2);
	scene_close(&s);
}

/* The leader dies of TERM, somebody else does not: the wait goes on for him. */
TEST(waits_for_the_tree)
{
	struct scene s;
	struct victim v;
	double start;
	pid_t pid;

	util_folder();
	scene_open(&s, "TERM,150,KILL,1000");
	victim_start(&s, &v,
	    "setsid sh -c 'trap \"\" TERM; echo $$ >p; mv p pid; "
	    "while :; do sleep 1000; done' & sleep 1000");
	AWAIT((pid = util_pid("pid")) != 0);
	start = util_now();
	CHECK_INT(terminator_start(&s.terminator, &v.x), 0);
	victim_reap(&s, &v);
	CHECK_INT(v.result.signal, SIGTERM);
	CHECK(util_now() - start >= 0.15);
	AWAIT(!util_lives(pid));
	scene_close(&s);
}

/* Haste reaches also who has not been put into a batch yet. */
TEST(hurry)
{
	struct scene s;
	struct victim v;

	util_folder();
	scene_open(&s, "TERM,100000,KILL,25");
	for (int i = 0; i < 20; i++) {
		(void)unlink("ready");
		victim_start(&s, &v, "trap '' TERM; : >ready; sleep 1000");
		AWAIT(access("ready", F_OK) == 0);
		alarm(20);
		CHECK_INT(terminator_start(&s.terminator, &v.x), 0);
		if (i % 2 == 1)
			(void)usleep((useconds_t)i * 300);
		terminator_hurry(&s.terminator);
		victim_reap(&s, &v);
		CHECK_INT(v.result.signal, SIGKILL);
		terminator_hurry(&s.terminator);
	}
	/* It does not stick to those that come later. */
	victim_start(&s, &v, "exec sleep 1000");
	CHECK_INT(terminator_start(&s.terminator, &v.x), 0);
	victim_reap(&s, &v);
	CHECK_INT(v.result.signal, SIGTERM);
	scene_close(&s);
}

TEST(many)
{
	enum {
		N = 60
	};
	static struct victim v[N];
	struct scene s;

	scene_open(&s, "TERM,1000,KILL,25");
	for (int i = 0; i < N; i++)
		victim_start(&s, &v[i], "exec sleep 1000");
	for (int i = 0; i < N; i++)
		CHECK_INT(terminator_start(&s.terminator, &v[i].x), 0);
	for (int i = 0; i < N; i++) {
		CHECK_INT(child_await(&v[i].child, INT64_MAX), 1);
		terminator_leader_died(&s.terminator, &v[i].x);
	}
	for (int i = 0; i < N; i++) {
		AWAIT(v[i].ended == 1);
		child_release(&v[i].child);
		CHECK_INT(child_reap(&v[i].child, &v[i].result), 1);
		CHECK_INT(v[i].result.signal, SIGTERM);
		child_fini(&v[i].child);
	}
	scene_close(&s);
}

/*
 * Everything at once: kills, deaths and haste, from two threads, while batches
 * end.  For the sanitizers.
 */
static atomic_bool stop;

static void *
hurry_on(void *arg)
{
	struct scene *s = arg;

	while (!stop)
		terminator_hurry(&s->terminator);
	return NULL;
}

TEST(races)
{
	struct scene s;
	struct victim v[4];
	pthread_t thread;

	scene_open(&s, "TERM,2,TERM,2,KILL,5");
	CHECK_INT(pthread_create(&thread, NULL, hurry_on, &s), 0);
	for (int round = 0; round < 60; round++) {
		for (int i = 0; i < 4; i++)
			victim_start(&s, &v[i], "exec sleep 1000");
		for (int i = 0; i < 4; i++)
			CHECK_INT(terminator_start(&s.terminator, &v[i].x), 0);
		for (int i = 0; i < 4; i++)
			victim_reap(&s, &v[i]);
	}
	stop = true;
	pthread_join(thread, NULL);
	scene_close(&s);
}

/* The leader's death is told before the kill has come as far as a batch. */
TEST(death_told_early)
{
	struct scene s;
	struct victim v;
	double start;
	pid_t pid;

	util_folder();
	scene_open(&s, "CONT,20000,KILL,25");
	victim_start(&s, &v, "sleep 1000 & echo $! >p; mv p pid; exit 0");
	AWAIT((pid = util_pid("pid")) != 0);
	CHECK_INT(child_await(&v.child, INT64_MAX), 1);
	terminator_leader_died(&s.terminator, &v.x);
	CHECK_INT(terminator_start(&s.terminator, &v.x), 0);
	start = util_now();
	/* Its last process ends: looked for early, for the leader is dead. */
	CHECK_INT(kill(pid, SIGKILL), 0);
	AWAIT(v.ended == 1);
	CHECK(util_now() - start < 10);
	child_release(&v.child);
	CHECK_INT(child_reap(&v.child, &v.result), 1);
	child_fini(&v.child);
	scene_close(&s);
}
