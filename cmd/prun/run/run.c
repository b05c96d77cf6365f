/* SPDX-License-Identifier: ISC */

/*
 * Owns the course of a run: takes batches from the input as slots get free, and says at the
 * end how the run went.  run_jobs() shows the way of a value through the program.  Does not
 * know how the parts are made, nor what a job gets.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "run/run.h"
#include "run/run_internal.h"
#include "run/run_verbs.h"
#include "text/shown.h"

/*
 * The input has ended (n is 0) or failed (n is -errno, with its message).  The jobs that
 * were gathered start before the error of the input is reported.
 */
static int
run_end_of_input(struct run *run, int n, struct message *message)
{
	struct message *own = &run->gathered.message;
	int error = run->gathered.error;

	if (error == 0 && n != -ECANCELED)
		error = run_gathered(run, own);
	if (error == 0 && n != -ECANCELED)
		error = run_held_finish(run, own);
	if (error != 0 && error != -ECANCELED)
		*message = *own;
	else
		error = n;
	return error == -ECANCELED ? 0 : error;
}

/* Returns 0, or -errno with a message; the jobs that were started still run. */
static int
run_jobs(struct run *run, struct message *message)
{
	struct batch batch;
	int n;

	for (;;) {
		/* Input is read only when there is a slot for it. */
		if (run->mainloop.pool != NULL && run_await_slot(run) == 0)
			return 0;
		n = run_start_again(run, message);
		if (n == 0)
			n = run_held_start(run, message);
		if (n < 0)
			return n == -ECANCELED ? 0 : n;
		if (run_held_is_full(run) && n == 0)
			mainloop_wait(&run->mainloop);
		if (run_held_is_full(run) || n > 0)
			continue;
		n = run_next(run, &batch, message);
		if (n == 0)
			report_total(run->report, run->seen);
		if (n <= 0)
			return run_end_of_input(run, n, message);
		n = run_batch(run, &batch, message);
		if (n != 0 || run->mainloop.stop)
			return n < 0 && n != -ECANCELED ? n : 0;
	}
}

/* On HUP and USR1: says which jobs still run. */
static void
run_tell_running(struct run *run, int sig)
{
	struct report_task *job;
	struct shown line;
	unsigned running = 0;

	TAILQ_FOREACH(job, &run->live, live)
		running++;
	if (run->mainloop.pool != NULL)
		running -= prun_pool_ahead(run->mainloop.pool);
	report_message(run->report, true);
	if (sig == SIGHUP) {
		warnx("SIGHUP received. No new jobs will be started.");
		if (running > 0)
			warnx(
			    "Waiting for these %u jobs to finish. Send SIGTERM to stop now.",
			    running);
	}
	TAILQ_FOREACH(job, &run->live, live)
		warnx("%s", shown(&line, bytes_text(&job->line)));
	report_message(run->report, false);
}

/*
 * A mainloop.told.  While prun is stopped, the terminal belongs to the shell, so nothing is
 * drawn there.
 */
static void
run_told(int sig, void *arg)
{
	struct run *run = arg;

	if (sig == SIGCONT && run->mainloop.pool != NULL)
		run_verbs_stop_again(run);
	if (run->report == NULL)
		return;
	if (sig == SIGUSR2)
		report_toggle(run->report);
	else if (sig == SIGTSTP || sig == SIGCONT)
		report_message(run->report, sig == SIGTSTP);
	else
		run_tell_running(run, sig);
}

static void
run_die(struct run *run, int sig)
{
	run_free_pool(run);
	signals_die(run->signals, sig);
}

/* Ends a run that could not write its output. */
static int
run_write_error(struct run *run)
{
	if (run->mainloop.error == -EPIPE)
		run_die(run, SIGPIPE);
	warnc(-run->mainloop.error, "write error");
	return EXIT_OWN;
}

/* The exit status of prun, if prun does not end by a signal. */
static int
run_status(const struct run *run, int error)
{
	struct tally tally = run->tally;

	/* --onall and --nonall count the hosts on which jobs have failed. */
	if (run->options->hosts.each && run->hosts != NULL)
		tally.failed = hosts_failed(run->hosts);
	if (run->missing.ended && !run->failed)
		return EXIT_MISSING;
	if (error < 0 || run->failed ||
	    (run->report != NULL && report_failed(run->report)))
		return EXIT_OWN;
	return run->options->run.single ? run->status :
					  control_status(&run->control, &tally);
}

static void
run_finish_report(struct run *run, int error)
{
	const struct mainloop *m = &run->mainloop;
	const int sig = m->error == -EPIPE ? SIGPIPE :
	    m->error != 0                  ? 0 :
					     m->signal;
	const struct report_end end = { .tally = &run->tally,
		.unstarted = run_unstarted,
		.arg = run,
		.status = sig != 0 ? 128 + sig :
		    m->error != 0  ? EXIT_OWN :
				     run_status(run, error),
		.interrupted = m->error == 0 && m->signal != 0 };
	bool more;

	if (report_wants_unstarted(run->report))
		(void)run_unstarted(run, &more);
	report_finish(run->report, &end);
}

static int
run_end(struct run *run, int error, const struct message *message)
{
	hosts_drain(run->hosts);
	run_each_end(run);
	if (run->mainloop.pool != NULL)
		mainloop_finish(&run->mainloop);
	else if (run->mainloop.error == 0 && fflush(stdout) == EOF)
		run->mainloop.error = -errno;
	if (run->report != NULL)
		run_finish_report(run, error);
	run_verbs_finish(run, run_status(run, error));
	if (error < 0)
		warnx("%s", message->text);
	if (run->mainloop.error != 0)
		return run_write_error(run);
	if (run->mainloop.signal != 0)
		run_die(run, run->mainloop.signal);
	return run_status(run, error);
}

int
run(const struct options *options, struct signals *signals)
{
	struct run run = { .options = options, .signals = signals };
	struct message message = { "" };
	int error = 0, status;

	run.mainloop.told = run_told;
	run.mainloop.told_arg = &run;
	run_init(&run, &message);
	if (run.report != NULL) {
		error = report_retries(run.report) ?
		    run_retries(&run, &message) :
		    run.blocks != NULL ? run_pipe(&run, &message) :
					 run_jobs(&run, &message);
	}
	if (error == 0)
		error = run_linger(&run, &message);
	status = run_end(&run, error, &message);
	run_fini(&run);
	return status;
}
