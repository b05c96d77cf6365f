/* SPDX-License-Identifier: ISC */

/* sized: structures of programs that were compiled with another prun.h. */
#include "base/sized.h"
#include "prun.h"
#include "test_util.h"

/* The library's; its first version ended with b. */
struct own {
	size_t size;
	int a, b;
	long c;
};

struct larger {
	struct own own;
	char more[8];
};

#define FIRST SIZED_UP_TO(struct own, b)

TEST(in)
{
	struct larger l = { .own = { sizeof(l), 1, 2, 3 } };
	struct own own;

	CHECK_INT(sized_in(&own, sizeof(own), &l, sizeof(l), FIRST), 0);
	CHECK_INT(own.size, sizeof(own));
	CHECK_INT(own.c, 3);
	l.more[7] = 1;
	CHECK_INT(sized_in(&own, sizeof(own), &l, sizeof(l), FIRST), -E2BIG);
	CHECK_INT(sized_in(&own, sizeof(own), &l, FIRST, FIRST), 0);
	CHECK_INT(own.b, 2);
	CHECK_INT(own.c, 0);
	CHECK_INT(sized_in(&own, sizeof(own), &l, FIRST - 1, FIRST), -EINVAL);
	CHECK_INT(sized_in(&own, sizeof(own), &l, 0, FIRST), -EINVAL);
	CHECK_INT(sized_in(&own, sizeof(own), &l, SIZED_MOST + 1, FIRST),
	    -EINVAL);
}

TEST(out)
{
	const struct own own = { sizeof(own), 1, 2, 3 };
	struct larger l;

	memset(&l, 0x55, sizeof(l));
	sized_out(&l, FIRST, &own, sizeof(own));
	CHECK_INT(l.own.size, FIRST);
	CHECK_INT(l.own.b, 2);
	CHECK(l.own.c != 3);
	sized_out(&l, sizeof(l), &own, sizeof(own));
	CHECK_INT(l.own.size, sizeof(l));
	CHECK_INT(l.own.c, 3);
	CHECK_INT(l.more[0] | l.more[7], 0);
}

/* Each call says it before anything has happened. */
TEST(calls)
{
	struct prun_spec none = { .command = "exit 0" }, spec = none;
	struct prun_result unset = { 0 }, r = { .size = sizeof(r) };
	struct prun_output output = { 0 };
	struct prun_pool_opts opts = { .slots = 1 };
	struct prun_sudo sudo = { .quiet = true };
	struct prun_sudo_answer answer = { .size = sizeof(answer) };
	struct prun_process *p;
	struct prun_pool *pool;
	enum prun_step step;
	char *out;

	spec.size = sizeof(spec);
	CHECK_INT(prun_call(&none, &r), -EINVAL);
	CHECK_INT(prun_call(&spec, &unset), -EINVAL);
	CHECK_INT(prun_check_call(&none, &r), -EINVAL);
	CHECK_INT(prun_check_output(&none, &out, NULL, NULL), -EINVAL);
	CHECK_INT(prun_check_output(&spec, &out, NULL, &unset), -EINVAL);
	CHECK_INT(prun_process_start(&none, &p), -EINVAL);
	CHECK_INT(prun_process_start_step(&none, &step, &p), -EINVAL);
	CHECK_INT(prun_process_start_fn(&none, NULL, NULL, NULL, &p), -EINVAL);
	CHECK_INT(prun_process_start(&spec, &p), 0);
	CHECK_INT(prun_process_poll(p, &unset), -EINVAL);
	CHECK_INT(prun_process_wait(p, -1, &unset), -EINVAL);
	CHECK_INT(prun_process_communicate(p, NULL, 0, -1, &output), -EINVAL);
	CHECK_INT(prun_process_wait(p, -1, &r), 0);
	prun_process_free(p);
	spec.sudo = &sudo;
	CHECK_INT(prun_call(&spec, NULL), -EINVAL);
	CHECK_INT(prun_sudo_check(&sudo, -1, NULL, NULL, &answer), -EINVAL);
	spec.sudo = NULL;
	CHECK_INT(prun_pool_new(&opts, &pool), -EINVAL);
	opts.size = sizeof(opts);
	CHECK_INT(prun_pool_new(&opts, &pool), 0);
	CHECK_INT(prun_pool_apply_async(pool, &none, NULL, NULL), -EINVAL);
	CHECK_INT(prun_pool_submit(pool, &none, NULL, NULL, NULL), -EINVAL);
	CHECK_INT(prun_pool_apply(pool, &none, NULL), -EINVAL);
	CHECK_INT(prun_pool_apply(pool, &spec, &unset), -EINVAL);
	CHECK_INT(prun_pool_map(pool, &none, 1, NULL), -EINVAL);
	CHECK_INT(prun_pool_map(pool, &spec, 1, &unset), -EINVAL);
	CHECK_INT(prun_pool_pending(pool), 0);
	CHECK_INT(prun_pool_free(pool), 0);
}

/* A function that gives specs may copy its own, larger or smaller one into the room. */
static int
next_larger(struct prun_spec *spec, void *arg)
{
	struct {
		struct prun_spec spec;
		long more[40];
	} larger = { .spec = { .size = sizeof(larger), .command = "exit 0" } };

	int *n = arg;

	CHECK_INT(spec->size, sizeof(*spec));
	larger.more[39] = *n == 1;
	memcpy(spec, &larger, sizeof(larger));
	return ++*n < 5;
}

TEST(map_from)
{
	struct prun_pool *pool;
	int n = 0;

	CHECK_INT(prun_pool_new(NULL, &pool), 0);
	CHECK_INT(prun_pool_map_from(pool, next_larger, NULL, &n), -E2BIG);
	CHECK_INT(n, 2);
	CHECK_INT(prun_pool_map_from(pool, next_larger, NULL, &n), 0);
	CHECK_INT(n, 5);
	CHECK_INT(prun_pool_free(pool), 0);
}
