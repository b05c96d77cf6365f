/* SPDX-License-Identifier: ISC */

/*
 * Owns one run: it takes batches from the input, has the command expanded, and
 * hands jobs to the pool as slots get free.  The way of a value through the
 * program is the body of run_jobs().
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"
#include "run/run_room.h"

#define LEAST_LOAD 0.01 /* --load 0 */
/* More than this is not counted for the digest. */
#define COUNT_MAX ((uint64_t)1000000)

static void
run_warn(void *arg, const char *text)
{
	(void)arg;
	warnx("%s", text);
}

/*
 * The slot that a job of that weight may have; 0: the run is to stop.  All of
 * the pool is enough for the heaviest.
 */
static unsigned
run_slot(struct run *run, unsigned weight)
{
	unsigned slot, need;

	if (run->drive.pool == NULL)
		return 1;
	for (;;) {
		slot = drive_slot(&run->drive);
		if (slot == 0)
			return 0;
		need = weight < run->steer.slots ? weight : run->steer.slots;
		if (prun_pool_room(run->drive.pool) < need)
			(void)drive_wait(&run->drive, -1);
		else if (gate_open(&run->gate))
			return run->drive.stop ? 0 : slot;
	}
}

/* 0, 1 when the run is to stop, or -errno with a message. */
static int
run_batch(struct run *run, const struct batch *batch, struct message *message)
{
	struct command_job job = {
		.values = batch->values,
		.nvalues = batch->nvalues,
		.ends = batch->ends,
		.ntuples = batch->ntuples,
		.seq = batch->seq,
		.total = batch->total,
	};
	int error;

	run->seen++;
	if (batch->total > 0 && run->options->report.total_jobs == 0)
		run->steer.total = batch->total;
	error = outfit_weight(&run->outfit, &job, &run->weight, message);
	if (error != 0)
		return error;
	job.slot = run_slot(run, run->weight);
	if (job.slot == 0)
		return 1;
	return run_job(run, &job, message);
}

/* 0, or -errno and the message: the jobs that were started are left to end. */
static int
run_jobs(struct run *run, struct message *message)
{
	struct batch batch;
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
		n = run_batch(run, &batch, message);
		if (n != 0 || run->drive.stop)
			return n < 0 ? n : 0;
	}
}

/* --retry-failed: the log is the input. */
static int
run_retries(struct run *run, struct message *message)
{
	struct text line;
	uint64_t seq;
	unsigned slot;
	int error = 0;

	while (error == 0 && !run->drive.stop) {
		slot = run_slot(run, 1);
		if (slot == 0 || !books_next_retry(run->books, &seq, &line))
			return 0;
		error = run_job_again(run, seq, line, slot, message);
	}
	return error;
}

/* Room for "NAME=", a number and a NUL. */
static void
run_init_slot_variable(struct run *run)
{
	const char *name = run->options->policy.slot_variable;

	if (name == NULL)
		return;
	run->slot_variable_size = strlen(name) + 24;
	run->slot_variable = calloc(1, run->slot_variable_size);
	if (run->slot_variable == NULL)
		err(EXIT_OWN, NULL);
}

