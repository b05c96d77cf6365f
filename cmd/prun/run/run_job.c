/* SPDX-License-Identifier: ISC */

/*
 * Owns one job of a run: its line, tag and spec, and what follows when the job has ended.
 * Knows neither input nor slots.  The file is long because what the start of a job takes,
 * its end must give back.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/joblog_line.h"
#include "run/run_internal.h"
#include "run/run_verbs.h"
#include "text/clock.h"

/*
 * Before each try, prints the line for -t.  For -v it is printed here only with -u: else
 * the line comes with the job's output.
 */
static void
run_announce(struct run *run, const char *line)
{
	const struct output_options *o = &run->options->output;

	if (o->trace) {
		report_message(run->report, true);
		(void)fprintf(stderr, "%s\n", line);
		report_message(run->report, false);
	}
	if (o->verbose == 0 || o->mode != OUTPUT_UNGROUP)
		return;
	if (puts(line) == EOF || fflush(stdout) == EOF)
		mainloop_fail(&run->mainloop, -errno);
}

/* If --halt counts the job, says so, once. */
static void
run_tell_halt(struct run *run, struct report_task *job)
{
	if (job->halt_counts)
		control_tell_halt(&run->control, job->line.data);
	job->halt_counts = false;
}

/* The limits do not count the job any more: it has ended, or waits for its next try. */
static void
run_dismiss(struct run *run, struct report_task *job)
{
	if (job->admitted)
		admission_release(&run->admission, job->weight);
	job->admitted = false;
}

bool
run_may_try(void *task, void *arg)
{
	struct report_task *job = task;
	struct run *run = arg;

	if (!run_host_may_try(run, job))
		return false;
	if (run->limit_rules.jobserver == NULL || job->admitted)
		return true;
	job->admitted = admission_grants_again(&run->admission, job->weight);
	return job->admitted;
}

static double
run_retry(const struct prun_result *r, void *arg)
{
	struct report_task *job = arg;
	struct run *run = job->owner;
	double after = job->once || run_is_missing(run, r) ?
	    -1 :
	    control_retry(&run->control, r, job->tries);
	struct host *host = job->host;
	double wait;

	job->still = job->paused = false;
	if (after >= 0 && !run_feed_again(run, job))
		after = -1;
	if (after < 0) {
		report_last_try(run->report, job, r);
		return after;
	}
	sudo_keep(&run->sudo);
	/*
	 * Must come before run_host_move(): reports name the host of the try that has
	 * failed.
	 */
	report_tried(run->report, job, r);
	wait = job->host != NULL ? run_host_move(run, job) : 0;
	if (wait > after)
		after = wait;
	run_announce(run, job->line.data);
	/*
	 * Other jobs of its stream may end only after this one, so it keeps its place in
	 * the limits, too.
	 */
	if (job->lane == NULL)
		run_dismiss(run, job);
	/*
	 * The job was killed to free memory: nothing starts until the limits say that there
	 * is enough again.
	 */
	if (r->flags & PRUN_RESULT_TERMINATED) {
		if (run->admission.limits.n > 0)
			admission_shut(&run->admission);
		if (host != NULL)
			host_limits_shut(host);
	}
	return after;
}

static void
run_forget(struct run *run, struct report_task *job,
    const struct prun_result *r)
{
	TAILQ_REMOVE(&run->live, job, live);
	if (job->made != NULL)
		workdir_leave(&run->job_attributes.workdir, job->made);
	free(job->made);
	host_let_go(job);
	if (job->host != NULL)
		host_give(job->host, job->host_weight);
	if (job->recalled_for != NULL)
		host_give(job->recalled_for, job->host_weight);
	job->recalled_for = NULL;
	bytes_fini(&job->failed_on);
	run_end_input(run, job, r->in_bytes);
	template_files_remove(job->templates);
	job->made = job->templates = NULL;
}

