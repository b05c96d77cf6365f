/* SPDX-License-Identifier: ISC */

/*
 * Owns the parts of a run: makes them before the first job, each after those that it needs,
 * and frees them after the last job.  If the options ask for something impossible, the
 * program ends here.  run_source.c and run_pool.c make the larger parts.  Knows no job.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"
#include "run/run_verbs.h"
#include "template/shell.h"

/*
 * While the user is asked for the password, Ctrl-C must end prun as it ends other programs.
 */
static void
run_init_sudo(struct run *run, struct message *message)
{
	const struct options *o = run->options;
	const bool terminal = !o->semaphore.enabled || o->semaphore.foreground;
	unsigned where = o->hosts.n == 0 ? SUDO_HERE : 0;
	sigset_t mask;
	int error;

	if (!o->sudo.enabled || o->output.dry_run)
		return;
	for (size_t i = 0; i < o->hosts.n; i++)
		where |= o->hosts.logins[i].here ? SUDO_HERE : SUDO_AWAY;
	(void)sigprocmask(SIG_SETMASK, &run->signals->jobs_mask, &mask);
	error = sudo_open(&run->sudo, &o->sudo, where, terminal, o->output.pty,
	    message);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	run_require(error, message);
}

/* -j may name a FIFO.  While prun waits for it, a signal just ends prun. */
static void
run_init_slots(struct run *run, struct message *message)
{
	const struct run_options *o = &run->options->run;
	char number[16];
	const char *jobs = run_join_jobserver(run, number);
	sigset_t mask;
	int error;

	(void)sigprocmask(SIG_SETMASK, &run->signals->jobs_mask, &mask);
	error = jobs_from_spec(jobs, o->cpus, resources_max_jobs(), &run->slots,
	    message);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	run_require(error, message);
	if (run->options->hosts.n > 0)
		run->slots = hosts_slots(run->options, run->slots);
	run_require(run_serve_jobs(run, message), message);
	run->cpus = o->cpus;
	run_check(control_init(&run->control, run->options, &run->mainloop,
	    run->slots));
	resources_raise(&run->limits,
	    control_may_resize(&run->control) || run->options->hosts.n > 0 ?
		resources_max_jobs() :
		run->slots);
	if (!run->options->output.dry_run)
		resources_require_start();
	/* There are fewer slots than the user asked for. */
	if (o->jobs != NULL && *message->text != '\0')
		warnx("%s %s", message->text, resources_cause());
}

/* The perl process is started when there is something to evaluate. */
static void
run_init_perl(struct run *run)
{
	const struct perl_options options = {
		.sigmask = &run->signals->jobs_mask,
		.sigdefault = &run->signals->jobs_default,
		.given = run->options->given,
		.ngiven = run->options->ngiven,
		.slots = run->slots,
		.read = run_read,
		.warn = run_warn,
		.arg = run,
	};

	run_check(perl_new(&options, &run->perl));
}

static void
run_init_command(struct run *run, struct message *message)
{
	struct command_options options = run->options->command;
	const struct input_name *names;
	struct command_name *list;
	size_t n;

	list = run_names(run, sizeof(*list), &names, &n);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct command_name){ names[i].name,
			names[i].position };
	options.slots = run->slots;
	options.line_only = run->options->output.dry_run;
	if (shell_setup_is_wanted())
		options.execution = EXECUTION_SHELL;
	options.perl = perl_evaluator(run->perl);
	/* With --retry-failed the lines run as they were logged. */
	if (run->options->report.resume == RESUME_RETRY)
		options.nwords = 0;
	run_require(command_new(&options, list, n, message, &run->command),
	    message);
	free(list);
	if (!run->options->output.dry_run && command_needs_shell(run->command))
		run_require(shell_check(command_shell(run->command), message),
		    message);
	if (options.pipefail &&
	    !shell_has_pipefail(command_shell(run->command)))
		errx(EXIT_OWN, "--pipefail: the shell %s has no such option",
		    command_shell(run->command));
}

/* Returns false if the run was ended while it waited for a FIFO. */
static bool
run_init_shell_setup(struct run *run, struct message *message)
{
	int error;

	if (run->options->output.dry_run || !shell_setup_is_wanted())
		return true;
	error = shell_setup_open(&run->shell_setup, command_shell(run->command),
	    run->options->hosts.n > 0, &run->mainloop, message);
	if (error == -ECANCELED)
		return false;
	run_require(error, message);
	return true;
}

static void
run_init_traps(struct run *run)
{
	run->traps.command = run->command;
	input_names(run->input, &run->traps.names, &run->traps.nnames);
	if (!run->options->no_warn)
		traps_look(&run->traps);
}

