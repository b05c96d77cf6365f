/* SPDX-License-Identifier: ISC */

/*
 * A program of another day: tests/cli/abi.bats compiles it with another prun.h than the
 * library's and runs it with the library of today.  With TOMORROW the structures of that
 * prun.h have a member more, and the first argument says in which it is not zero.
 */
#include <stdio.h>
#include <string.h>

#include "prun.h"

static const char *wanted = "";

#ifdef TOMORROW
#define GROW(s, name) ((s).tomorrow[8] = strcmp(wanted, name) == 0)
#define FILLED(r) ((r).tomorrow[0] != 0 || (r).tomorrow[8] != 0)
#else
#define GROW(s, name) ((void)0)
#define FILLED(r) 0
#endif

static int left = 3, told;

static int
next(struct prun_spec *spec, void *arg)
{
	struct prun_spec mine = { .size = sizeof(mine), .command = "exit 0" };

	(void)arg;
	GROW(mine, "next");
	*spec = mine;
	return left-- > 0;
}

static void
done(const struct prun_result *r, void *arg)
{
	(void)arg;
	told += r->status == 0 && r->size > 0 && r->flags == 0;
}

static int
say(const char *what, int error)
{
	if (error != 0)
		printf("%s: %s\n", what, strerror(-error));
	return error;
}

static int
one_process(const struct prun_spec *spec)
{
	struct prun_output output = { .size = sizeof(output) };
	struct prun_result r = { .size = sizeof(r) };
	struct prun_process *p;

	if (say("start", prun_process_start(spec, &p)) != 0)
		return 1;
	if (say("communicate",
		prun_process_communicate(p, "text\n", 5, -1, &output)) != 0)
		return 1;
	GROW(r, "result");
	if (say("poll", prun_process_poll(p, &r) - 1) != 0)
		return 1;
	printf("%s%d %d %d\n", output.out, output.result.status, r.status,
	    FILLED(r));
	prun_output_free(&output);
	prun_process_free(p);
	return 0;
}

static int
many_processes(struct prun_pool *pool)
{
	struct prun_spec specs[2] = { { .size = sizeof(specs[0]) } };
	struct prun_result r[2] = { { .size = sizeof(r[0]) } };

	specs[0].command = "exit 3";
	specs[1].command = "exit 4";
	GROW(specs[1], "specs");
	if (say("map", prun_pool_map(pool, specs, 2, r)) != 0)
		return 1;
	printf("%d %d %d\n", r[0].status, r[1].status, FILLED(r[1]));
	return say("map_from", prun_pool_map_from(pool, next, done, NULL)) != 0;
}

int
main(int argc, char **argv)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = "cat",
		.in = { PRUN_STDIO_PIPE, 0 },
		.out = { PRUN_STDIO_PIPE, 0 },
		.flags = PRUN_SPEC_NEW_GROUP };
	struct prun_pool_opts opts = { .size = sizeof(opts), .slots = 1 };
	const struct prun_sudo sudo = { .size = sizeof(sudo), .quiet = true };
	struct prun_pool *pool;
	int failed;

	if (argc > 1)
		wanted = argv[1];
	GROW(spec, "spec");
	if (strcmp(wanted, "sudo") == 0) {
		struct prun_sudo mine = sudo;

		GROW(mine, "sudo");
		spec.sudo = &mine;
		return one_process(&spec);
	}
	if (one_process(&spec) != 0)
		return 1;
	GROW(opts, "opts");
	if (say("new", prun_pool_new(&opts, &pool)) != 0)
		return 1;
	failed = many_processes(pool);
	prun_pool_free(pool);
	printf("%d\n", told);
	return failed;
}
