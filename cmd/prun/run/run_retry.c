/* SPDX-License-Identifier: ISC */

/*
 * Owns --retry-failed: the log has the lines of the jobs, but not their arguments.  If a
 * folder or the name of a file is made of them, they are taken from the input of the first
 * run, which the user gives again.
 */
#include <errno.h>

#include "run/run_internal.h"

/* Are there options of which something besides the line may be made of the arguments? */
static bool
may_take_values(const struct options *o)
{
	return o->hosts.nsend + o->hosts.nfetch + o->policy.ntemplates > 0 ||
	    o->policy.workdir != NULL ||
	    report_results(&o->report) == RESULTS_FILES;
}

/* With -m or --shuf the input does not tell which arguments a job had. */
bool
run_retry_reads_input(const struct options *o)
{
	return o->report.resume != RESUME_RETRY ||
	    (may_take_values(o) && o->input.nsources > 0 && !o->batch.fill &&
		!o->input.shuffle);
}

/* Notes that the template of the option takes values, if it does. */
static int
look(struct run *run, const char *option, const char *text, bool takes,
    struct message *m)
{
	if (takes && !run_retry_reads_input(run->options))
		return message_set(m, -EINVAL,
		    "%s %s: --retry-failed knows commands, not their arguments: give those of the first run too (::: or -a; not with -m, -X, --xargs, --shuf)",
		    option, text);
	run->retry_values |= takes;
	return 0;
}

static int
look_at_transfers(struct run *run, const struct transfer_templates *t,
    const char *const *texts, struct message *m)
{
	int error = 0;

	for (size_t i = 0; i < t->n && error == 0; i++)
		error = look(run, t->option, texts[i],
		    template_takes_values(t->list[i]), m);
	return error;
}

/* A folder that is no template gets a file named by the values for each job. */
static int
look_at_results(struct run *run, struct message *m)
{
	const char *results = run->options->report.results;
	struct template *t;
	int error;

	if (report_results(&run->options->report) != RESULTS_FILES)
		return 0;
	error = template_new(run->command, results, m, &t);
	if (error == 0)
		error = look(run, "--results", results,
		    template_is_constant(t) || template_takes_values(t), m);
	template_free(t);
	return error;
}

int
run_retry_open(struct run *run, struct message *m)
{
	const struct options *o = run->options;
	const struct job_attributes *a = &run->job_attributes;
	int error = 0;

	if (o->report.resume != RESUME_RETRY)
		return 0;
	error = look_at_transfers(run, &run->transfers.send, o->hosts.send, m);
	if (error == 0)
		error = look_at_transfers(run, &run->transfers.fetch,
		    o->hosts.fetch, m);
	if (error == 0 && a->workdir.here != NULL)
		error = look(run, "--workdir", o->policy.workdir,
		    template_takes_values(a->workdir.here), m);
	for (size_t i = 0; i < a->files.n && error == 0; i++)
		error = look(run, "--template", o->policy.templates[i],
		    template_file_takes_values(&a->files, i), m);
	return error == 0 ? look_at_results(run, m) : error;
}

/* Puts the arguments that the job has had in the input into it. */
static int
retried_values(struct run *run, struct command_job *job, struct message *m)
{
	int error;

	if (!run->retry_values)
		return 0;
	error = run_each_input(run, job, m);
	if (error != 0)
		return error;
	run_check(run_host_groups(run, job));
	/* The host has been chosen. */
	run->host_groups.len = 0;
	return 0;
}

int
run_job_again(struct run *run, uint64_t seq, struct text line, unsigned slot,
    struct message *message)
{
	struct command_job job = {
		.values = &line,
		.nvalues = 1,
		.ends = &job.nvalues,
		.ntuples = 1,
		.seq = seq,
		.slot = slot,
	};
	const struct command_line command = { .line = line.data,
		.line_len = line.len };
	int error = retried_values(run, &job, message);

	if (error != 0)
		return error;
	run_host_tell(run, &job);
	return run_given_line(run, &job, &command, message);
}

/* --retry-failed takes its jobs from the log, not from the input. */
int
run_retries(struct run *run, struct message *message)
{
	struct text line = { 0 };
	uint64_t seq = 0;
	unsigned slot;
	int error = run_each_keep(run, message);

	while (error == 0 && !run->mainloop.stop) {
		if (run->options->hosts.each &&
		    run_each_retry(run, &seq, &line) == 0)
			return 0;
		slot = run_slot(run, 1);
		if (slot == 0 ||
		    (!run->options->hosts.each &&
			!report_next_retry(run->report, NULL, &seq, &line)))
			return 0;
		error = run_job_again(run, seq, line, slot, message);
	}
	return error == -ECANCELED ? 0 : error;
}
