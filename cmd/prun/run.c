/* SPDX-License-Identifier: ISC */

/*
 * Owns one run: it takes batches from the input, has the command expanded, and
 * hands jobs to the pool as slots get free.  The way of a value through the
 * program is the body of run_jobs().
 */
#include <sys/queue.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drive.h"
#include "options.h"
#include "report/tally.h"
#include "resources.h"
#include "run.h"
#include "signals.h"

#define EXIT_OWN 255

/* What is remembered of a job while it runs. */
struct run_job {
	SLIST_ENTRY(run_job) entry;
	struct run *run;
	uint64_t seq;
	struct bytes line; /* as it is told to people */
};

struct run {
	const struct options *options;
	struct signals *signals;
	struct drive drive;
	struct resources limits;
	unsigned slots;
	struct input *input;
	struct batches *batches;
	struct command *command;
	struct template *tag; /* NULL: none */
	struct tally tally;
	int status; /* of the last job, for run_options.single */
	SLIST_HEAD(, run_job) idle;

	/* "NAME=value" for the next job. */
	char seq[48], slot[48], pid[48];
	const char **environment;
	struct bytes tag_text, heading;
};

static void
run_warn(void *arg, const char *text)
{
	(void)arg;
	warnx("%s", text);
}

static struct run_job *
run_job_new(struct run *run)
{
	struct run_job *job = SLIST_FIRST(&run->idle);

	if (job != NULL) {
		SLIST_REMOVE_HEAD(&run->idle, entry);
		return job;
	}
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		err(EXIT_OWN, NULL);
	job->run = run;
	return job;
}

static void
run_check(int error)
{
	if (error < 0)
		errc(EXIT_OWN, -error, NULL);
}

static void
run_done(const struct prun_result *r, void *arg)
{
	struct run_job *job = arg;
	struct run *run = job->run;

	tally_add(&run->tally, r);
	run->status = r->flags & PRUN_TIMED_OUT ? EXIT_OWN : r->status;
	if (r->flags & PRUN_NOT_STARTED)
		warnc(r->error, "job %llu: %s: %s",
		    (unsigned long long)job->seq, job->line.data,
		    prun_step_name(r->step));
	else if (r->flags & PRUN_OUTPUT_LOST)
		warnc(r->error, "job %llu: output lost: %s",
		    (unsigned long long)job->seq, job->line.data);
	if (r->flags & PRUN_TIMED_OUT) {
		warnx("Warning: This job was killed because it timed out:");
		warnx("Warning: %s", job->line.data);
	}
	SLIST_INSERT_HEAD(&run->idle, job, entry);
}

/* The text before each line of a job; NULL: none. */
static const char *
run_tag(struct run *run, const struct command_job *job)
{
	struct text text;

	if (run->tag == NULL)
		return NULL;
	run_check(template_expand(run->tag, job, &text));
	run->tag_text.len = 0;
	run_check(bytes_add_text(&run->tag_text, text));
	run_check(bytes_add_char(&run->tag_text, '\t'));
	run_check(bytes_terminate(&run->tag_text));
	return run->tag_text.data;
}

/* -v and -t: the line itself, with the job's output or at once. */
static const char *
run_announce(struct run *run, const struct command_line *line)
{
	const struct output_options *o = &run->options->output;

	if (o->trace && fprintf(stderr, "%s\n", line->line) < 0)
		return NULL;
	if (o->verbose == 0)
		return NULL;
	run->heading.len = 0;
	run_check(bytes_add(&run->heading, line->line, line->line_len));
	run_check(bytes_add_char(&run->heading, '\n'));
	run_check(bytes_terminate(&run->heading));
	if (o->mode != OUTPUT_UNGROUP)
		return run->heading.data;
	if (fputs(run->heading.data, stdout) == EOF || fflush(stdout) == EOF)
		err(EXIT_OWN, "stdout");
	return NULL;
}

