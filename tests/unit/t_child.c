/* SPDX-License-Identifier: ISC */

/* child: signalled while it is ours, reaped once. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "process/child.h"
#include "process/plan.h"
#include "process/spawn.h"
#include "test_util.h"

static const int inherit[3] = { -1, -1, -1 };

static int
start(struct child *c, const char *line, unsigned flags, struct prun_result *r)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = line,
		.flags = flags };
	struct plan_base base;
	struct plan plan = { 0 };
	void *stack = spawn_stack_new();
	int error;

	memset(r, 0, sizeof(*r));
	child_init(c);
	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	error = child_start(c, &plan, inherit, stack, r);
	spawn_stack_free(stack);
	plan_fini(&plan);
	return error;
}

TEST(result)
{
	struct prun_result r, later = { 0 };
	struct child c;
	int before = util_open_fds();

	CHECK_INT(start(&c,
		      "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done;"
		      "exit 5",
		      0, &r),
	    0);
	CHECK_INT(r.pid, c.pid);
	CHECK_INT(child_await(&c, INT64_MAX), 1);
	CHECK_INT(child_reap(&c, &later), 1);
	CHECK_INT(later.status, 5);
	CHECK_INT(later.signal, 0);
	CHECK_INT(later.pid, r.pid);
	CHECK(later.elapsed > 0 && later.elapsed < 60);
	CHECK(later.started == r.started && r.started > 1e9);
	CHECK(later.usage.ru_utime.tv_sec * 1000000 +
		later.usage.ru_utime.tv_usec >
	    0);
	CHECK_INT(c.pidfd, -1);
	child_fini(&c);
	CHECK_INT(util_open_fds(), before);
}

TEST(signalled)
{
	struct prun_result r = { .size = sizeof(r) };
	struct child c;

	CHECK_INT(start(&c, "exec sleep 1000", 0, &r), 0);
	CHECK_INT(child_reap(&c, &r), 0);
	CHECK_INT(child_await(&c, 0), 0);
	CHECK_INT(child_await(&c, clock_now() + 1000000), 0);
	CHECK_INT(child_signal(&c, SIGTERM), 0);
	CHECK_INT(child_await(&c, INT64_MAX), 1);
	/* Dead, not reaped: the number is still ours. */
	CHECK_INT(child_signal(&c, SIGTERM), 0);
	CHECK_INT(child_reap(&c, &r), 1);
	CHECK_INT(r.status, 128 + SIGTERM);
	CHECK_INT(r.signal, SIGTERM);
	CHECK_INT(child_signal(&c, SIGTERM), -ESRCH);
	CHECK_INT(child_hold(&c), -ESRCH);
	child_fini(&c);
}

TEST(group)
{
	struct prun_result r = { .size = sizeof(r) };
	struct child c;

	util_folder();
	CHECK_INT(start(&c,
		      "sleep 1000 & echo $! >pid.new;"
		      "mv pid.new pid; wait",
		      PRUN_SPEC_NEW_GROUP, &r),
	    0);
	AWAIT(util_pid("pid") != 0);
	CHECK_INT(child_signal(&c, SIGKILL), 0);
	CHECK_INT(child_await(&c, INT64_MAX), 1);
	AWAIT(!util_lives(util_pid("pid")));
	CHECK_INT(child_reap(&c, &r), 1);
	child_fini(&c);
}

TEST(hold)
{
	struct prun_result r = { .size = sizeof(r) };
	struct child c;

	CHECK_INT(start(&c, "exit 4", 0, &r), 0);
	CHECK_INT(child_hold(&c), 0);
	CHECK_INT(child_hold(&c), -EALREADY);
	CHECK_INT(child_await(&c, INT64_MAX), 1);
	CHECK_INT(child_reap(&c, &r), 0);
	CHECK_INT(child_signal(&c, 0), 0);
	child_release(&c);
	CHECK_INT(child_reap(&c, &r), 1);
	CHECK_INT(r.status, 4);
	child_fini(&c);
}

TEST(reaped_by_another)
{
	struct prun_result r = { .size = sizeof(r) };
	struct child c;

	CHECK_INT(start(&c, "exit 4", 0, &r), 0);
	CHECK_INT(waitpid(c.pid, NULL, 0), c.pid);
	CHECK_INT(child_signal(&c, 0), -ESRCH);
	CHECK_INT(child_hold(&c), -ESRCH);
	CHECK_INT(child_reap(&c, &r), 1);
	CHECK_INT(r.flags, PRUN_RESULT_STATUS_UNKNOWN);
	CHECK_INT(r.status, 255);
	CHECK_INT(child_signal(&c, SIGKILL), -ESRCH);
	child_fini(&c);
}

TEST(not_started)
{
	const char *argv[] = { "/proc/none/program", NULL };
	struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	struct prun_result r = { .size = sizeof(r) };
	struct plan_base base;
	struct plan plan = { 0 };
	void *stack = spawn_stack_new();
	struct child c;

	child_init(&c);
	plan_base_init(&base);
	CHECK_INT(plan_set(&plan, &spec, &base, NULL), 0);
	CHECK_INT(child_start(&c, &plan, inherit, stack, &r), -ENOENT);
	CHECK_INT(r.flags, PRUN_RESULT_NOT_STARTED);
	CHECK_INT(r.step, PRUN_STEP_EXEC);
	CHECK_INT(r.error, ENOENT);
	CHECK_INT(r.status, 127);
	CHECK_INT(child_signal(&c, SIGKILL), -ESRCH);
	CHECK_INT(child_hold(&c), -ESRCH);
	child_fini(&c);
	spawn_stack_free(stack);
	plan_fini(&plan);
}

/* Signals from another thread, while this one reaps. */
static void *
shoot(void *arg)
{
	struct child *c = arg;
	int error;

	while ((error = child_signal(c, SIGKILL)) == 0)
		continue;
	return error == -ESRCH ? NULL : arg;
}

TEST(signal_against_reap)
{
	struct prun_result r = { .size = sizeof(r) };
	struct child c;
	pthread_t thread;
	void *bad;

	for (int i = 0; i < 100; i++) {
		CHECK_INT(start(&c, "exec sleep 1000", PRUN_SPEC_NEW_GROUP, &r),
		    0);
		CHECK_INT(pthread_create(&thread, NULL, shoot, &c), 0);
		CHECK_INT(child_await(&c, INT64_MAX), 1);
		CHECK_INT(child_reap(&c, &r), 1);
		pthread_join(thread, &bad);
		CHECK(bad == NULL);
		CHECK_INT(r.signal, SIGKILL);
		child_fini(&c);
	}
}

static void *
start_in_thread(void *arg)
{
	atomic_bool *started = arg;
	struct prun_result r = { .size = sizeof(r) };
	struct child c;

	CHECK_INT(start(&c, "exit 0", 0, &r), 0);
	atomic_store(started, true);
	CHECK_INT(child_await(&c, INT64_MAX), 1);
	CHECK_INT(child_reap(&c, &r), 1);
	child_fini(&c);
	return NULL;
}

/* Who reaps what jobs left behind must not take a child that is just being started. */
TEST(starts_rest)
{
	atomic_bool started = false;
	pthread_t thread;

	CHECK(own_children_rest());
	CHECK_INT(pthread_create(&thread, NULL, start_in_thread, &started), 0);
	(void)usleep(20000); /* time for one that does not wait */
	CHECK(!atomic_load(&started));
	own_children_resume();
	CHECK_INT(pthread_join(thread, NULL), 0);
	CHECK(atomic_load(&started));
	own_children_await_rest();
	own_children_resume();
}
