/* SPDX-License-Identifier: ISC */

/*
 * pool [-j JOBS] [-n COUNT] [-s SPAWNERS] PROGRAM [ARGUMENT...]
 *
 * The engine without the command: a pool of JOBS slots runs the program COUNT
 * times, its output captured and passed on.  -s is prun_pool_opts.spawners, which
 * prun itself always leaves to the library.
 */
#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prun.h"

static void
check(int error, const char *what)
{
	if (error != 0)
		errx(1, "%s: %s", what, strerror(-error));
}

static void
done(const struct prun_result *r, void *arg)
{
	(void)arg;
	if (r->status != 0)
		errx(1, "job %llu ended with status %d",
		    (unsigned long long)r->id, r->status);
}

/* As prun does: a job is handed over when it can start. */
static void
run(const struct prun_pool_opts *opts, long count, char **argv)
{
	struct prun_spec spec = {
		.size = sizeof(spec),
		.argv = (const char *const *)argv,
		.in.kind = PRUN_STDIO_NULL,
	};
	struct prun_pool *pool;

	check(prun_pool_new(opts, &pool), "prun_pool_new");
	for (; count > 0; count--) {
		while (prun_pool_slot(pool) == 0)
			check(prun_pool_step(pool, -1), "prun_pool_step");
		check(prun_pool_apply_async(pool, &spec, done, NULL),
		    "prun_pool_apply_async");
	}
	prun_pool_close(pool);
	check(prun_pool_join(pool), "prun_pool_join");
	prun_pool_free(pool);
}

static long
number(const char *text, long least)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end != '\0' || n < least || n > INT_MAX)
		errx(2, "%s: not a number of at least %ld", text, least);
	return n;
}

int
main(int argc, char **argv)
{
	struct prun_pool_opts opts = { .size = sizeof(opts), .slots = 1 };
	long count = 1;
	int option;

	while ((option = getopt(argc, argv, "+j:n:s:")) != -1) {
		switch (option) {
		case 'j':
			opts.slots = (unsigned)number(optarg, 1);
			break;
		case 'n':
			count = number(optarg, 1);
			break;
		case 's':
			opts.spawners = (int)number(optarg, -1);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		errx(2,
		    "usage: pool [-j JOBS] [-n COUNT] [-s SPAWNERS] PROGRAM ...");
	run(&opts, count, argv + optind);
	return 0;
}