static void
run_apply(struct run *run, const struct command_job *job,
    const struct command_line *line)
{
	struct run_job *record = run_job_new(run);
	const char *argv_shell[] = { command_shell(run->command), "-c",
		line->line, NULL };
	struct prun_spec spec = {
		.argv = line->argv != NULL ? line->argv : argv_shell,
		.file = line->file,
		.in = { .kind = run->options->run.single ? PRUN_STDIO_INHERIT :
							   PRUN_STDIO_NULL },
		.setenv = run->environment,
		.sigmask = &run->signals->jobs_mask,
		.sigdefault = &run->signals->jobs_default,
		.rlimit = run->limits.jobs,
		.nrlimit = run->limits.njobs,
		.tag = run_tag(run, job),
		.heading = run_announce(run, line),
	};

	record->seq = job->seq;
	record->line.len = 0;
	run_check(bytes_add(&record->line, line->line, line->line_len));
	run_check(bytes_terminate(&record->line));
	(void)snprintf(run->seq, sizeof(run->seq), "PARALLEL_SEQ=%llu",
	    (unsigned long long)job->seq);
	(void)snprintf(run->slot, sizeof(run->slot), "PARALLEL_JOBSLOT=%u",
	    job->slot);
	run_check(prun_pool_apply_async(run->drive.pool, &spec, run_done,
	    record));
}

static void
run_print(struct run *run, const struct command_job *job,
    const struct command_line *line)
{
	const char *tag = run_tag(run, job);

	if (tag != NULL)
		(void)fputs_unlocked(tag, stdout);
	(void)fwrite_unlocked(line->line, 1, line->line_len, stdout);
	if (putc_unlocked('\n', stdout) == EOF || ferror_unlocked(stdout)) {
		run->drive.error = -errno;
		run->drive.stop = true;
	}
}

static void
run_batch(struct run *run, const struct batch *batch, unsigned slot)
{
	const struct command_job job = {
		.values = batch->values,
		.nvalues = batch->nvalues,
		.ends = batch->ends,
		.ntuples = batch->ntuples,
		.seq = batch->seq,
		.total = batch->total,
		.slot = slot,
	};
	struct command_line line;
	struct message message;

	if (command_expand(run->command, &job, true, &line, &message) != 0)
		errx(EXIT_OWN, "%s", message.text);
	if (line.skip)
		run->tally.skipped++;
	else if (run->drive.pool == NULL)
		run_print(run, &job, &line);
	else
		run_apply(run, &job, &line);
}

/* 0, or -errno and the message: the jobs that were started are left to end. */
static int
run_jobs(struct run *run, struct message *message)
{
	struct batch batch;
	unsigned slot = 1;
	int n;

	for (;;) {
		/* A slot first: input is not read ahead of it. */
		if (run->drive.pool != NULL && drive_slot(&run->drive) == 0)
			return 0;
		n = batches_next(run->batches, &batch, message);
		if (n <= 0)
			return n == -ECANCELED ? 0 : n;
		if (run->drive.pool != NULL) {
			slot = drive_slot(&run->drive);
			if (slot == 0)
				return 0;
		}
		run_batch(run, &batch, slot);
		if (run->drive.stop)
			return 0;
	}
}

static void
run_init_environment(struct run *run)
{
	const char *const *direct = command_environment(run->command);
	size_t n = 0, i = 0;

	while (direct != NULL && direct[n] != NULL)
		n++;
	run->environment = calloc(n + 4, sizeof(*run->environment));
	if (run->environment == NULL)
		err(EXIT_OWN, NULL);
	(void)snprintf(run->pid, sizeof(run->pid), "PARALLEL_PID=%ld",
	    (long)getpid());
	run->environment[i++] = run->seq;
	run->environment[i++] = run->slot;
	run->environment[i++] = run->pid;
	for (size_t j = 0; j < n; j++)
		run->environment[i++] = direct[j];
}

static void
run_init_pool(struct run *run)
{
	const struct options *o = run->options;
	const struct prun_pool_opts opts = {
		.slots = run->slots,
		.flags = PRUN_POOL_SUBREAPER | PRUN_POOL_GUARD |
		    (o->output.keep_order ? PRUN_POOL_KEEP_ORDER : 0),
		.output = o->output.mode == OUTPUT_GROUP ? PRUN_OUTPUT_GROUP :
		    o->output.mode == OUTPUT_LINE        ? PRUN_OUTPUT_LINE :
							   PRUN_OUTPUT_NONE,
		.timeout = o->run.timeout,
		.termseq = o->run.termseq,
		.leak_timeout = o->run.leak_timeout,
		.guard_fd = o->run.guard_fd,
		.tmpdir = getenv("TMPDIR"),
	};
	int error = prun_pool_new(&opts, &run->drive.pool);

	if (error != 0)
		errc(EXIT_OWN, -error, "cannot make a pool of %u jobs",
		    run->slots);
}

