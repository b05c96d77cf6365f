/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that did not start because the run ended: counts them, and tells the report
 * about each of them if the report wants to know.
 */
#include "run/run_internal.h"

/* The most jobs that are counted. */
#define COUNT_MAX ((uint64_t)1000000)

static void
rest_of_input(struct run *run)
{
	const bool each = run->options->hosts.each;
	struct message message = { "" };
	struct batch batch;
	int r = 1;

	while (run->rest.n < COUNT_MAX && r > 0) {
		struct command_job job = { 0 };

		r = each ? run_each_rest(run, &batch, &message) :
			   batches_next(run->batches, &batch, &message);
		if (r <= 0)
			break;
		job = (struct command_job){ .values = batch.values,
			.nvalues = batch.nvalues,
			.ends = batch.ends,
			.ntuples = batch.ntuples,
			.seq = batch.seq,
			.total = batch.total };
		if (each)
			run_host_tell(run, &job);
		run_rest_add(run, &job);
	}
	run->rest.more = r != 0;
}

/* --retry-failed takes its jobs from the log, not from the input. */
static void
rest_of_log(struct run *run)
{
	struct command_job job = { .nvalues = 1 };
	struct text line;

	while (report_next_retry(run->report, NULL, &job.seq, &line)) {
		job.values = &line;
		run->rest.n++;
		if (report_wants_unstarted(run->report))
			report_unstarted(run->report, &job, line);
	}
}

uint64_t
run_unstarted(void *arg, bool *more)
{
	struct run *run = arg;

	if (!run->rest.known) {
		run->rest.known = true;
		run->rest.n += run->started - run->taken_back -
		    run->tally.succeeded - run->tally.failed -
		    run->tally.stopped;
		if (run->mainloop.stop && report_retries(run->report))
			rest_of_log(run);
		else if (run->mainloop.stop) {
			run_held_rest(run);
			rest_of_input(run);
		}
	}
	*more = run->rest.more;
	return run->rest.n;
}
