/* SPDX-License-Identifier: ISC */

/* Owns what happens to a run whose command is not found (--stop-on-missing). */
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run_internal.h"

/* the exit status of a shell that finds no such command */
#define NOT_FOUND 127
/*
 * If none of the first so many jobs has found its command, prun stops even without an option
 * that says so.
 */
#define FIRST 3

/*
 * Without an option, prun stops if a person reads stderr; if it is a log or a script, the
 * run goes on.
 */
static enum missing_policy
policy(const struct run *run)
{
	const enum missing_policy given = run->options->policy.missing;

	if (given != MISSING_AUTO)
		return given;
	return isatty(STDERR_FILENO) && !report_is_log() ? MISSING_AUTO :
							   MISSING_GO_ON;
}

/* Do the jobs look for commands in the same PATH, folder and functions as prun does? */
static bool
is_as_here(const struct run *run)
{
	const struct options *o = run->options;

	return o->hosts.n == 0 && sudo_spec(&run->sudo) == NULL &&
	    o->worker.kind == PRUN_WORKER_NONE && !run->shell_setup.wanted &&
	    !o->semaphore.enabled;
}

int
run_check_missing(struct run *run, struct message *message)
{
	char *word;
	int error = 0;

	if (run->missing.checked)
		return 0;
	run->missing.checked = true;
	run->missing.policy = policy(run);
	if (run->missing.policy == MISSING_GO_ON || !is_as_here(run))
		return 0;
	word = command_missing(run->command);
	if (word != NULL &&
	    (run->options->policy.workdir == NULL ||
		strchr(word, '/') == NULL)) {
		run->missing.ended = true;
		error = message_set(message, -ENOENT, "%s: command not found",
		    word);
	}
	free(word);
	return error;
}

bool
run_is_missing(const struct run *run, const struct prun_result *r)
{
	return run->missing.policy == MISSING_STOP && r->status == NOT_FOUND &&
	    !(r->flags & PRUN_RESULT_TIMED_OUT);
}

static void
stop(struct run *run)
{
	run->missing.ended = true;
	mainloop_stop(&run->mainloop);
}

static bool
is_one_for_all(const struct run *run)
{
	return !report_retries(run->report) && command_is_one(run->command);
}

void
run_look_missing(struct run *run, const struct report_task *job,
    const struct prun_result *r)
{
	const uint64_t ended = run->tally.succeeded + run->tally.failed;

	if (run->missing.ended || run->mainloop.stop)
		return;
	run->missing.n += r->status == NOT_FOUND;
	if (run_is_missing(run, r)) {
		stop(run);
		report_message(run->report, true);
		warnx("job %llu: its command was not found: no more jobs start",
		    (unsigned long long)job->seq);
		report_message(run->report, false);
	} else if (run->missing.policy == MISSING_AUTO && ended == FIRST &&
	    run->missing.n == FIRST && is_one_for_all(run)) {
		stop(run);
		report_message(run->report, true);
		warnx(
		    "the first %d jobs have not found their command: no more jobs start (--no-stop-on-missing goes on)",
		    FIRST);
		report_message(run->report, false);
	}
}