static void
run_init_input(struct run *run, struct message *message)
{
	struct input_options input = run->options->input;
	struct batch_options batch = run->options->batch;
	struct command_options command = run->options->command;
	const struct input_name *names;
	struct command_name *list;
	struct batch_cost cost;
	size_t n;
	int error;

	input.read = drive_read;
	input.read_arg = &run->drive;
	input.warn = run_warn;
	error = input_new(&input, message, &run->input);
	if (error == -ECANCELED)
		return;
	if (error != 0)
		errx(EXIT_OWN, "%s", message->text);
	input_names(run->input, &names, &n);
	list = calloc(n + 1, sizeof(*list));
	if (list == NULL)
		err(EXIT_OWN, NULL);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct command_name){ names[i].name,
			names[i].position };
	command.slots = batch.slots = run->slots;
	if (command_new(&command, list, n, message, &run->command) != 0)
		errx(EXIT_OWN, "%s", message->text);
	free(list);
	batch.need_total = command_needs_total(run->command);
	cost = (struct batch_cost){
		.base = command_base_cost(run->command),
		.tuple = command_tuple_cost,
		.arg = run->command,
	};
	run_check(batches_new(&batch, &cost, run->input, &run->batches));
}

static void
run_init_slots(struct run *run, struct message *message)
{
	const struct run_options *o = &run->options->run;
	unsigned cpus = o->cpus != 0 ? o->cpus : (unsigned)prun_cpu_count();

	if (jobs_from_spec(o->jobs, cpus, resources_max_jobs(), &run->slots,
		message) != 0)
		errx(EXIT_OWN, "%s", message->text);
	resources_raise(&run->limits, run->slots);
}

static void
run_init_tag(struct run *run, struct message *message)
{
	const struct output_options *o = &run->options->output;

	if (!o->tag || o->mode == OUTPUT_UNGROUP)
		return;
	if (template_new(run->command,
		o->tagstring != NULL ? o->tagstring : "{}", message,
		&run->tag) != 0)
		errx(EXIT_OWN, "%s", message->text);
}

/* Nothing that belongs to the run outlives it. */
static void
run_die(struct run *run, int sig)
{
	prun_pool_free(run->drive.pool);
	signals_die(run->signals, sig);
}

/* The end of a run that could not write its output. */
static int
run_write_error(struct run *run)
{
	if (run->drive.error == -EPIPE)
		run_die(run, SIGPIPE);
	warnc(-run->drive.error, "write error");
	return EXIT_OWN;
}

static int
run_end(struct run *run, int error, const struct message *message)
{
	if (run->drive.pool != NULL)
		drive_finish(&run->drive);
	else if (run->drive.error == 0 && fflush(stdout) == EOF)
		run->drive.error = -errno;
	if (error < 0)
		warnx("%s", message->text);
	if (run->drive.error != 0)
		return run_write_error(run);
	if (run->drive.signal != 0)
		run_die(run, run->drive.signal);
	if (error < 0)
		return EXIT_OWN;
	return run->options->run.single ? run->status :
					  tally_status(&run->tally);
}

static void
run_fini(struct run *run)
{
	struct run_job *job;

	prun_pool_free(run->drive.pool);
	while ((job = SLIST_FIRST(&run->idle)) != NULL) {
		SLIST_REMOVE_HEAD(&run->idle, entry);
		bytes_fini(&job->line);
		free(job);
	}
	template_free(run->tag);
	batches_free(run->batches);
	command_free(run->command);
	input_free(run->input);
	bytes_fini(&run->tag_text);
	bytes_fini(&run->heading);
	free(run->environment);
}

int
run(const struct options *options, struct signals *signals)
{
	struct run run = { .options = options, .signals = signals };
	struct message message;
	int error = 0, status;

	SLIST_INIT(&run.idle);
	run.drive.signals = signals;
	run_init_slots(&run, &message);
	run_init_input(&run, &message);
	if (run.batches != NULL) {
		run_init_tag(&run, &message);
		run_init_environment(&run);
		if (!options->output.dry_run)
			run_init_pool(&run);
		error = run_jobs(&run, &message);
	}
	status = run_end(&run, error, &message);
	run_fini(&run);
	return status;
}
