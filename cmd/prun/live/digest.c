/* SPDX-License-Identifier: ISC */

/* The sink that gathers the digest and tells it. */
#include <sys/ioctl.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live/digest.h"
#include "report/color.h"
#include "report/sink.h"
#include "text/clock.h"
#include "text/file.h"

#define ROWS 24 /* how many rows a terminal has that does not tell its size */

struct digest_sink {
	struct sink sink;
	struct digest *digest;
	double since;
};

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct digest *d = ((struct digest_sink *)s)->digest;
	struct prun_result own = *r;
	char tail[DIGEST_TAIL];
	struct text last;

	if (task->cut)
		return;
	if (report_task_is_flaky(task, r)) {
		(void)digest_add_flaky(d, task->seq, task->host_name,
		    bytes_text(&task->line), task->failure, r);
	} else if (r->status != 0 ||
	    r->flags &
		(PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST |
		    PRUN_RESULT_INPUT_LOST)) {
		last = report_task_tail(task, r, tail, sizeof(tail));
		own.tail = last.data;
		own.tail_len = last.len;
		(void)digest_add(d, task->seq, task->host_name,
		    bytes_text(&task->line), &own);
	}
	(void)digest_count(d, task->seq, bytes_text(&task->line), r);
}

static void
again(struct sink *s, uint64_t seq, const struct prun_result *r)
{
	/* The digest remembers only jobs that failed or took more than one try. */
	if (r->status != 0 || r->flags != 0 || r->tries > 1)
		digest_take_back(((struct digest_sink *)s)->digest, seq);
}

/* If stderr cannot be written, that is ignored: there is nowhere to report it. */
static void
last_words(struct sink *s, const struct report_end *end)
{
	const struct digest_sink *d = (const struct digest_sink *)s;
	const enum report_when when = s->context->options->digest;
	const struct tally *t = end->tally;
	struct digest_end told = {
		.tally = t,
		.elapsed = clock_steady() - d->since,
		.interrupted = end->interrupted,
		.brief = when == REPORT_AUTO && !report_is_log(),
	};
	struct bytes text = { 0 };

	/* The jobs that are left are counted only if needed: that may read all the input. */
	if (t->failed + t->flaky + t->skipped > 0 || end->interrupted)
		told.unstarted = end->unstarted(end->arg, &told.more);
	if (digest_write(d->digest, &told, &text) == 0 && text.len > 0) {
		sink_message(s, true);
		(void)put_all(STDERR_FILENO, bytes_text(&text));
		sink_message(s, false);
	}
	bytes_fini(&text);
}

static void
close_digest(struct sink *s)
{
	digest_free(((struct digest_sink *)s)->digest);
	free(s);
}

static const struct sink_ops ops = {
	.ended = ended,
	.again = again,
	.last_words = last_words,
	.close = close_digest,
};

/*
 * How many rows the terminal has, if it shows the output of jobs; 0 if the output goes
 * elsewhere.
 */
static size_t
rows_of_output(const struct report_options *o)
{
	struct winsize size;

	if (o->digest != REPORT_AUTO || report_is_log() || o->latest_line ||
	    o->files || report_results(o) > RESULTS_FILES ||
	    isatty(STDOUT_FILENO) != 1 ||
	    ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_row > 0 ? size.ws_row : ROWS;
}

static const char *
log_to_retry(const struct report_options *o)
{
	const char *log = o->joblog;

	if (log == NULL || strcmp(log, "-") == 0)
		return NULL;
	return *log == '+' ? log + 1 : log;
}

int
digest_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct report_options *o = c->options;
	const struct digest_options options = {
		.all = o->digest_all,
		.slow = o->digest_slow,
		.rows = rows_of_output(o),
		.joblog = log_to_retry(o),
		.colors = color_is_wanted(o->colors, STDERR_FILENO),
	};
	struct digest_sink *d;
	int error;

	if (o->digest == REPORT_NEVER ||
	    (o->digest == REPORT_AUTO && !report_is_log() &&
		!isatty(STDERR_FILENO)))
		return 0;
	error = sink_new(sizeof(*d), &ops, "--digest", sp, message);
	if (error != 0)
		return error;
	d = (struct digest_sink *)*sp;
	d->since = clock_steady();
	if (digest_new(&options, &d->digest) != 0)
		return message_errno(message, -ENOMEM, "--digest");
	c->digest = true;
	sink_want_tail(c, DIGEST_TAIL);
	return 0;
}
