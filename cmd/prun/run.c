/* SPDX-License-Identifier: ISC */

/*
 * Owns one run: it takes batches from the input, has the command expanded, and
 * hands jobs to the pool as slots get free.  The way of a value through the
 * program is the body of run_jobs().
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"
#include "run_room.h"

/* More than this is not counted for the digest. */
#define COUNT_MAX ((uint64_t)1000000)

static void
run_warn(void *arg, const char *text)
{
	(void)arg;
	warnx("%s", text);
}

static int
run_batch(struct run *run, const struct batch *batch, unsigned slot,
    struct message *message)
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

	run->seen++;
	return run_job(run, &job, message);
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
		if (n == 0)
			books_total(run->books, run->seen);
		if (n <= 0)
			return n == -ECANCELED ? 0 : n;
		if (run->drive.pool != NULL) {
			slot = drive_slot(&run->drive);
			if (slot == 0)
				return 0;
		}
		n = run_batch(run, &batch, slot, message);
		if (n != 0 || run->drive.stop)
			return n;
	}
}

/* --retry-failed: the log is the input. */
static int
run_retries(struct run *run, struct message *message)
{
	struct text line;
	uint64_t seq;
	unsigned slot = 1;
	int error = 0;

	while (error == 0 && !run->drive.stop) {
		if (run->drive.pool != NULL)
			slot = drive_slot(&run->drive);
		if (slot == 0 || !books_next_retry(run->books, &seq, &line))
			return 0;
		error = run_job_again(run, seq, line, slot, message);
	}
	return error;
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
	struct prun_pool_opts opts = {
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
	};
	int error;

	books_pool(run->books, &opts);
	error = prun_pool_new(&opts, &run->drive.pool);
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
	struct source_spec no_source = { .kind = SOURCE_ARGUMENTS };
	struct batch_cost cost;
	size_t n;
	int error;

	/* Not even looked at: --retry-failed has the log. */
	if (run->options->report.resume == RESUME_RETRY) {
		input.sources = &no_source;
		input.nsources = 1;
		command.nwords = 0;
	}
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

static int
run_tick(void *arg)
{
	struct run *run = arg;
	uint64_t total;

	if (count_result(run->counter, &total))
		books_total(run->books, total);
	return books_tick(run->books);
}

static void
run_init_books(struct run *run, struct message *message)
{
	const struct input_name *names;
	struct text *list;
	size_t n;

	input_names(run->input, &names, &n);
	list = calloc(n + 1, sizeof(*list));
	if (list == NULL)
		err(EXIT_OWN, NULL);
	for (size_t i = 0; i < n; i++)
		list[names[i].position - 1 < n ? names[i].position - 1 :
						 i] = names[i].name;
	if (books_open(run->options, run->command, list, n, &run->books,
		message) != 0)
		errx(EXIT_OWN, "%s", message->text);
	free(list);
	run->drive.tick = run_tick;
	run->drive.tick_arg = run;
}

/* How many jobs nobody came to start; counting ends where it would take long. */
static uint64_t
run_count_rest(struct run *run, bool *more)
{
	struct message message;
	struct batch batch;
	uint64_t n = 0;
	int r = 1;

	while (n < COUNT_MAX && r > 0) {
		r = batches_next(run->batches, &batch, &message);
		n += r > 0;
	}
	*more = r != 0;
	return n;
}

static void
run_digest(struct run *run)
{
	uint64_t unstarted = run->started - run->tally.succeeded -
	    run->tally.failed;
	bool more = false;

	if (!books_wants_digest(run->books, &run->tally))
		return;
	if (run->drive.stop && !books_retries(run->books))
		unstarted += run_count_rest(run, &more);
	run_check(books_digest(run->books, &run->tally, unstarted, more));
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
	if (run->books != NULL) {
		books_message(run->books, true);
		run_digest(run);
		books_finish(run->books);
	}
	if (error < 0)
		warnx("%s", message->text);
	if (run->drive.error != 0)
		return run_write_error(run);
	if (run->drive.signal != 0)
		run_die(run, run->drive.signal);
	if (error < 0 || run->failed)
		return EXIT_OWN;
	return run->options->run.single ? run->status :
					  tally_status(&run->tally);
}

static void
run_fini(struct run *run)
{
	prun_pool_free(run->drive.pool);
	count_stop(run->counter);
	books_close(run->books);
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

	run.drive.signals = signals;
	run_init_slots(&run, &message);
	if (books_wants_total(options))
		run.counter = count_start(options);
	run_init_input(&run, &message);
	if (run.batches != NULL) {
		run_init_tag(&run, &message);
		run_init_books(&run, &message);
		run_init_environment(&run);
		if (!options->output.dry_run)
			run_init_pool(&run);
		error = books_retries(run.books) ? run_retries(&run, &message) :
						   run_jobs(&run, &message);
	}
	status = run_end(&run, error, &message);
	run_fini(&run);
	return status;
}
