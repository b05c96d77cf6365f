/* SPDX-License-Identifier: ISC */

/* What the tests of prun_workers share: their memory, a function, and sums. */
#ifndef FN_WORKERS_FIXTURE_H
#define FN_WORKERS_FIXTURE_H

#include <sys/mman.h>

#include <stdatomic.h>

#include "prun.h"
#include "test_util.h"

/* What all processes of a test share. */
struct shared {
	_Atomic int begun[20000], ended[20000];
	_Atomic int inits, finis, flag;
	_Atomic pid_t pids[64];
	_Atomic int npids;
};

static struct shared *shared;

MAYBE_UNUSED void
share(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(shared != MAP_FAILED);
}

MAYBE_UNUSED struct prun_workers *
workers_new(struct prun_workers_opts opts)
{
	struct prun_workers *w;

	opts.size = sizeof(opts);
	CHECK_INT(prun_workers_new(&opts, &w), 0);
	return w;
}

MAYBE_UNUSED void
workers_end(struct prun_workers *w)
{
	prun_workers_close(w);
	CHECK_INT(prun_workers_join(w), 0);
	CHECK_INT(prun_workers_pending(w), 0);
	CHECK_INT(prun_workers_free(w), 0);
}

MAYBE_UNUSED int
square(void *state, const void *in, size_t len, struct prun_reply *reply)
{
	const long *n = in;
	long result;

	CHECK(state == NULL);
	CHECK_INT(len, sizeof(*n));
	CHECK_INT((uintptr_t)in % 16, 0);
	result = *n * *n;
	return prun_reply_add(reply, &result, sizeof(result));
}

struct sum {
	uint64_t next; /* the place that must come; for what is in order */
	long count, sum, errors;
	bool ordered;
};

MAYBE_UNUSED void
add(const struct prun_task_result *r, void *arg)
{
	struct sum *s = arg;

	CHECK_INT(r->size, sizeof(*r));
	if (s->ordered)
		CHECK_INT(r->id, s->next++);
	s->count++;
	s->errors += r->error != 0;
	if (r->error != 0)
		return;
	CHECK_INT(r->len, sizeof(long));
	CHECK_INT((uintptr_t)r->data % 16, 0);
	CHECK(r->pid > 0);
	s->sum += *(const long *)r->data;
}

/* What functions are given; a test fills it in. */
MAYBE_UNUSED long numbers[5000];

MAYBE_UNUSED long
sum_of_squares(long n)
{
	return (n - 1) * n * (2 * n - 1) / 6;
}

#endif
