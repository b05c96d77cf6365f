/* SPDX-License-Identifier: ISC */

/* Owns the meaning of what the machine tells.  Kills, stops and starts nobody. */
#include <stddef.h>

#include "policy/admit.h"

/* What is a matter of time is looked at over so long, in ns. */
#define SPAN INT64_C(1000000000)
#define NS_PER_MS 1e6

enum {
	LIMIT_OVER = 1,
	LIMIT_WAY_OVER = 2
};

bool
admit_any(const struct admit_rules *r)
{
	return r->load > 0 || r->free > 0 || r->suspend > 0 || r->disk > 0 ||
	    r->noswap || r->command != NULL;
}

/* Both ways at once is what hurts.  What is not known yet is no. */
static bool
admit_swap(struct admit *a, int64_t now)
{
	struct machine_swap swap;

	if (a->swap_seen == 0 || now - a->swap_seen >= SPAN) {
		if (machine_swap(&swap) != 0)
			return true;
		a->swap_known = a->swap_seen != 0;
		a->swaps = swap.in > a->swap.in && swap.out > a->swap.out;
		a->swap = swap;
		a->swap_seen = now;
	}
	return a->swap_known && !a->swaps;
}

static bool
admit_disks(struct admit *a, int64_t now)
{
	struct machine_disks disks;
	int64_t span = now - a->disks_seen;

	if (a->disks_seen == 0 || span >= SPAN) {
		if (machine_disks(&disks) != 0)
			return true;
		a->disks_known = a->disks_seen != 0;
		a->disk_percent = 100 * NS_PER_MS *
		    (double)machine_disks_busy(&a->disks, &disks) /
		    (double)span;
		a->disks = disks;
		a->disks_seen = now;
	}
	return a->disks_known && a->disk_percent < a->rules.disk;
}

static enum admit_verdict
admit_memory(const struct admit *a)
{
	double available;

	if (machine_memory(&available) != 0 || available >= a->rules.free)
		return ADMIT_YES;
	return available < a->rules.free / 2 ? ADMIT_TOO_MUCH : ADMIT_NO;
}

enum admit_verdict
admit_machine(struct admit *a, int64_t now)
{
	const struct admit_rules *r = &a->rules;
	enum admit_verdict verdict = ADMIT_YES;
	double load;

	if (r->free > 0)
		verdict = admit_memory(a);
	if (verdict != ADMIT_YES)
		return verdict;
	if (r->load > 0 && machine_load(&load) == 0 && load >= r->load)
		return ADMIT_NO;
	if (r->noswap && !admit_swap(a, now))
		return ADMIT_NO;
	if (r->disk > 0 && !admit_disks(a, now))
		return ADMIT_NO;
	/* No use in starting what would have to stand still. */
	if (r->suspend > 0 && admit_crowd(a) != CROWD_GROW)
		return ADMIT_NO;
	return ADMIT_YES;
}

enum admit_verdict
admit_command(int status)
{
	switch (status) {
	case LIMIT_OVER:
		return ADMIT_NO;
	case LIMIT_WAY_OVER:
		return ADMIT_TOO_MUCH;
	}
	return ADMIT_YES;
}

enum admit_crowd
admit_crowd(const struct admit *a)
{
	double available;

	if (machine_memory(&available) != 0)
		return CROWD_GROW;
	if (available < a->rules.suspend)
		return CROWD_ONE;
	return available < 2 * a->rules.suspend ? CROWD_SHRINK : CROWD_GROW;
}
