/* SPDX-License-Identifier: ISC */

/*
 * Owns the parts of a run: makes them before the first job, each after those that it needs,
 * and frees them after the last job.  If the options ask for something impossible, the
 * program ends here.  Knows no job.  The file is long because a part is made and freed by
 * the same file.
 */
#include <sys/epoll.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/descendants.h"
#include "run/run_internal.h"
#include "run/run_verbs.h"
#include "template/shell.h"

/*
 * With at most so many values a job, the length of lines is not measured: see
 * run_measures_lines().
 */
#define FEW_VALUES 64

#define TERMINAL_WAIT 1.0 /* seconds until the user is told what prun reads */

/* An input_options.warn; arg is the run, whose report may be NULL yet. */
static void
run_warn(void *arg, const char *text)
{
	struct run *run = arg;

	if (run->report != NULL)
		report_message(run->report, true);
	warnx("%s", text);
	if (run->report != NULL)
		report_message(run->report, false);
}

/* Without a message, a user who has forgotten the values would wait for ever. */
static int
run_wait_for_terminal(struct run *run, int fd)
{
	int r;

	if (run->terminal_told || fd != STDIN_FILENO)
		return 0;
	run->terminal_told = true;
	if (run->options->no_warn || isatty(fd) != 1)
		return 0;
	r = mainloop_wait_readable(&run->mainloop, fd, TERMINAL_WAIT);
	if (r == 0)
		traps_terminal(&run->traps);
	return r < 0 ? r : 0;
}

static ssize_t
run_read(void *arg, int fd, void *buf, size_t len)
{
	struct run *run = arg;
	int error = run_wait_for_terminal(run, fd);

	return error != 0 ? error : mainloop_read(&run->mainloop, fd, buf, len);
}

/* --block-timeout counts from the first byte of a block. */
static void
run_read_within(void *arg, bool begun)
{
	struct run *run = arg;

	mainloop_read_within(&run->mainloop,
	    begun ? run->options->pipe.block_timeout : 0);
}

/* The jobs of the input so far must come before prun waits for more of it. */
static ssize_t
run_read_input(void *arg, int fd, void *buf, size_t len)
{
	struct run *run = arg;
	int error = run_gathered(run, &run->ahead.message);
	ssize_t n;

	if (error != 0) {
		run->ahead.error = error;
		return -ECANCELED;
	}
	run->mainloop.idle = run->each.n > 0    ? run_each_idle :
	    run->server != NULL || run->held.on ? run_idle :
						  NULL;
	run->mainloop.idle_arg = run;
	n = run_read(run, fd, buf, len);
	run->mainloop.idle = NULL;
	return n;
}

/* If error is negative, ends the program with the message. */
static void
run_require(int error, const struct message *message)
{
	if (error < 0)
		errx(EXIT_OWN, "%s", message->text);
}

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

/* Returns false if the run was ended while it read the headers. */
static bool
run_init_input(struct run *run, struct message *message)
{
	static const struct source_spec nothing = { .kind = SOURCE_ARGUMENTS };
	struct input_options options = run->options->input;
	int error;

	/* With --retry-failed the log is the input; with --queue there is no input yet. */
	if (!transfers_may_read_input(run->options) ||
	    (run->options->run.queue && options.nsources == 0)) {
		options.sources = &nothing;
		options.nsources = 1;
	}
	if (run->options->run.control != NULL) {
		options.more = run_more;
		options.more_arg = run;
	}
	options.read = run_read_input;
	options.read_arg = run;
	options.warn = run_warn;
	options.warn_arg = run;
	error = input_new(&options, message, &run->input);
	if (error == -ECANCELED)
		return false;
	run_require(error, message);
	return true;
}

/*
 * Gets the names of the input, and returns an array of as many elements of that size, which
 * the caller frees.
 */
