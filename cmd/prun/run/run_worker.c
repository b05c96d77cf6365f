/* SPDX-License-Identifier: ISC */

/*
 * Owns what the workers of a run are, and how a job becomes a task for a worker.  The pool
 * knows neither lines nor variables.
 */
#include <sys/types.h>
#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_internal.h"
#include "template/shell.h"

/* If so many jobs in a row end their worker, a process for each job is faster. */
#define DEATHS_MOST 50

static void
worker_warn(struct run *run, const char *text)
{
	report_message(run->report, true);
	warnx("%s", text);
	report_message(run->report, false);
}

/* A prun_worker_opts.fault: after a fault, jobs may have got the answers of other jobs. */
static void
worker_fault(const char *fault, void *arg)
{
	struct run *run = arg;

	worker_warn(run, fault);
	run->failed = true;
}

/* A prun_worker_opts.silent.  Said only once. */
static void
worker_silent(unsigned number, void *arg)
{
	struct run *run = arg;

	if (run->worker.told)
		return;
	run->worker.told = true;
	report_message(run->report, true);
	warnx(
	    "Warning: worker %u has read its job, waits for the next and has not answered: if its stdout has a buffer, use stdbuf -oL or PYTHONUNBUFFERED=1.",
	    number);
	report_message(run->report, false);
}

/* Adds, before the user's own --worker-init, what the shell of each job gets otherwise. */
static int
worker_add_init(struct run *run)
{
	const struct options *o = run->options;
	struct bytes *init = &run->worker.init;
	int error = bytes_add_string(init, "PARALLEL_JOBSLOT=$PRUN_WORKER;");

	/*
	 * A job must go back to the worker's folder, which only the agent on the host
	 * knows.
	 */
	if (error == 0 && o->hosts.n > 0 && o->policy.workdir != NULL)
		error = bytes_add_string(init, "PRUN_WORKER_FOLDER=$PWD;");
	if (error == 0 && o->policy.slot_variable != NULL)
		error = bytes_add_format(init, "%s=$((PRUN_WORKER-1));",
		    o->policy.slot_variable);
	if (error == 0 && run->shell_setup.wanted)
		error = bytes_add_text(init,
		    bytes_text(&run->shell_setup.line));
	if (error == 0 && o->worker.init != NULL)
		error = bytes_add_string(init, o->worker.init);
	return error == 0 ? bytes_terminate(init) : error;
}

static int
worker_make_shell(struct run *run, struct message *m)
{
	struct run_worker *w = &run->worker;
	const char *shell = command_shell(run->command);
	int error;

	if (shell_kind_of(shell) != SHELL_BASH)
		return message_set(m, -ENOTSUP,
		    "--worker: bash runs the jobs, and the shell is %s: see --shell",
		    shell);
	w->argv[0] = shell;
	if (run->options->command.pipefail) {
		w->argv[1] = "-o";
		w->argv[2] = "pipefail";
	}
	w->spec.argv = w->argv;
	error = worker_add_init(run);
	if (error != 0)
		return message_errno(m, error, "--worker");
	w->opts.init = w->init.data;
	return 0;
}

/* A single word that holds more than a plain name is a line for the shell. */
static int
worker_make_program(struct run *run, struct message *m)
{
	const struct worker_options *o = &run->options->worker;
	struct run_worker *w = &run->worker;

	w->opts.init = o->init;
	w->words = calloc(o->nwords + 1, sizeof(*w->words));
	if (w->words == NULL)
		return message_errno(m, -ENOMEM, "--worker");
	memcpy(w->words, o->words, o->nwords * sizeof(*w->words));
	w->spec.argv = w->words;
	if (o->nwords > 1 ||
	    (shell_is_plain(text_of(o->words[0])) &&
		strpbrk(o->words[0], " \t") == NULL))
		return 0;
	w->argv[0] = command_shell(run->command);
	w->argv[1] = "-c";
	w->argv[2] = o->words[0];
	w->spec.argv = w->argv;
	return shell_check(w->argv[0], m);
}

static bool
worker_is_here(const struct host_options *o)
{
	for (size_t i = 0; i < o->n; i++) {
		if (o->logins[i].here)
			return true;
	}
	return o->n == 0;
}

/* A worker has PRUN_WORKER_FD, and a shell opens others below by itself, with the jobs' limit. */
static int
worker_check_files(const struct run *run, struct message *m)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return 0;
	if (run->options->worker.shell && run->limits.njobs > 0)
		rl = run->limits.jobs[0].limit;
	if (rl.rlim_cur > PRUN_WORKER_FD)
		return 0;
	return message_set(m, -EMFILE,
	    "--worker: the limit of open files is %llu, and at least %d are needed (ulimit -n)",
	    (unsigned long long)rl.rlim_cur, PRUN_WORKER_FD + 1);
}