static void
run_init_limits(struct run *run, struct message *message)
{
	const struct options *o = run->options;

	struct jobserver *jobserver = run->limit_rules.jobserver;

	run->limit_rules = o->policy.limits;
	run->limit_rules.jobserver = jobserver;
	if (o->policy.load != NULL)
		run_require(load_from_spec(o->policy.load, o->run.cpus,
				&run->limit_rules.load, message),
		    message);
	/* Each host obeys limits of its own. */
	if (o->hosts.n > 0)
		run->limit_rules = (struct limit_rules){
			.jobserver = jobserver
		};
}

static void
run_init_job_attributes(struct run *run, struct message *message)
{
	run_require(job_attributes_open(&run->job_attributes, run->options,
			&run->mainloop, run->command, &run->limits, message),
	    message);
	run_require(transfers_open(&run->transfers, run->options, run->command,
			message),
	    message);
	run_require(run_retry_open(run, message), message);
	if (run->limit_rules.jobserver != NULL)
		job_environment_add(&run->job_attributes.environment,
		    run->jobserver.makeflags);
}

/* Returns false if the run was ended while it waited for the reader of a FIFO. */
static bool
run_init_report(struct run *run, struct message *message)
{
	const struct input_name *names;
	struct text *list;
	size_t n;
	int error;

	list = run_names(run, sizeof(*list), &names, &n);
	for (size_t i = 0; i < n; i++)
		list[names[i].position - 1 < n ? names[i].position - 1 :
						 i] = names[i].name;
	run->report_options = run->options->report;
	run->report_options.words = run->options->command.words;
	run->report_options.nwords = run->options->command.nwords;
	run->report_options.control = run->options->run.control != NULL;
	run->report_options.open = mainloop_open_file;
	run->report_options.open_arg = &run->mainloop;
	error = report_open(&run->report_options, run->options->output.dry_run,
	    run->command, list, n, &run->report, message);
	free(list);
	if (error == -ECANCELED)
		return false;
	run_require(error, message);
	run->control.report = run->report;
	return true;
}

/*
 * Does the command, a tag, a folder, a name of a result or --halt need to know how many
 * jobs there are?  Call it after all of them have been made.
 */
static bool
run_needs_total(const struct run *run)
{
	return command_needs_total(run->command) ||
	    halt_needs_total(&run->options->policy.halt);
}

void
run_init(struct run *run, struct message *message)
{
	const struct options *o = run->options;

	TAILQ_INIT(&run->live);
	run->mainloop.signals = run->signals;
	run->mainloop.usr1_ends = o->hosts.slurm;
	run->traps = (struct traps){ .options = o,
		.warn = run_warn,
		.arg = run };
	run_init_sudo(run, message);
	run_init_slots(run, message);
	if (report_wants_total(&o->report))
		run->counter = count_start(o);
	if (!run_init_input(run, message))
		return;
	run_init_perl(run);
	run_init_command(run, message);
	if (!run_init_shell_setup(run, message))
		return;
	run_init_traps(run);
	run_init_batches(run);
	run_init_blocks(run, message);
	run_require(run_init_tag(run, message), message);
	run_init_limits(run, message);
	run_init_job_attributes(run, message);
	if (!run_init_report(run, message))
		return;
	if (o->report.total_jobs > 0)
		batches_set_total(run->batches, o->report.total_jobs);
	else if (run_needs_total(run))
		batches_need_total(run->batches);
	if (o->output.dry_run) {
		run_each_open(run);
		run->looks_ahead = command_looks_ahead(run->command) &&
		    run->tag == NULL && run->job_attributes.weight == NULL;
		return;
	}
	run_warn_of_descendants(run);
	run_init_pool(run, message);
	run_init_watches(run);
	run_each_open(run);
	run_require(run_hosts_open(run, message), message);
	run_ahead_init(run);
	run_held_init(run);
	resources_require_job();
	run_require(run_verbs_open(run, message), message);
}

/* Frees the jobs that were dropped, or that still ran when the pool was freed. */
static void
run_free_live(struct run *run)
{
	struct report_task *job;

	TAILQ_FOREACH(job, &run->live, live) {
		lane_release(job->lane);
		run_free_input(job);
		template_files_remove(job->templates);
		free(job->made);
		free(job->host_groups);
		bytes_fini(&job->failed_on);
	}
}

void
run_fini(struct run *run)
{
	run_free_pool(run);
	count_stop(run->counter);
	run_free_live(run);
	job_attributes_close(&run->job_attributes);
	transfers_close(&run->transfers);
	sudo_close(&run->sudo);
	run_worker_close(run);
	control_fini(&run->control);
	report_close(run->report);
	shell_setup_close(&run->shell_setup);
	template_free(run->tag);
	run_each_close(run);
	batches_free(run->batches);
	gathered_fini(&run->gathered);
	command_free(run->command);
	input_free(run->input);
	run_held_free(run);
	texts_fini(&run->host_values);
	bytes_fini(&run->host_groups);
	bytes_fini(&run->tag_text);
	bytes_fini(&run->heading);
	pipe_lanes_free(run);
	blocks_free(run->blocks);
	bytes_fini(&run->pipe_file);
}