static void *
run_names(const struct run *run, size_t size, const struct input_name **names,
    size_t *n)
{
	void *list;

	input_names(run->input, names, n);
	list = calloc(*n + 1, size);
	if (list == NULL)
		err(EXIT_OWN, NULL);
	return list;
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

/*
 * To measure a line, code in Perl must be evaluated once more, which the code can notice by
 * its variables.  A few values rarely make a line too long; if they do, it is an error when
 * the job starts.
 */
static bool
run_measures_lines(const struct run *run)
{
	const struct options *o = run->options;

	return !command_needs_perl(run->command) || o->batch.fill ||
	    o->batch.max_args > FEW_VALUES || o->command.max_chars > 0;
}

static void
run_init_batches(struct run *run)
{
	struct batch_options options = run->options->batch;
	const struct batch_cost cost = {
		.base = command_base_cost(run->command),
		.tuple = run_measures_lines(run) ? command_tuple_cost : NULL,
		.arg = run->command,
	};

	options.slots = run->slots;
	run_check(batches_new(&options, &cost, run->input, &run->batches));
}

static void
run_init_blocks(struct run *run, struct message *message)
{
	const struct pipe_options *o = &run->options->pipe;

	if (!o->enabled)
		return;
	run->block_options = o->block;
	run->block_options.read = run_read;
	run->block_options.begun = o->block_timeout > 0 ? run_read_within :
							  NULL;
	run->block_options.read_arg = run;
	run->block_options.warn = run_warn;
	run->block_options.warn_arg = run;
	run_require(blocks_new(&run->block_options, o->files, o->nfiles,
			o->part, run->slots, message, &run->blocks),
	    message);
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
	    (halt_needs_total(&run->options->policy.halt) &&
		run->control.total == 0);
}

/* Would a job that does not read its input hold up the input of other jobs? */
static bool
jobs_share_input(const struct options *o)
{
	return o->pipe.tee || o->pipe.block.deal != NULL || o->pipe.round_robin;
}

static void
run_init_pool(struct run *run, struct message *message)
{
	const struct options *o = run->options;
	struct prun_pool_opts opts = {
		.size = sizeof(opts),
		.slots = run->slots,
		.flags = PRUN_POOL_SUBREAPER | PRUN_POOL_GUARD |
		    (o->output.keep_order ? PRUN_POOL_KEEP_ORDER : 0) |
		    (jobs_share_input(o) ? PRUN_POOL_NEVER_PAUSE : 0),
		.output = o->output.mode == OUTPUT_GROUP ? PRUN_OUTPUT_GROUP :
		    o->output.mode == OUTPUT_LINE        ? PRUN_OUTPUT_LINE :
		    o->output.mode == OUTPUT_LATEST || o->hosts.n > 0 ?
						    PRUN_OUTPUT_RAW :
						    PRUN_OUTPUT_NONE,
		.group_limit = o->output.group_limit,
		.timeout = o->run.timeout,
		.termseq = o->run.termseq,
		.leak_timeout = o->run.leak_timeout,
		.guard_fd = o->run.guard_fd,
		.delivered = run_delivered,
		.delivered_arg = run,
	};
	int error;

	/* The guard gives the tokens of the job server back, even if prun is killed. */
	if (run->limit_rules.jobserver != NULL) {
		opts.guard_fd = run->jobserver.out;
		opts.guard_pipe = run->jobserver.held[0];
	}
	if (run->limit_rules.jobserver != NULL || o->hosts.n > 0) {
		opts.may_try = run_may_try;
		opts.may_try_arg = run;
	}
	report_pool(run->report, &opts);
	control_pool(&run->control, &opts);
	run_require(run_worker_open(run, &opts, message), message);
	if (o->hosts.n > 0)
		opts.slots_max = resources_max_jobs();
	error = mainloop_open(&run->mainloop, &opts);
	if (error != 0)
		errc(EXIT_OWN, -error, "cannot make a pool of %u jobs",
		    run->slots);
}

static void
run_warn_of_descendants(struct run *run)
{
	const char *obstacle = descendants_obstacle();
	char text[128];

	if (obstacle == NULL)
		return;
	(void)snprintf(text, sizeof(text),
	    "Warning: descendants of a job may survive when it is killed: %s",
	    obstacle);
	run_warn(run, text);
}

static void
run_counted(int fd, unsigned events, void *arg)
{
	struct run *run = arg;

	(void)fd, (void)events;
	prun_watch_free(run->counter_watch);
	report_total(run->report,
	    run_all_jobs(run, count_result(run->counter)));
}

static void
run_init_watches(struct run *run)
{
	struct prun_pool *pool = run->mainloop.pool;

	run_check(admission_open(&run->admission, &run->mainloop,
	    &run->limit_rules, command_shell(run->command), &run->live));
	report_begin(run->report, pool);
	sudo_begin(&run->sudo, pool);
	if (run->counter != NULL)
		run_check(prun_pool_watch(pool, count_fd(run->counter), EPOLLIN,
		    run_counted, run, &run->counter_watch));
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
	if (run_needs_total(run))
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
	}
}

void
run_free_pool(struct run *run)
{
	mainloop_close(&run->mainloop);
	hosts_close(run->hosts);
	run->hosts = NULL;
	perl_free(run->perl);
	run->perl = NULL;
	admission_close(&run->admission);
	if (run->limit_rules.jobserver != NULL)
		jobserver_close(&run->jobserver);
	run->limit_rules.jobserver = NULL;
	run_verbs_close(run);
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
	ahead_fini(&run->ahead);
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
