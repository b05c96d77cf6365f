/* SPDX-License-Identifier: ISC */

/*
 * Owns --report: the data of a page that shows the run.  The page lists each job while
 * it is small enough for a browser; after that it lists only the jobs that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/job_name.h"
#include "report/joblog_file.h"
#include "report/json.h"
#include "report/sinks.h"
#include "report/spool.h"
#include "text/clock.h"
#include "text/utf8.h"

#define OUTPUT_TAIL ((size_t)2048)
#define COMMAND_MOST ((size_t)200)
/* Up to the first limit of bytes all jobs are listed, up to the second failed ones. */
#define JOBS_LIMIT ((uint64_t)3500000)
#define FAILED_LIMIT ((uint64_t)4800000)

struct html {
	struct sink sink;
	struct spool spool;
	double began; /* seconds since the Epoch */
	uint64_t shown, omitted;
	struct bytes text, json;
};

struct html_job {
	uint64_t seq;
	unsigned slot; /* 0: not known */
	double started, elapsed;
	const char *outcome;
	unsigned tries;
	const char *host; /* NULL: this machine */
	struct text command, output;
};

/* Escapes each "<": the data stands in a <script>, which "</script" would end. */
static int
add_json(struct html *h, struct bytes *out, json_t *value)
{
	const char *p, *end;
	size_t n;
	int error;

	h->json.len = 0;
	error = json_add(&h->json, value);
	for (size_t i = 0; i < h->json.len && error == 0; i += n) {
		p = h->json.data + i;
		end = memchr(p, '<', h->json.len - i);
		n = end != NULL ? (size_t)(end - p) : h->json.len - i;
		error = bytes_add(out, p, n);
		if (error == 0 && end != NULL) {
			error = bytes_add_string(out, "\\u003c");
			n++;
		}
	}
	return error;
}

static int
add_job(struct html *h, const struct html_job *j)
{
	struct bytes *out = &h->spool.text;
	int error = bytes_add_format(out, "%s\n[%" PRIu64 ",%u,%.6f,%.6f,",
	    h->shown > 0 ? "," : "", j->seq, j->slot,
	    j->started > h->began ? j->started - h->began : 0, j->elapsed);

	h->text.len = 0;
	if (error == 0 && j->host != NULL)
		error = bytes_add_format(&h->text, "%.100s: ", j->host);
	if (error == 0)
		error = job_name_add_cut(&h->text, j->command, COMMAND_MOST);
	if (error == 0)
		error = bytes_add_format(out, "\"%s\",%u,", j->outcome,
		    j->tries);
	if (error == 0)
		error = add_json(h, out, json_text(bytes_text(&h->text)));
	if (error == 0 && j->output.len > 0) {
		error = bytes_add_char(out, ',');
		if (error == 0)
			error = add_json(h, out,
			    json_text(utf8_trim(j->output)));
	}
	return error != 0 ? error : bytes_add_char(out, ']');
}

static void
html_add(struct html *h, const struct html_job *j, bool passed)
{
	if (spool_length(&h->spool) > (passed ? JOBS_LIMIT : FAILED_LIMIT)) {
		h->omitted++;
		return;
	}
	spool_add(&h->spool, add_job(h, j));
	h->shown++;
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	char tail[OUTPUT_TAIL];
	const bool passed = outcome_of(r) == OUTCOME_PASSED;
	struct html_job job = {
		.seq = task->seq,
		.slot = r->slot,
		.started = r->started,
		.elapsed = r->elapsed,
		.outcome = report_task_is_flaky(task, r) ?
		    "flaky" :
		    outcome_name(outcome_of(r)),
		.tries = r->tries,
		.host = task->host_name,
		.command = bytes_text(&task->line),
	};

	if (!passed)
		job.output = report_task_tail(task, r, tail, sizeof(tail));
	html_add((struct html *)s, &job, passed);
}

/* Adds what comes before the jobs.  The title is the template, or the name of a log. */
static int
add_header(struct html *h, const struct tally *t, uint64_t unstarted,
    struct text title, struct bytes *out)
{
	int error = bytes_add_string(out, html_page_head);

