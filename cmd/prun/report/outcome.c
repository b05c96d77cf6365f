/* SPDX-License-Identifier: ISC */

/* Owns the words for the end of a job. */
#include <stdio.h>
#include <string.h>

#include "report/outcome.h"

void
outcome_text(const struct prun_result *r, char *text, size_t size)
{
	const char *name = sigabbrev_np(r->signal);

	if (r->flags & PRUN_NOT_STARTED)
		(void)snprintf(text, size, "could not be started (%s): %s",
		    prun_step_name(r->step), strerror(r->error));
	else if (r->flags & PRUN_TIMED_OUT)
		(void)snprintf(text, size, "timed out");
	else if (r->signal != 0 && name != NULL)
		(void)snprintf(text, size, "killed by SIG%s", name);
	else if (r->signal != 0)
		(void)snprintf(text, size, "killed by signal %d", r->signal);
	else
		(void)snprintf(text, size, "exit status %d", r->status);
}
