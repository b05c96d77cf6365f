/* SPDX-License-Identifier: ISC */

/*
 * Owns what becomes of a batch of the input: a job that starts, one that is held for a host
 * of its groups, or none for the host whose turn it is.  At the end of a run that stops
 * early, counts the jobs that did not start, and tells the report about each of them if the
 * report wants to know.
 */
#include "run/run_internal.h"

int
run_next(struct run *run, struct batch *batch, struct message *message)
{
	return run->options->hosts.each ?
	    run_each_next(run, batch, message) :
	    batches_next(run->batches, batch, message);
}

int
run_batch(struct run *run, const struct batch *batch, struct message *message)
{
	struct command_job job = { .seq = batch->seq,
		.total = batch->total,
		.threads = run_threads(run) };
	int error;

	run_lend_values(&job, batch);
	run->seen++;
	if (run->traps.in_quotes)
		traps_look_at(&run->traps, batch->values, batch->nvalues);
	run_check(run_host_groups(run, &job));
	if (run_each_is_elsewhere(run))
		return 0;
	if (batch->total > 0 && run->options->report.total_jobs == 0)
		run->control.total = run_all_jobs(run, batch->total);
	error = job_attributes_weight(&run->job_attributes, &job, &run->weight,
	    message);
	if (error != 0)
		return error;
	if (!run_held_takes(run))
		return run_batch_job(run, &job, message);
	run_held_add(run, &job);
	return 0;
}

/*
 * A mainloop.idle; arg is the run.  While prun waits for input, hosts get jobs that other
 * hosts have had already.
 */
void
run_each_idle(void *arg)
{
	struct run *run = arg;
	struct message *m = &run->gathered.message;
	struct batch batch;

	while (!run->mainloop.stop && prun_pool_room(run->mainloop.pool) > 0 &&
	    run->gathered.error == 0 && run_each_kept(run, &batch)) {
		int error = run_batch(run, &batch, m);

		if (error >= 0)
			continue;
		run->gathered.error = error;
		run->mainloop.stop = true;
	}
}

/* The most jobs that are counted. */
#define COUNT_MAX ((uint64_t)1000000)

static void
rest_of_input(struct run *run)
{
	const bool each = run->options->hosts.each;
	struct message message = { "" };
	struct command_job job;
	struct batch batch;
	int r = 1;

	while (run->rest.n < COUNT_MAX) {
		r = each ? run_each_rest(run, &batch, &message) :
			   batches_next(run->batches, &batch, &message);
		if (r <= 0)
			break;
		job = (struct command_job){ .seq = batch.seq,
			.total = batch.total };
		run_lend_values(&job, &batch);
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