int
run_worker_open(struct run *run, struct prun_pool_opts *opts, struct message *m)
{
	const struct worker_options *o = &run->options->worker;
	const struct command_job nobody = { .slot = 1 };
	struct run_worker *w = &run->worker;
	int error;

	if (o->kind == PRUN_WORKER_NONE)
		return 0;
	error = worker_is_here(&run->options->hosts) ?
	    worker_check_files(run, m) :
	    0;
	if (error != 0)
		return error;
	w->on = true;
	w->spec = (struct prun_spec){ .size = sizeof(w->spec),
		.sigmask = &run->signals->jobs_mask,
		.sigdefault = &run->signals->jobs_default,
		.flags = PRUN_SPEC_KEEP_IGNORED };
	w->opts = (struct prun_worker_opts){ .size = sizeof(w->opts),
		.kind = o->kind,
		.recycle = o->recycle,
		.end = o->end,
		.spec = &w->spec,
		.fault = worker_fault,
		.fault_arg = run,
		.silent = worker_silent };
	error = o->shell ? worker_make_shell(run, m) :
			   worker_make_program(run, m);
	if (error == 0)
		error = job_attributes_dress_worker(&run->job_attributes,
		    &nobody, worker_is_here(&run->options->hosts), &w->spec, m);
	opts->worker = &w->opts;
	opts->flags |= PRUN_POOL_BATCH;
	/* Workers on other machines do not get the limits and the niceness of this process. */
	w->away = w->opts;
	w->away_spec = w->spec;
	run_strip_own(run, &w->away_spec);
	w->away_spec.cwd = workdir_base(&run->job_attributes.workdir,
	    run->options->hosts.slurm);
	w->away_spec.flags |= run->job_attributes.workdir.flags;
	w->away.spec = &w->away_spec;
	return error;
}

void
run_worker_close(struct run *run)
{
	free(run->worker.words);
	bytes_fini(&run->worker.init);
	bytes_fini(&run->worker.task);
	bytes_fini(&run->worker.joined);
}

static int
worker_add_shell(struct run *run, const struct command_job *job,
    const struct command_line *line, const struct prun_spec *spec)
{
	struct bytes *task = &run->worker.task;
	int error = bytes_add_format(task, "PARALLEL_SEQ=%llu;",
	    (unsigned long long)job->seq);

	if (error == 0 && job->threads > 1)
		error = bytes_add_format(task, "PRUN_THREADS=%u;",
		    job->threads);
	if (error == 0 && spec->cwd != NULL && run_host_is_away(run)) {
		error = bytes_add_string(task,
		    "cd -- \"$PRUN_WORKER_FOLDER\"||exit;");
	} else if (error == 0 && spec->cwd != NULL) {
		error = bytes_add_string(task, "cd -- ");
		if (error == 0)
			error = quote_add(task, text_of(spec->cwd), SHELL_BASH);
		if (error == 0)
			error = bytes_add_string(task, "||exit;");
	}
	return error == 0 ? bytes_add(task, line->line, line->line_len) : error;
}

/* If most jobs exit from their shell, a new shell for each job is faster. */
static void
worker_give_up(struct run *run)
{
	if (!run->options->worker.shell ||
	    prun_pool_worker_deaths(run->mainloop.pool) < DEATHS_MOST)
		return;
	run->worker.on = false;
	worker_warn(run,
	    "--worker: the last jobs have all ended their worker; the rest runs without");
}

void
run_worker_task(struct run *run, const struct command_job *job,
    const struct command_line *line, struct prun_spec *spec)
{
	struct bytes *task = &run->worker.task;

	task->len = 0;
	run_check(run->options->worker.shell ?
		worker_add_shell(run, job, line, spec) :
		bytes_add(task, line->line, line->line_len));
	run_check(bytes_terminate(task));
	*spec = (struct prun_spec){ .size = sizeof(*spec),
		.out = spec->out,
		.err = spec->err,
		.timeout = spec->timeout,
		.tag = spec->tag,
		.tag_end = spec->tag_end,
		.failed_tag = spec->failed_tag,
		.failed_tag_end = spec->failed_tag_end,
		.heading = spec->heading,
		.heading_len = spec->heading_len,
		.weight = spec->weight,
		.delay = spec->delay,
		.retry = spec->retry,
		.host = spec->host,
		.output_group = spec->output_group,
		.send = spec->send,
		.nsend = spec->nsend,
		.fetch = spec->fetch,
		.nfetch = spec->nfetch,
		.flags = spec->flags & PRUN_SPEC_CLEAN_UP,
		.task = task->data,
		.task_len = task->len };
	worker_give_up(run);
}

const char *
run_worker_line(struct run *run, const char *line)
{
	struct bytes *joined = &run->worker.joined;

	if (run->options->worker.init == NULL)
		return line;
	joined->len = 0;
	run_check(bytes_add_string(joined, run->options->worker.init));
	run_check(bytes_add_char(joined, '\n'));
	run_check(bytes_add_string(joined, line));
	run_check(bytes_terminate(joined));
	return joined->data;
}