	if (error == 0)
		error = bytes_add_string(out, "{\"template\":");
	h->text.len = 0;
	if (error == 0)
		error = job_name_add_cut(&h->text, title, COMMAND_MOST);
	if (error == 0)
		error = add_json(h, out, json_text(bytes_text(&h->text)));
	return error != 0 ?
	    error :
	    bytes_add_format(out,
		",\"counts\":{\"passed\":%" PRIu64 ",\"flaky\":%" PRIu64
		",\"failed\":%" PRIu64 ",\"stopped\":%" PRIu64
		",\"left out\":%" PRIu64 ",\"never started\":%" PRIu64
		"},\"omitted\":%" PRIu64 ",\"jobs\":[",
		t->succeeded, t->flaky, t->failed, t->stopped, t->skipped,
		unstarted, h->omitted);
}

static void
html_finish(struct html *h, const struct tally *t, uint64_t unstarted,
    struct text title)
{
	struct bytes header = { 0 }, footer = { 0 };

	spool_add(&h->spool, add_header(h, t, unstarted, title, &header));
	spool_add(&h->spool,
	    bytes_add_format(&footer, "\n]}\n%s", html_page_end));
	spool_finish(&h->spool, &h->sink, bytes_text(&header),
	    bytes_text(&footer));
	bytes_fini(&header);
	bytes_fini(&footer);
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct html *h = (struct html *)s;
	struct bytes template = { 0 };
	bool more;

	spool_add(&h->spool,
	    report_add_template(s->context->options, &template));
	html_finish(h, end->tally, end->unstarted(end->arg, &more),
	    bytes_text(&template));
	bytes_fini(&template);
}

static void
html_fini(struct html *h)
{
	spool_close(&h->spool);
	bytes_fini(&h->text);
	bytes_fini(&h->json);
}

static void
html_close(struct sink *s)
{
	html_fini((struct html *)s);
	free(s);
}

static const struct sink_ops ops = {
	.ended = ended,
	.finished = finished,
	.close = html_close,
};

int
html_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	struct html *h;
	int error;

	if (c->options->html == NULL || c->dry_run)
		return 0;
	error = sink_new(sizeof(*h), &ops, "--report", sp, message);
	if (error != 0)
		return error;
	h = (struct html *)*sp;
	h->began = clock_date();
	sink_want_tail(c, OUTPUT_TAIL);
	return spool_open(&h->spool, c, "--report", c->options->html, O_TRUNC,
	    message);
}

/* The log is read twice: the first time only to find the earliest start. */
struct html_log {
	struct html *html;
	struct tally tally;
};

static int
look_at_row(const struct joblog_row *row, void *arg)
{
	struct html_log *log = arg;

	if (log->html->began <= 0 || row->started < log->html->began)
		log->html->began = row->started;
	return 0;
}

static int
add_row(const struct joblog_row *row, void *arg)
{
	struct html_log *log = arg;
	struct prun_result r = { .status = row->exitval & 0xff,
		.signal = (int)row->signal,
		.flags = row->exitval == JOBLOG_TIMED_OUT ?
		    PRUN_RESULT_TIMED_OUT :
		    0 };
	const struct html_job job = {
		.seq = row->seq,
		.slot = row->slot > 0 ? (unsigned)row->slot : 0,
		.started = row->started,
		.elapsed = row->elapsed,
		.outcome = outcome_name(outcome_of(&r)),
		.tries = 1,
		.command = row->command,
	};

	if (row->exitval == JOBLOG_LEFT_OUT) {
		log->tally.skipped++;
		return 0;
	}
	tally_add(&log->tally, &r, false);
	html_add(log->html, &job, outcome_of(&r) == OUTCOME_PASSED);
	return 0;
}

int
html_from_joblog(const struct report_options *o, struct message *message)
{
	const char *tmpdir = o->tmpdir != NULL ? o->tmpdir : getenv("TMPDIR");
	struct sink_context context = { .options = o,
		.tmpdir = tmpdir != NULL && *tmpdir != '\0' ? tmpdir : "/tmp" };
	struct html html = { .sink = { .ops = &ops, .context = &context } };
	struct html_log log = { .html = &html };
	int error = joblog_file_read(o->from_joblog, "--from-joblog",
	    look_at_row, &log, message);

	if (error != 0)
		return error;
	error = spool_open(&html.spool, &context, "--report", o->html, O_TRUNC,
	    message);
	if (error == 0)
		error = joblog_file_read(o->from_joblog, "--from-joblog",
		    add_row, &log, message);
	if (error == 0)
		html_finish(&html, &log.tally, 0, text_of(o->from_joblog));
	html_fini(&html);
	return error == 0 && context.failed ? 1 : error;
}