/*
 * With -u the jobs write to prun's stdout themselves.  If the reader has gone, SIGPIPE
 * kills one job after the other, and prun gets no error.  So prun looks for it when a job
 * has failed.
 */
static bool
run_reader_has_gone(const struct run *run, const struct prun_result *r)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	return run->options->output.mode == OUTPUT_UNGROUP && r->status != 0 &&
	    poll(&pfd, 1, 0) == 1 && pfd.revents & POLLERR;
}

/*
 * Was the job killed because the run ends?  Prun may have killed it, or the Ctrl-C that the
 * user typed, if the job is in prun's process group.  Then it does not count as done.
 */
static bool
run_cut(const struct run *run, const struct prun_result *r)
{
	return run->mainloop.stop &&
	    (r->flags & PRUN_RESULT_TERMINATED ||
		(run->mainloop.kill &&
		    (r->signal != 0 || r->flags & PRUN_RESULT_HOST_LOST)));
}

/* A worker has broken the protocol while it had the job. */
static void
run_tell_fault(struct run *run, const struct prun_result *r)
{
	report_message(run->report, true);
	warnx("job %llu: %s", (unsigned long long)r->id, r->fault);
	report_message(run->report, false);
}

/*
 * Adds to the result what the pool does not know: that the job has lost input of its FIFO.
 */
static struct prun_result
run_result(const struct report_task *job, const struct prun_result *r)
{
	struct prun_result result = *r;

	if (job->input_lost) {
		result.flags |= PRUN_RESULT_INPUT_LOST;
		result.error = ENODATA;
	}
	return result;
}

static void
run_job_done(struct run *run, struct report_task *job,
    const struct prun_result *r)
{
	const bool cut = run_cut(run, r);

	tally_add(&run->tally, r, cut);
	if (!cut && r->status != 0 && job->host != NULL)
		host_failed(job->host);
	run->tally.flaky += !cut && report_task_is_flaky(job, r);
	run->status = r->flags & PRUN_RESULT_TIMED_OUT ? EXIT_OWN : r->status;
	if (run->block_options.automatic)
		blocks_set_size(run->blocks,
		    block_auto_next(&run->block_auto, blocks_size(run->blocks),
			r->in_bytes, r->elapsed));
	if (r->flags & PRUN_RESULT_WORKER_FAULT && r->fault != NULL)
		run_tell_fault(run, r);
	run_dismiss(run, job);
	if (run->server != NULL)
		run_verbs_ended(run, job, r);
	free(job->host_groups);
	job->host_groups = NULL;
	report_ended(run->report, job, r, cut);
	job->halt_counts = control_done(&run->control, r);
	/* With -k its output may have to wait for that of others. */
	if (run->options->output.keep_order)
		run_tell_halt(run, job);
	if (!cut)
		run_look_missing(run, job, r);
	if (run_reader_has_gone(run, r))
		mainloop_fail(&run->mainloop, -EPIPE);
}

static void
run_done(const struct prun_result *r, void *arg)
{
	struct report_task *job = arg;
	struct prun_result result;

	run_forget(job->owner, job, r);
	hosts_look_again(((struct run *)job->owner)->hosts);
	hosts_balance(((struct run *)job->owner)->hosts);
	result = run_result(job, r);
	run_job_done(job->owner, job, &result);
}

void
run_delivered(const struct prun_result *r, void *job, void *arg)
{
	const struct prun_result result = run_result(job, r);
	struct run *run = arg;

	run_tell_halt(run, job);
	if (report_delivered(run->report, job, &result) == 0)
		return;
	/* If results cannot be logged any more, no more jobs start. */
	run->failed = true;
	run->mainloop.stop = true;
}

/* -v: the line, which is written before the job's output. */
static const char *
run_heading(struct run *run, const struct command_line *line)
{
	const struct output_options *o = &run->options->output;

	if (o->verbose == 0 || o->mode == OUTPUT_UNGROUP)
		return NULL;
	run->heading.len = 0;
	run_check(bytes_add(&run->heading, line->line, line->line_len));
	run_check(bytes_add_char(&run->heading, '\n'));
	run_check(bytes_terminate(&run->heading));
	return run->heading.data;
}

