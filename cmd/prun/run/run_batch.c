/* SPDX-License-Identifier: ISC */

/*
 * Owns what becomes of a batch of the input: a job that starts, one that is held for a host
 * of its groups, or none for the host whose turn it is.
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
	struct command_job job = {
		.values = batch->values,
		.nvalues = batch->nvalues,
		.ends = batch->ends,
		.ntuples = batch->ntuples,
		.seq = batch->seq,
		.total = batch->total,
		.threads = run_threads(run),
	};
	int error;

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
	struct message *m = &run->ahead.message;
	struct batch batch;

	while (!run->mainloop.stop && prun_pool_room(run->mainloop.pool) > 0 &&
	    run->ahead.error == 0 && run_each_kept(run, &batch)) {
		int error = run_batch(run, &batch, m);

		if (error >= 0)
			continue;
		run->ahead.error = error;
		run->mainloop.stop = true;
	}
}
