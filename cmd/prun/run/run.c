/* SPDX-License-Identifier: ISC */

/*
 * Owns the course of a run: it takes batches from the input as slots get free,
 * and says at the end what became of all of them.  The way of a value through
 * the program is the body of run_jobs().  Knows neither how the parts are made
 * nor what a job is given.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "run/run.h"
#include "run/run_room.h"

/* More than this is not counted for the digest. */
#define COUNT_MAX ((uint64_t)1000000)

/* While the gate asked a command, another try may have taken it. */
static bool
run_is_free(const struct run *run, unsigned slot, unsigned need)
{
	return prun_pool_slot(run->drive.pool) == slot &&
	    prun_pool_room(run->drive.pool) >= need;
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
		else if (gate_open(&run->gate) &&
		    (run->drive.stop || run_is_free(run, slot, need)))
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

/* HUP, USR1: what still runs. */
static void
run_tell_running(struct run *run, int sig)
{
	struct books_job *job;
	unsigned running = 0;

	TAILQ_FOREACH(job, &run->live, live)
		running++;
	books_message(run->books, true);
	if (sig == SIGHUP) {
		warnx("SIGHUP received. No new jobs will be started.");
		if (running > 0)
			warnx(
			    "Waiting for these %u jobs to finish. Send SIGTERM to stop now.",
			    running);
	}
	TAILQ_FOREACH(job, &run->live, live)
		warnx("%s", job->line.data);
	books_message(run->books, false);
}

/* While all is stopped the terminal is the shell's. */
static void
run_told(int sig, void *arg)
{
	struct run *run = arg;

	if (run->books == NULL)
		return;
	if (sig == SIGUSR2)
		books_toggle(run->books);
	else if (sig == SIGTSTP || sig == SIGCONT)
		books_message(run->books, sig == SIGTSTP);
	else
		run_tell_running(run, sig);
}

static int
run_tick(void *arg)
{
	struct run *run = arg;
	uint64_t total;
	int gate, books, sudo;

	if (count_result(run->counter, &total))
		books_total(run->books, total);
	gate = gate_tick(&run->gate);
	books = books_tick(run->books);
	sudo = sudo_tick(&run->sudo);
	if (gate < 0 || (books >= 0 && books < gate))
		gate = books;
	return gate < 0 || (sudo >= 0 && sudo < gate) ? sudo : gate;
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
		books_ended(run->books);
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

int
run(const struct options *options, struct signals *signals)
{
	struct run run = { .options = options, .signals = signals };
	struct message message = { "" };
	int error = 0, status;

	run.drive.told = run_told;
	run.drive.told_arg = &run;
	run_init(&run, &message);
	if (run.books != NULL) {
		run.drive.tick = run_tick;
		run.drive.tick_arg = &run;
		error = books_retries(run.books) ? run_retries(&run, &message) :
						   run_jobs(&run, &message);
	}
	status = run_end(&run, error, &message);
	run_fini(&run);
	return status;
}
