/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that clients of --control run once more, and the wait for such jobs and for
 * records that clients may still add.  Knows no client.
 */
#include <errno.h>

#include "run/run_internal.h"
#include "run/run_verbs.h"

static bool
is_idle(const struct run *run)
{
	return prun_pool_pending(run->mainloop.pool) == 0 &&
	    TAILQ_EMPTY(&run->history.again);
}

static int
start_again(struct run *run, const struct ended_job *ended, unsigned slot,
    struct message *m)
{
	struct command_job job = ended_job_values(ended);
	const uint64_t started = run->started;
	int error;

	job.slot = slot;
	job.total = run->control.total;
	job.threads = run_threads(run);
	error = report_retries(run->report) ?
	    run_job_again(run, job.seq, bytes_text(&ended->line), slot, m) :
	    run_job_anew(run, &job, m);
	if (run->started == started)
		admission_release(&run->admission, run->weight);
	else {
		tally_take_back(&run->tally, &ended->result);
		control_again(&run->control, &ended->result);
		report_again(run->report, job.seq, &ended->result);
		run->taken_back++;
	}
	return error;
}

/* Chooses a host for the job, in the groups that it was for. */
static bool
host_has_room(struct run *run, const struct ended_job *job)
{
	struct bytes *groups = &run->host_groups;

	groups->len = 0;
	run_check(bytes_add_text(groups, bytes_text(&job->groups)));
	run_check(bytes_terminate(groups));
	return run_choose_host(run, run->weight);
}

int
run_start_again(struct run *run, struct message *m)
{
	const struct ended_job *first;
	struct ended_job *job;
	struct host *host = run->host;
	unsigned slot, need;
	int error = 0;

	while (error == 0 && !run->mainloop.stop &&
	    (first = TAILQ_FIRST(&run->history.again)) != NULL) {
		const struct command_job values = ended_job_values(first);

		error = job_attributes_weight(&run->job_attributes, &values,
		    &run->weight, m);
		need = run->weight < run->control.slots ? run->weight :
							  run->control.slots;
		slot = prun_pool_slot(run->mainloop.pool);
		if (error != 0 || slot == 0 ||
		    prun_pool_room(run->mainloop.pool) < need ||
		    !host_has_room(run, first) ||
		    !admission_grants(&run->admission, run->weight))
			break;
		job = history_next(&run->history);
		error = start_again(run, job, slot, m);
		ended_job_free(job);
	}
	run->host = host;
	return error;
}

void
run_idle(void *arg)
{
	struct run *run = arg;
	int error = run_start_again(run, &run->gathered.message);

	while (error == 0 && !run->mainloop.stop && run->held.n > 0) {
		error = run_held_start(run, &run->gathered.message);
		if (error == 0)
			return;
		error = error > 0 ? 0 : error;
	}
	if (error == 0)
		return;
	run->gathered.error = error;
	run->mainloop.stop = true;
}

int
run_linger(struct run *run, struct message *m)
{
	int error = 0;

	if (run->server == NULL)
		return 0;
	run->added.ended = true;
	while (error == 0 && !run->mainloop.stop && !is_idle(run)) {
		error = run_start_again(run, m);
		if (error == 0 && !run->mainloop.stop && !is_idle(run))
			mainloop_wait(&run->mainloop);
	}
	return error == -ECANCELED ? 0 : error;
}

int
run_more(void *arg, struct text *record)
{
	struct run *run = arg;

	/*
	 * Before the server runs there are neither jobs nor clients: the headers of the
	 * input are being read.
	 */
	while (run->server != NULL && !run->added.ended) {
		if (run->mainloop.stop)
			return -ECANCELED;
		if (added_next(&run->added, record))
			return 1;
		run_idle(run);
		if (!is_idle(run)) {
			mainloop_wait(&run->mainloop);
			continue;
		}
		waiters_idle(&run->waiters,
		    control_status(&run->control, &run->tally));
		if (!run->added.open)
			break;
		mainloop_wait(&run->mainloop);
	}
	run->added.ended = true;
	return run->mainloop.stop ? -ECANCELED : 0;
}
