/* SPDX-License-Identifier: ISC */

/*
 * Owns the kinds of ends that a job can have and the words for them, the count of ended
 * jobs, and what the count means as an exit status.
 */
#include <stdio.h>
#include <string.h>

#include "report/outcome.h"

enum outcome
outcome_of(const struct prun_result *r)
{
	if (r->flags & PRUN_RESULT_FILE_LOST)
		return OUTCOME_FILE_LOST;
	if (r->flags & PRUN_RESULT_NOT_STARTED)
		return OUTCOME_NOT_STARTED;
	if (r->flags & PRUN_RESULT_HOST_LOST)
		return OUTCOME_HOST_LOST;
	if (r->flags & PRUN_RESULT_TIMED_OUT)
		return OUTCOME_TIMEOUT;
	if (r->signal != 0)
		return OUTCOME_SIGNAL;
	if (r->status != 0)
		return OUTCOME_EXIT;
	if (r->flags & PRUN_RESULT_INPUT_LOST)
		return OUTCOME_INPUT_LOST;
	return r->flags & PRUN_RESULT_OUTPUT_LOST ? OUTCOME_OUTPUT_LOST :
						    OUTCOME_PASSED;
}

const char *
outcome_name(enum outcome o)
{
	static const char *const names[] = {
		[OUTCOME_PASSED] = "passed",
		[OUTCOME_EXIT] = "exit",
		[OUTCOME_SIGNAL] = "signal",
		[OUTCOME_TIMEOUT] = "timeout",
		[OUTCOME_NOT_STARTED] = "not-started",
		[OUTCOME_FILE_LOST] = "file-lost",
		[OUTCOME_HOST_LOST] = "host-lost",
		[OUTCOME_INPUT_LOST] = "input-lost",
		[OUTCOME_OUTPUT_LOST] = "output-lost",
	};

	return names[o];
}

bool
outcome_is_hostless(const struct prun_result *r)
{
	const unsigned both = PRUN_RESULT_NOT_STARTED | PRUN_RESULT_HOST_LOST;

	return (r->flags & both) == both;
}

void
outcome_text(const struct prun_result *r, char *text, size_t size)
{
	const char *name = sigabbrev_np(r->signal);

	if (r->flags & PRUN_RESULT_FILE_LOST)
		(void)snprintf(text, size, "a file was not transferred");
	else if (outcome_is_hostless(r))
		(void)snprintf(text, size, "not started: its host was lost");
	else if (r->flags & PRUN_RESULT_NOT_STARTED)
		(void)snprintf(text, size, "could not be started (%s): %s",
		    prun_step_name(r->step), strerror(r->error));
	else if (r->flags & PRUN_RESULT_HOST_LOST)
		(void)snprintf(text, size, "lost with its host");
	else if (r->flags & PRUN_RESULT_TIMED_OUT)
		(void)snprintf(text, size, "timed out");
	else if (r->signal != 0 && name != NULL)
		(void)snprintf(text, size, "killed by SIG%s", name);
	else if (r->signal != 0)
		(void)snprintf(text, size, "killed by signal %d", r->signal);
	else if (outcome_of(r) >= OUTCOME_INPUT_LOST)
		(void)snprintf(text, size, "%s lost: %s",
		    r->flags & PRUN_RESULT_INPUT_LOST ? "input" : "output",
		    strerror(r->error));
	else
		(void)snprintf(text, size, "exit status %d", r->status);
}

#define MOST 101

/* Adds `by` jobs with that result, none of which was cut short by the end of the run. */
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