/*
 * Is the program executed without a shell?  In another folder a relative path would be
 * another file.
 */
static bool
run_directly(const struct run *run, const struct command_line *line)
{
	return line->argv != NULL &&
	    (run->job_attributes.workdir.here == NULL || *line->file == '/');
}

/* The text that the shell gets to run the line. */
static const char *
run_shell_text(struct run *run, const struct command_line *line)
{
	const char *text = line->line;

	if (run->options->worker.shell && !run->worker.on)
		text = run_worker_line(run, text);
	if (run->shell_setup.wanted)
		text = shell_setup_line(&run->shell_setup, text_of(text));
	if (run->shell_setup.wanted && text == NULL)
		run_check(-ENOMEM);
	return text;
}

/*
 * Writes the job's files, and puts its host into spec.  *templates lists the files that are
 * to be removed.
 */
static int
run_files(struct run *run, const struct command_job *job,
    struct prun_spec *spec, char **templates, struct message *message)
{
	int error = template_files_write(&run->job_attributes.files, job,
	    templates, message);

	if (error != 0)
		return error;
	error = run_host_address(run, job, spec, message);
	if (error != 0)
		template_files_remove(*templates);
	return error;
}

/*
 * The pool gets the job: until the job has ended, the record has what it needs, and is in the
 * list of live jobs.
 */
static void
run_remember(struct run *run, struct report_task *job,
    const struct prun_spec *spec)
{
	job->owner = run;
	job->weight = run->weight;
	job->made = NULL;
	run_host_take(run, job);
	run_take_input(run, spec, job);
	if (run->job_attributes.workdir.own && !run_host_is_away(run) &&
	    (job->made = strdup(spec->cwd)) == NULL)
		run_check(-ENOMEM);
	job->id = ++run->started;
	run->control.started = run->started;
	job->still = job->paused = false;
	job->admitted = true;
	job->since = run->server != NULL ? clock_date() : 0;
	TAILQ_INSERT_TAIL(&run->live, job, live);
}

static int
run_apply(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message)
{
	const char *shell = command_shell(run->command);
	const char *text = run_shell_text(run, line);
	const char *argv_plain[] = { shell, "-c", text, NULL };
	const char *argv_pipefail[] = { shell, "-o", "pipefail", "-c", text,
		NULL };
	const char *const *argv_shell = run->options->command.pipefail ?
	    argv_pipefail :
	    argv_plain;
	const bool directly = run_directly(run, line);
	struct prun_spec spec = {
		.size = sizeof(spec),
		.argv = directly ? line->argv : argv_shell,
		.file = directly ? line->file : NULL,
		.in = { .kind = run->options->run.single ? PRUN_STDIO_INHERIT :
							   PRUN_STDIO_NULL },
		.sudo = sudo_spec(&run->sudo),
		.sigmask = &run->signals->jobs_mask,
		.sigdefault = &run->signals->jobs_default,
		.flags = PRUN_SPEC_KEEP_IGNORED,
		.weight = run->weight,
		.pass = run->passed,
		.npass = run->npassed,
		.heading = run_heading(run, line),
	};
	struct report_task *record;
	char *templates;
	bool once;
	unsigned tries;
	int error = run_tag(run, job, &spec.tag, message);

	if (error == 0)
		error = job_attributes_tries(&run->job_attributes, job, &tries,
		    message);
	if (error != 0)
		return error;
	once = run_has_one_try(run, tries);
	if (!once || report_wants_last_try(run->report))
		spec.retry = run_retry;
	run_set_input(run, &spec);
	run_announce(run, line->line);
	/* The line of -v could not be written. */
	if (run->mainloop.error != 0)
		return 0;
	sudo_keep(&run->sudo);
	error = job_attributes_dress(&run->job_attributes, job,
	    !run_host_is_away(run), &spec, message);
	error = error != 0 ? error :
			     run_files(run, job, &spec, &templates, message);
	if (error != 0)
		return error;
	error = report_start(run->report, job,
	    (struct text){ line->line, line->line_len },
	    run->host != NULL ? host_name(run->host) : NULL, &spec, &record,
	    message);
	if (error != 0) {
		template_files_remove(templates);
		return error;
	}
	record->templates = templates;
	record->tries = tries;
	record->once = once;
	run_remember(run, record, &spec);
	if (run->worker.on && !directly)
		run_worker_task(run, job, line, &spec);
	run_check(prun_pool_apply_async(run->mainloop.pool, &spec, run_done,
	    record));
	return 0;
}

