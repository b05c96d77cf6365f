/* SPDX-License-Identifier: ISC */

/* Owns the count of ended jobs and what it means as an exit status. */
#include "report/tally.h"

#define MOST 101

void
tally_add(struct tally *t, const struct prun_result *r, bool cut)
{
	t->work += r->elapsed;
	if (cut) {
		t->stopped++;
		return;
	}
	if (r->status == 0 && r->flags == 0) {
		t->succeeded++;
		return;
	}
	if (r->flags & PRUN_RESULT_TIMED_OUT)
		t->timed_out++;
	if (r->flags & PRUN_RESULT_NOT_STARTED)
		t->not_started++;
	if (r->status == 0 &&
	    !(r->flags &
		(PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST |
		    PRUN_RESULT_INPUT_LOST)))
		t->succeeded++;
	else
		t->failed++;
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
