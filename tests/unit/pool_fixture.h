/* SPDX-License-Identifier: ISC */

/* What the tests of pools share: a pool, jobs for it, and notes of their ends. */
#ifndef POOL_FIXTURE_H
#define POOL_FIXTURE_H

#include <linux/close_range.h>

#include "prun.h"
#include "test_util.h"

/* What became of the jobs that were given it. */
struct tally {
	int n, failed;
	unsigned flags; /* of all */
	struct prun_result last;
};

MAYBE_UNUSED void
tally_done(const struct prun_result *r, void *arg)
{
	struct tally *t = arg;

	t->n++;
	t->failed += r->status != 0;
	t->flags |= r->flags;
	t->last = *r;
}

MAYBE_UNUSED struct prun_pool *
pool_of_plain(struct prun_pool_opts opts)
{
	struct prun_pool *pool;

	opts.size = sizeof(opts);
	CHECK_INT(prun_pool_new(&opts, &pool), 0);
	return pool;
}

/* Its output is of no interest. */
MAYBE_UNUSED struct prun_pool *
pool_of(struct prun_pool_opts opts)
{
	opts.out_fd = opts.err_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	CHECK(opts.out_fd != -1);
	return pool_of_plain(opts);
}

/* t may be NULL. */
MAYBE_UNUSED void
apply(struct prun_pool *pool, const char *line, struct tally *t)
{
	struct prun_spec spec = { .size = sizeof(spec),
		.command = line,
		.in.kind = PRUN_STDIO_NULL };

	CHECK_INT(prun_pool_apply_async(pool, &spec,
		      t != NULL ? tally_done : NULL, t),
	    0);
}

MAYBE_UNUSED void
step_until(struct prun_pool *pool, const struct tally *t)
{
	while (t->n == 0)
		CHECK_INT(prun_pool_step(pool, -1), 0);
}

MAYBE_UNUSED void
pool_end(struct prun_pool *pool)
{
	prun_pool_close(pool);
	CHECK_INT(prun_pool_join(pool), 0);
	CHECK_INT(prun_pool_pending(pool), 0);
	prun_pool_free(pool);
}

MAYBE_UNUSED void
raise_nofile(void)
{
	util_limit(RLIMIT_NOFILE, RLIM_INFINITY);
}

/* Let this process open so many descriptors more. */
MAYBE_UNUSED void
leave_descriptors(int n)
{
	int fd = 0;

	for (; n > 0; fd++)
		n -= fcntl(fd, F_GETFD) == -1;
	util_limit(RLIMIT_NOFILE, (rlim_t)fd);
}

#endif
