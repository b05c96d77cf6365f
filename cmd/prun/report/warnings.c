/* SPDX-License-Identifier: ISC */

/*
 * Owns what is said at once on stderr of a try that went wrong in a way that its
 * exit status does not tell.
 */
#include <err.h>
#include <errno.h>

#include "report/outcome.h"
#include "report/sink.h"
#include "text/shown.h"

#define TOLD \
	(PRUN_RESULT_NOT_STARTED | PRUN_RESULT_OUTPUT_LOST | \
	    PRUN_RESULT_SUDO_REFUSED | PRUN_RESULT_NOT_KILLED | \
	    PRUN_RESULT_TIMED_OUT | PRUN_RESULT_LEFT_BEHIND | \
	    PRUN_RESULT_INPUT_LOST | PRUN_RESULT_NOT_HELD | \
	    PRUN_RESULT_FILE_LOST)

struct warnings {
	struct sink sink;
	bool lost; /* it has been said that output was lost */
};

static void
warn_lost(struct warnings *w, const struct report_task *task,
    const struct prun_result *r)
{
	struct shown buffer;
	const char *line = shown(&buffer, bytes_text(&task->line));

	w->lost = true;
	warnc(r->error, "job %llu: output lost: %s",
	    (unsigned long long)task->seq, line);
}

static void
warn_input(unsigned long long seq, const char *line,
    const struct prun_result *r)
{
	if (r->error == ENODATA)
		warnx(
		    "job %llu: its input is shorter than it was: the file has been cut: %s",
		    seq, line);
	else
		warnc(r->error, "job %llu: input lost: %s", seq, line);
}

/* Where nothing was to be done to its output, or to be tried again, it is as it should be. */
static void
warn_not_held(const struct sink *s, unsigned long long seq, const char *line,
    const struct prun_result *r)
{
	if (outcome_of(r) != OUTCOME_PASSED)
		warnc(r->error,
		    "job %llu: no room to hold its output back: no colours for it, and no more tries: %s",
		    seq, line);
	else if (s->context->options->errors_only)
		warnc(r->error,
		    "job %llu: no room to hold its output back: it stays, although the job has succeeded: %s",
		    seq, line);
}

static void
tried(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	const unsigned long long seq = task->seq;
	struct shown buffer;
	const char *line;

	if (!(r->flags & TOLD))
		return;
	line = shown(&buffer, bytes_text(&task->line));
	sink_message(s, true);
	if (r->flags & PRUN_RESULT_FILE_LOST)
		warnx("job %llu: %s: %s", seq,
		    r->fault != NULL ? r->fault : "a file was lost", line);
	else if (r->flags & PRUN_RESULT_NOT_STARTED)
		warnc(r->error, "job %llu: %s: %s", seq, line,
		    prun_step_name(r->step));
	else if (r->flags & PRUN_RESULT_OUTPUT_LOST)
		warn_lost((struct warnings *)s, task, r);
	if (r->flags & PRUN_RESULT_INPUT_LOST)
		warn_input(seq, line, r);
	if (r->flags & PRUN_RESULT_NOT_HELD)
		warn_not_held(s, seq, line, r);
	if (r->flags & PRUN_RESULT_SUDO_REFUSED)
		warnx("job %llu: sudo did not take the password: %s", seq,
		    line);
	if (r->flags & PRUN_RESULT_NOT_KILLED)
		warnx(
		    "job %llu: processes that are or may be its own live on, for want of rights: %s",
		    seq, line);
	/* The digest tells how each job has ended, and the screen is clearer without. */
	if (r->flags & PRUN_RESULT_TIMED_OUT && !s->context->digest) {
		warnx("Warning: This job was killed because it timed out:");
		warnx("Warning: %s", line);
	}
	if (r->flags & PRUN_RESULT_LEFT_BEHIND) {
		warnx("Warning: This job left processes behind%s:",
		    r->flags & PRUN_RESULT_LEAKY ?
			" that still hold its output" :
			"");
		warnx("Warning: %s", line);
	}
	sink_message(s, false);
}

/*
 * The run ends because of it: the first one is enough.  Where a reader has gone
 * nothing is said at all, as SIGPIPE does.
 */
static void
delivered(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct warnings *w = (struct warnings *)s;

	if (!(r->flags & PRUN_RESULT_OUTPUT_LOST) || r->error == EPIPE ||
	    w->lost)
		return;
	sink_message(s, true);
	warn_lost(w, task, r);
	sink_message(s, false);
}

/* They make the exit status: the digest says so, or this line. */
static void
last_words(struct sink *s, const struct report_end *end)
{
	const unsigned long long n = end->tally->skipped;

	if (n == 0 || s->context->digest ||
	    s->context->options->digest == REPORT_NEVER)
		return;
	sink_message(s, true);
	warnx("Warning: %llu %s left out, and count%s as failed", n,
	    n == 1 ? "job was" : "jobs were", n == 1 ? "s" : "");
	sink_message(s, false);
}

static const struct sink_ops ops = {
	.tried = tried,
	.ended = tried,
	.delivered = delivered,
	.last_words = last_words,
};

int
warnings_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	return c->dry_run ?
	    0 :
	    sink_new(sizeof(struct warnings), &ops, "prun", sp, message);
}
