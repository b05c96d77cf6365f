/* SPDX-License-Identifier: ISC */

/* Owns the words of the digest, and the sink that gathers them and tells them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/digest.h"
#include "report/outcome.h"
#include "report/sinks.h"
#include "text/put.h"

/* Nobody reads more than this; the job log has all jobs. */
#define JOBS_MAX 1000
#define LINES_MAX 10

struct digest {
	struct sink sink;
	struct bytes text; /* of the jobs, in the order of their ends */
	uint64_t jobs, left_out;
};

int
digest_new(struct digest **dp)
{
	*dp = calloc(1, sizeof(**dp));
	return *dp == NULL ? -ENOMEM : 0;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	bytes_fini(&d->text);
	free(d);
}

/* Control bytes are shown as ^X: they must not reach the terminal. */
static int
add_visible(struct bytes *out, struct text t)
{
	int error = 0;

	for (size_t i = 0; i < t.len && error == 0; i++) {
		unsigned char c = (unsigned char)t.data[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			error = bytes_add_format(out, "^%c", c ^ 0x40);
		else
			error = bytes_add_char(out, (char)c);
	}
	return error;
}

/* Where the last lines of the tail begin. */
static size_t
last_lines(const char *data, size_t len)
{
	size_t lines = 0, i = len;

	if (i > 0 && data[i - 1] == '\n')
		i--;
	for (; i > 0; i--) {
		if (data[i - 1] == '\n' && ++lines == LINES_MAX)
			break;
	}
	return i;
}

static int
add_tail(struct bytes *out, const char *data, size_t len)
{
	size_t start = last_lines(data, len), n;
	const char *newline;
	int error = 0;

	for (; start < len && error == 0; start += n + 1) {
		newline = memchr(data + start, '\n', len - start);
		n = newline != NULL ? (size_t)(newline - data) - start :
				      len - start;
		error = bytes_add_string(out, "    | ");
		if (error == 0)
			error = add_visible(out,
			    (struct text){ data + start, n });
		if (error == 0)
			error = bytes_add_char(out, '\n');
	}
	return error;
}

/* False: the digest is full, and the job is only counted. */
static bool
count_job(struct digest *d)
{
	if (d->jobs == JOBS_MAX) {
		d->left_out++;
		return false;
	}
	d->jobs++;
	return true;
}

static int
add_command(struct digest *d, struct text command)
{
	int error = add_visible(&d->text, command);

	return error != 0 ? error : bytes_add_char(&d->text, '\n');
}

int
digest_add(struct digest *d, uint64_t seq, struct text command,
    const struct prun_result *r)
{
	char outcome[256];
	int error;

	if (!count_job(d))
		return 0;
	outcome_text(r, outcome, sizeof(outcome));
	error = bytes_add_format(&d->text,
	    "  job %" PRIu64 ": %s after %.3f s: ", seq, outcome, r->elapsed);
	if (error == 0)
		error = add_command(d, command);
	if (error == 0 && r->tail_len > 0)
		error = add_tail(&d->text, r->tail, r->tail_len);
	return error;
}

int
digest_add_flaky(struct digest *d, uint64_t seq, struct text command,
    const char *failure, const struct prun_result *r)
{
	int error;

	if (!count_job(d))
		return 0;
	error = bytes_add_format(&d->text,
	    "  job %" PRIu64 ": flaky (%s), succeeded in try %u: ", seq,
	    failure, r->tries);
	return error != 0 ? error : add_command(d, command);
}

static int
add_rest(const struct digest_rest *rest, struct bytes *out)
{
	int error = 0;

	if (rest->unstarted > 0)
		error = bytes_add_format(out, ", %s%" PRIu64 " never started",
		    rest->more ? "at least " : "", rest->unstarted);
	else if (rest->more)
		error = bytes_add_format(out, ", the rest was never started");
	return error;
}

int
digest_write(const struct digest *d, const struct tally *tally,
    const struct digest_rest *rest, struct bytes *out)
{
	uint64_t ran = tally->succeeded + tally->failed - tally->not_started;
	int error;

	if (tally->failed == 0 && tally->flaky == 0 && tally->skipped == 0)
		return 0;
	error = bytes_add_format(out,
	    "prun: %" PRIu64 " ran, %" PRIu64 " failed", ran, tally->failed);
	if (error == 0 && tally->timed_out > 0)
		error = bytes_add_format(out, ", %" PRIu64 " timed out",
		    tally->timed_out);
	if (error == 0 && tally->not_started > 0)
		error = bytes_add_format(out,
		    ", %" PRIu64 " could not be started", tally->not_started);
	if (error == 0 && tally->flaky > 0)
		error = bytes_add_format(out, ", %" PRIu64 " flaky",
		    tally->flaky);
	if (error == 0 && tally->skipped > 0)
		error = bytes_add_format(out, ", %" PRIu64 " left out",
		    tally->skipped);
	if (error == 0)
		error = add_rest(rest, out);
	if (error == 0)
		error = bytes_add_string(out, "\n");
	if (error == 0)
		error = bytes_add_text(out, bytes_text(&d->text));
	if (error == 0 && d->left_out > 0)
		error = bytes_add_format(out, "  and %" PRIu64 " more\n",
		    d->left_out);
	return error;
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct digest *d = (struct digest *)s;
	struct prun_result own = *r;
	char tail[DIGEST_TAIL];
	struct text last;

	if (report_task_is_flaky(task, r))
		(void)digest_add_flaky(d, task->seq, bytes_text(&task->line),
		    task->failure, r);
	else if (r->status != 0 ||
	    r->flags &
		(PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST |
		    PRUN_RESULT_INPUT_LOST)) {
		last = report_task_tail(task, r, tail, sizeof(tail));
		own.tail = last.data;
		own.tail_len = last.len;
		(void)digest_add(d, task->seq, bytes_text(&task->line), &own);
	}
}

/* An error of stderr is ignored: there is no place to tell of it. */
static void
finished(struct sink *s, const struct report_end *end)
{
	const struct digest *d = (const struct digest *)s;
	struct digest_rest rest = { 0 };
	struct bytes text = { 0 };

	if (end->tally->failed == 0 && end->tally->flaky == 0 &&
	    end->tally->skipped == 0)
		return;
	rest.unstarted = end->unstarted(end->arg, &rest.more);
	sink_message(s, true);
	if (digest_write(d, end->tally, &rest, &text) == 0)
		(void)put_all(STDERR_FILENO, bytes_text(&text));
	sink_message(s, false);
	bytes_fini(&text);
}

static void
close_digest(struct sink *s)
{
	digest_free((struct digest *)s);
}

static const struct sink_ops ops = {
	.ended = ended,
	.finished = finished,
	.close = close_digest,
};

int
digest_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const enum report_when when = c->options->digest;
	struct digest *d;

	if (when == REPORT_NEVER ||
	    (when == REPORT_AUTO && !report_is_log() && !isatty(STDERR_FILENO)))
		return 0;
	if (digest_new(&d) != 0)
		return message_errno(message, -ENOMEM, "--digest");
	c->digest = true;
	sink_want_tail(c, DIGEST_TAIL);
	d->sink.ops = &ops;
	*sp = &d->sink;
	return 0;
}
