/* SPDX-License-Identifier: ISC */

/* Owns the count of ended jobs and what it means as an exit status. */
#include "report/tally.h"

#define MOST 101

/* Neither of these was cut short. */
static void
tally_count(struct tally *t, const struct prun_result *r, uint64_t by)
{
	if (r->status == 0 && r->flags == 0) {
		t->succeeded += by;
		return;
	}
	if (r->flags & PRUN_RESULT_TIMED_OUT)
		t->timed_out += by;
	if (r->flags & PRUN_RESULT_NOT_STARTED)
		t->not_started += by;
	if (r->status == 0 &&
	    !(r->flags &
		(PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST |
		    PRUN_RESULT_INPUT_LOST)))
		t->succeeded += by;
	else
		t->failed += by;
}

void
tally_add(struct tally *t, const struct prun_result *r, bool cut)
{
	t->work += r->elapsed;
	if (cut)
		t->stopped++;
	else
		tally_count(t, r, 1);
}

void
tally_take_back(struct tally *t, const struct prun_result *r)
{
	tally_count(t, r, (uint64_t)-1);
}

int
tally_status(const struct tally *t)
{
	return tally_status_of(t->failed + t->skipped);
}

int
tally_status_of(uint64_t failed)
{
	return failed < MOST ? (int)failed : MOST;
}