static void
run_init_environment(struct run *run)
{
	const char *const *direct = command_environment(run->command);
	const bool moved = run->outfit.workdir != NULL;
	size_t n = 0, i = 0;

	run_init_slot_variable(run);
	while (direct != NULL && direct[n] != NULL)
		n++;
	run->environment = calloc(n + 8, sizeof(*run->environment));
	if (run->environment == NULL)
		err(EXIT_OWN, NULL);
	(void)snprintf(run->pid, sizeof(run->pid), "PARALLEL_PID=%ld",
	    (long)getpid());
	run->environment[i++] = run->seq;
	run->environment[i++] = run->slot;
	run->environment[i++] = run->pid;
	/* No other host: what GNU parallel calls ":". */
	run->environment[i++] = "PARALLEL_SSHLOGIN=:";
	run->environment[i++] = "PARALLEL_SSHHOST=:";
	if (run->slot_variable != NULL)
		run->environment[i++] = run->slot_variable;
	for (size_t j = 0; j < n; j++) {
		if (!moved || strncmp(direct[j], "PWD=", 4) != 0)
			run->environment[i++] = direct[j];
	}
	run->nenvironment = i;
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
	steer_pool(&run->steer, &opts);
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
	struct batch_cost cost;
	size_t n;
	int error;

	/* Not even looked at: --retry-failed has the log. */
	if (run->options->report.resume == RESUME_RETRY) {
		input.sources = &run->no_source;
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
	batch.need_total = halt_needs_total(&run->options->policy.halt) &&
	    run->steer.total == 0;
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

	if (jobs_from_spec(o->jobs, o->cpus, resources_max_jobs(), &run->slots,
		message) != 0)
		errx(EXIT_OWN, "%s", message->text);
	if (o->jobs != NULL && *message->text != '\0')
		warnx("%s", message->text);
	run_check(steer_init(&run->steer, run->options, &run->drive,
	    run->slots));
	resources_raise(&run->limits,
	    run->steer.jobs_file ? resources_max_jobs() : run->slots);
}

/* --load has the form of -j, but may be broken, and 0 is not all. */
static double
run_load(const struct options *o)
{
	const char *load = o->policy.load;
	struct message message = { "" };
	unsigned processes;
	double number;
	char *end;

	if (load == NULL)
		return 0;
	if (*load != '\0' && strspn(load, "0123456789.") == strlen(load)) {
		number = strtod(load, &end);
		if (*end == '\0')
			return number > 0 ? number : LEAST_LOAD;
	}
	if (jobs_from_spec(load, o->run.cpus, UINT_MAX, &processes, &message) !=
	    0)
		errx(EXIT_OWN, "--load %s: that is no number of processes",
		    load);
	return processes;
}

static void
run_init_outfit(struct run *run, struct message *message)
{
	run->gate = (struct gate){
		.admit.rules = run->options->policy.admit,
		.drive = &run->drive,
		.live = &run->live,
		.shell = command_shell(run->command),
	};
	run->gate.admit.rules.load = run_load(run->options);
	if (outfit_open(&run->outfit, run->options, &run->drive, run->command,
		&run->limits, message) != 0)
		errx(EXIT_OWN, "%s", message->text);
}

/* While the user is asked, Ctrl-C means what it does elsewhere. */
static void
run_init_sudo(struct run *run, struct message *message)
{
	const struct options *o = run->options;
	const bool terminal = !o->semaphore.enabled || o->semaphore.foreground;
	sigset_t mask;
	int error;

	if (!o->sudo.enabled || o->output.dry_run)
		return;
	(void)sigprocmask(SIG_SETMASK, &run->signals->jobs_mask, &mask);
	error = sudo_open(&run->sudo, &o->sudo, terminal, message);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	if (error != 0)
		errx(EXIT_OWN, "%s", message->text);
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
	int gate, books;

	if (count_result(run->counter, &total))
		books_total(run->books, total);
	gate = gate_tick(&run->gate);
	books = books_tick(run->books);
	return gate >= 0 && (books < 0 || gate < books) ? gate : books;
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
	if (books_open(&run->options->report, run->options->output.dry_run,
		run->command, list, n, &run->books, message) != 0)
		errx(EXIT_OWN, "%s", message->text);
	free(list);
	run->drive.tick = run_tick;
	run->drive.tick_arg = run;
}

/* How many jobs nobody came to start; counting ends where it would take long. */
static uint64_t
run_count_rest(struct run *run, bool *more)
{
	struct message message = { "" };
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
	return run->options->run.single ?
	    run->status :
	    steer_status(&run->steer, &run->tally);
}

/* Jobs that were dropped, or left when the pool was freed. */
static void
run_free_live(struct run *run)
{
	struct books_job *job;

	while ((job = TAILQ_FIRST(&run->live)) != NULL) {
		TAILQ_REMOVE(&run->live, job, live);
		free(job->made);
		job->made = NULL;
		books_drop(run->books, job);
	}
}

static void
run_fini(struct run *run)
{
	prun_pool_free(run->drive.pool);
	count_stop(run->counter);
	run_free_live(run);
	outfit_close(&run->outfit);
	sudo_close(&run->sudo);
	steer_fini(&run->steer);
	free(run->slot_variable);
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
	struct message message = { "" };
	int error = 0, status;

	TAILQ_INIT(&run.live);
	run.drive.signals = signals;
	run.drive.told = run_told;
	run.drive.told_arg = &run;
	run_init_sudo(&run, &message);
	run_init_slots(&run, &message);
	if (books_wants_total(&options->report))
		run.counter = count_start(options);
	run_init_input(&run, &message);
	if (run.batches != NULL) {
		run_init_tag(&run, &message);
		run_init_outfit(&run, &message);
		run_init_books(&run, &message);
		run_init_environment(&run);
		/* Tags and names of results may need it as well as the command. */
		if (command_needs_total(run.command))
			batches_need_total(run.batches);
		if (!options->output.dry_run)
			run_init_pool(&run);
		error = books_retries(run.books) ? run_retries(&run, &message) :
						   run_jobs(&run, &message);
	}
	status = run_end(&run, error, &message);
	run_fini(&run);
	return status;
}
