/* SPDX-License-Identifier: ISC */

/* throttle: few tasks at a time as long as that serves more, and never for ever. */
#include <unistd.h>

#include "base/clock.h"
#include "pool/pool.h"
#include "t.h"

static struct prun_pool pool;

/* A pool with so many tasks in flight, and room for two short ones. */
static void
pool_with(uint64_t active)
{
	pool = (struct prun_pool){ 0 };
	CHECK_INT(loop_init(&pool.engine.loop), 0);
	tasks_init(&pool.tasks);
	throttle_init(&pool);
	CHECK(pool.throttle.few > 0);
	pool.throttle.few = 2;
	pool.tasks.count[TASK_RUNNING] = active;
}

/* Until it is looked at, meanwhile so many are served. */
static void
await_look(unsigned served)
{
	const int64_t since = pool.throttle.since;

	CHECK(loop_timer_is_pending(&pool.throttle.look));
	for (unsigned i = 0; i < served; i++)
		throttle_served(&pool);
	while (pool.throttle.since == since &&
	    loop_timer_is_pending(&pool.throttle.look))
		CHECK(loop_turn(&pool.engine.loop, -1) >= 0);
}

TEST(long_tasks_get_all_slots)
{
	pool_with(1);
	CHECK(throttle_allows(&pool));
	CHECK(!loop_timer_is_pending(&pool.throttle.look));
	pool.tasks.count[TASK_RUNNING] = 2;
	CHECK(!throttle_allows(&pool));
	await_look(0);
	CHECK(throttle_allows(&pool));
	pool.tasks.count[TASK_RUNNING] = 7;
	CHECK(throttle_allows(&pool));
	/* Few are tried again, and get no second look. */
	await_look(1000000);
	CHECK(!throttle_allows(&pool));
	await_look(1);
	CHECK(throttle_allows(&pool));
	loop_fini(&pool.engine.loop);
}

TEST(short_tasks_get_few)
{
	pool_with(2);
	CHECK(!throttle_allows(&pool));
	await_look(1);
	for (int i = 0; i < 20; i++) {
		CHECK(!throttle_allows(&pool));
		await_look(1000);
	}
	loop_fini(&pool.engine.loop);
}

TEST(all_slots_are_tried_now_and_then)
{
	int looks = 0;

	pool_with(2);
	while (!throttle_allows(&pool)) {
		await_look(1000000);
		looks++;
	}
	CHECK(looks > 10);
	await_look(1);
	CHECK(!throttle_allows(&pool));
	loop_fini(&pool.engine.loop);
}

TEST(nothing_to_do_needs_no_timer)
{
	pool_with(2);
	CHECK(!throttle_allows(&pool));
	await_look(0);
	pool.tasks.count[TASK_RUNNING] = 0;
	await_look(0);
	CHECK(!loop_timer_is_pending(&pool.throttle.look));
	CHECK(throttle_allows(&pool));
	loop_fini(&pool.engine.loop);
}

TEST(a_pool_without_workers)
{
	pool_with(1000);
	pool.throttle = (struct throttle){ 0 };
	CHECK(throttle_allows(&pool));
	loop_fini(&pool.engine.loop);
}

TEST(tasks_that_last_count_for_nothing)
{
	struct server server = { .given = 0 };
	struct worker w = { .server = &server };
	struct task task = { .worker = &w };

	pool_with(2);
	TAILQ_INSERT_TAIL(&pool.tasks.list[TASK_RUNNING], &task, entry);
	CHECK(throttle_allows(&pool)); /* one is old, one is short */
	pool.tasks.count[TASK_RUNNING] = 3;
	CHECK(!throttle_allows(&pool));
	loop_fini(&pool.engine.loop);
}

TEST(workers_that_start_are_waited_for)
{
	struct server server = { .given = clock_now() + INT64_C(60000000000) };
	struct worker w = { .server = &server };
	struct task task = { .worker = &w };
	int pipe_of_tasks[2];
	char byte;

	CHECK_INT(pipe(pipe_of_tasks), 0);
	w.stdio.parent[0] = pipe_of_tasks[1];
	CHECK_INT(write(pipe_of_tasks[1], "x", 1), 1);
	pool_with(2);
	TAILQ_INSERT_TAIL(&pool.tasks.list[TASK_RUNNING], &task, entry);
	CHECK(!throttle_allows(&pool));
	await_look(0);
	CHECK(!throttle_allows(&pool));
	await_look(0);
	CHECK(!throttle_allows(&pool));
	CHECK_INT(read(pipe_of_tasks[0], &byte, 1), 1);
	await_look(0);
	CHECK(throttle_allows(&pool));
	close(pipe_of_tasks[0]);
	close(pipe_of_tasks[1]);
	loop_fini(&pool.engine.loop);
}

TEST(workers_that_do_not_start_are_not_waited_for_long)
{
	int looks = 0;

	pool_with(2);
	pool.tasks.count[TASK_RUNNING] = 0;
	pool.tasks.count[TASK_STARTING] = 2;
	while (!throttle_allows(&pool)) {
		await_look(0);
		looks++;
	}
	CHECK(looks > 10 && looks < 100);
	loop_fini(&pool.engine.loop);
}

TEST(workers_that_use_no_cpu_get_all_slots)
{
	const char *const argv[] = { "cat", NULL };
	const struct prun_spec spec = { .size = sizeof(spec), .argv = argv };
	const struct prun_worker_opts opts = { .size = sizeof(opts),
		.kind = PRUN_WORKER_LINE,
		.spec = &spec };

	pool_with(2);
	CHECK_INT(crew_new(&opts, 8, &pool.crew), 0);
	CHECK(!throttle_allows(&pool));
	await_look(1000);
	CHECK(throttle_allows(&pool));
	crew_free(pool.crew);
	loop_fini(&pool.engine.loop);
}