/*
 * Asks the user about the job (-p).  While prun waits for the answer, nothing else is drawn
 * on the terminal.
 */
static int
run_ask(struct run *run, const struct command_line *line,
    struct message *message)
{
	int yes;

	if (!run->options->policy.interactive)
		return 1;
	report_question(run->report, true);
	yes = job_attributes_ask(&run->job_attributes, line->line, message);
	report_question(run->report, false);
	return yes;
}

/*
 * The template, a filter or the user has left the job out: it counts as failed.  logged
 * says that the log of an earlier run has the job already.
 */
static void
run_left_out(struct run *run, const struct command_job *job,
    const struct command_line *line, bool logged)
{
	const char *text = line->line != NULL ? line->line : "";
	struct prun_result r = { .status = JOBLOG_LEFT_OUT & 0xff };

	run->tally.skipped++;
	r.started = clock_date();
	if (!logged &&
	    report_left_out(run->report, job, text_of(text), &r) != 0) {
		run->failed = true;
		mainloop_stop(&run->mainloop);
	}
	control_left_out(&run->control, &r, text);
}

/* If an earlier run has done the job, it is not counted. */
static int
run_line(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message)
{
	int skip = report_skip(run->report, job,
	    (struct text){ line->line, line->line_len }, message);
	int yes;

	if (skip != 0)
		return skip < 0 ? skip : 0;
	if (run->mainloop.pool == NULL)
		return run_print(run, job, line, message);
	yes = run_check_missing(run, message);
	if (yes == 0)
		yes = run_ask(run, line, message);
	if (yes > 0)
		return run_apply(run, job, line, message);
	if (yes == 0 && !run->mainloop.stop)
		run_left_out(run, job, line, false);
	return yes;
}

int
run_job(struct run *run, const struct command_job *job, struct message *message)
{
	struct command_line line;
	int error = command_expand(run->command, job, true, &line, message);

	if (error != 0)
		return error;
	if (job->total > 0)
		report_total(run->report, run_all_jobs(run, job->total));
	if (!line.skip)
		return run_line(run, job, &line, message);
	error = report_skip(run->report, job,
	    (struct text){ line.line, line.line_len }, message);
	if (error < 0)
		return error;
	run_left_out(run, job, &line, error > 0);
	return 0;
}

int
run_job_anew(struct run *run, const struct command_job *job,
    struct message *message)
{
	struct command_line line;
	int error = command_expand(run->command, job, true, &line, message);

	if (error == 0 && line.skip)
		run_left_out(run, job, &line, false);
	else if (error == 0)
		error = run_apply(run, job, &line, message);
	return error;
}

static int
run_each(void *arg, const struct command_job *job, struct message *message)
{
	struct run *run = arg;
	int error = run_job(run, job, message);

	return error == 0 && run->mainloop.stop ? -ECANCELED : error;
}

int
run_gathered(struct run *run, struct message *message)
{
	return gathered_flush(&run->gathered, run->command, run_each, run,
	    message);
}

int
run_given_line(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message)
{
	return run->mainloop.pool != NULL ? run_apply(run, job, line, message) :
					    run_print(run, job, line, message);
}
