/* SPDX-License-Identifier: ISC */

/*
 * Owns the form of the numbers.  A run that is nested so many levels deep uses
 * certain bits of one of the limits: the number of the run comes first, then that
 * of the job.  Knows no process and no job.
 */
#include <string.h>

#include "process/rlimit_mark.h"

/*
 * These bits are set in no limit that a user has set, and they keep the hard limit
 * above the soft one.
 */
#define SOFT_MARK (UINT64_C(1) << 62)
#define HARD_MARK (UINT64_C(1) << 63)
#define JOB_BITS 32
#define ONES(bits) ((UINT64_C(1) << (bits)) - 1)

struct depth {
	unsigned shift; /* position of the job's bits */
	unsigned job_bits;
	unsigned run_bits;
};

/*
 * In how many other runs a run is nested.  The lowest bit of the third mark is
 * always 0: if the low bits of the hard limit are all ones, there is no third mark.
 */
enum {
	OUTERMOST,
	SECOND,
	THIRD,
	DEPTHS,
	NO_ROOM = DEPTHS
};
static const struct depth depths[DEPTHS] = {
	[OUTERMOST] = { 0, JOB_BITS, 30 },
	[SECOND] = { 30, 18, 14 },
	[THIRD] = { 1, 15, 14 },
};

static int
depth_of(const struct rlimit *runner)
{
	const uint64_t rest = ONES(depths[SECOND].shift);

	if (runner->rlim_cur == RLIM_INFINITY)
		return OUTERMOST;
	if (runner->rlim_cur >> 62 != SOFT_MARK >> 62)
		return NO_ROOM;
	if (runner->rlim_max == RLIM_INFINITY)
		return SECOND;
	if (runner->rlim_max >> 62 != HARD_MARK >> 62)
		return NO_ROOM;
	return (runner->rlim_max & rest) == rest ? THIRD : NO_ROOM;
}

/* The hash FNV-1a, folded to fewer bits. */
static uint64_t
run_number(const char *mark, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)mark[i]) *
		    UINT64_C(0x100000001b3);
	return (hash ^ (hash >> 30)) & ONES(depths[OUTERMOST].run_bits);
}

uint64_t
rlimit_mark_of(const char *mark)
{
	size_t len = strcspn(mark, ".");
	uint64_t job = 0;

	for (const char *s = mark + len; *s != '\0'; s++) {
		if (*s >= '0' && *s <= '9')
			job = job * 10 + (uint64_t)(*s - '0');
	}
	return run_number(mark, len) << JOB_BITS | (job & ONES(JOB_BITS));
}

void
rlimit_mark_set(struct rlimit *limit, uint64_t number)
{
	const int depth = depth_of(limit);
	const struct depth *d = depths + depth;
	const uint64_t rest = ONES(depths[SECOND].shift);
	uint64_t value;

	if (depth == NO_ROOM)
		return;
	value = (number >> JOB_BITS & ONES(d->run_bits)) << d->job_bits;
	value = (value | (number & ONES(d->job_bits))) << d->shift;
	if (depth == OUTERMOST)
		limit->rlim_cur = SOFT_MARK | value;
	else if (depth == SECOND)
		limit->rlim_max = HARD_MARK | value | rest;
	else
		limit->rlim_max = (limit->rlim_max & ~rest) | value;
}

bool
rlimit_mark_match(const struct rlimit *limit, const struct rlimit *runner,
    const char *mark)
{
	const int depth = depth_of(runner);
	struct rlimit wanted = *runner;
	unsigned shift;

	if (depth == NO_ROOM)
		return false;
	rlimit_mark_set(&wanted, rlimit_mark_of(mark));
	shift = depths[depth].shift;
	if (strchr(mark, '.') == NULL)
		shift += depths[depth].job_bits;
	if (depth == OUTERMOST)
		return limit->rlim_cur >> shift == wanted.rlim_cur >> shift;
	return limit->rlim_cur == wanted.rlim_cur &&
	    limit->rlim_max >> shift == wanted.rlim_max >> shift;
}
