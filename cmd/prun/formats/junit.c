/* SPDX-License-Identifier: ISC */

/*
 * The sink of --junit, which writes a test case for each job, in the XML that Jenkins and
 * GitLab read.  The cases go through a spool, because the count of all cases comes first.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "formats/xml.h"
#include "report/job_name.h"
#include "report/sink.h"
#include "report/spool.h"
#include "text/clock.h"
#include "text/text.h"
#include "text/utf8.h"

#define OUTPUT_TAIL ((size_t)4096)
#define TEMPLATE_MOST ((size_t)500)

/*
 * GitLab takes no more than 30 MB.  Above OUTPUT_LIMIT the report leaves out the output of
 * jobs, above CASES_LIMIT whole cases.  From there to 30 MB one more case has room.
 */
#define OUTPUT_LIMIT ((uint64_t)24000000)
#define CASES_LIMIT ((uint64_t)29900000)

struct junit {
	struct sink sink;
	struct spool spool;
	struct job_names names;
	struct bytes classname; /* the attribute: ' classname="..."' */
	struct bytes name; /* the name of the case that is being written */
	double began, began_date;
	uint64_t tests, failures, errors, skipped;
	uint64_t left_out; /* cases that the report has no room for */
};

/* What the test case of a job says. */
struct junit_case {
	uint64_t seq;
	const struct text *values;
	size_t nvalues;
	double elapsed; /* negative: it has not run */
	const char *element; /* NULL: it has passed */
	const char *type; /* NULL: none */
	const char *message; /* the attribute of the element */
	struct text output;
};

static int
add_element(const struct junit *j, const struct junit_case *c,
    struct bytes *out)
{
	const bool too_long = spool_length(&j->spool) > OUTPUT_LIMIT;
	int error = bytes_add_format(out, "><%s", c->element);

	if (error == 0 && c->type != NULL)
		error = xml_add_attribute(out, "type", text_of(c->type));
	if (error == 0)
		error = xml_add_attribute(out, "message", text_of(c->message));
	if (error == 0 && c->output.len == 0)
		return bytes_add_string(out, "/></testcase>\n");
	if (error == 0)
		error = bytes_add_char(out, '>');
	if (error == 0)
		error = xml_add(out,
		    too_long ?
			text_of("(output left out: the report is long)") :
			utf8_trim(c->output));
	if (error == 0)
		error = bytes_add_format(out, "</%s></testcase>\n", c->element);
	return error;
}

static int
add_case(struct junit *j, const struct junit_case *c, struct bytes *out)
{
	int error;

	j->name.len = 0;
	error = job_name_add(&j->name, c->values, c->nvalues, c->seq);
	if (error == 0)
		error = job_names_add(&j->names, &j->name, 0, c->seq);
	if (error == 0)
		error = bytes_add_string(out, "<testcase");
	if (error == 0)
		error = bytes_add_text(out, bytes_text(&j->classname));
	if (error == 0)
		error = xml_add_attribute(out, "name", bytes_text(&j->name));
	if (error == 0 && c->elapsed >= 0)
		error = bytes_add_format(out, " time=\"%.3f\"", c->elapsed);
	if (error == 0)
		error = c->element == NULL ? bytes_add_string(out, "/>\n") :
					     add_element(j, c, out);
	return error;
}

static void
count_case(struct junit *j, const char *element)
{
	j->tests++;
	if (element == NULL)
		return;
	j->failures += strcmp(element, "failure") == 0;
	j->errors += strcmp(element, "error") == 0;
	j->skipped += strcmp(element, "skipped") == 0;
}

static void
junit_add(struct junit *j, const struct junit_case *c)
{
	count_case(j, c->element);
	if (spool_length(&j->spool) > CASES_LIMIT)
		j->left_out++;
	else
		spool_add(&j->spool, add_case(j, c, &j->spool.kept.memory));
}

/* An exit status is a <failure>; every other failure is an <error>. */
static void
set_outcome(struct junit_case *c, const struct prun_result *r)
{
	const enum outcome outcome = outcome_of(r);

	c->elapsed = r->elapsed;
	if (outcome == OUTCOME_PASSED)
		return;
	c->element = outcome == OUTCOME_EXIT ? "failure" : "error";
	c->type = outcome_name(outcome);
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	char text[OUTCOME_SIZE], message[2 * OUTCOME_SIZE], tail[OUTPUT_TAIL];
	struct junit_case c = {
		.seq = task->seq,
		.values = task->values.list,
		.nvalues = task->values.n,
		.message = message,
	};

	set_outcome(&c, r);
	outcome_text(r, text, sizeof(text));
	if (report_task_is_flaky(task, r)) {
		c.element = "flakyFailure";
		c.type = outcome_name(task->failure_kind);
		(void)snprintf(message, sizeof(message), "%s; passed in try %u",
		    task->failure, r->tries);
	} else if (c.element != NULL) {
		(void)snprintf(message, sizeof(message), "%s%s%.100s%s", text,
		    task->host_name != NULL ? " on " : "",
		    task->host_name != NULL ? task->host_name : "",
		    task->cut ? ", as the run ended" : "");
		c.output = report_task_tail(task, r, tail, sizeof(tail));
	}
	junit_add((struct junit *)s, &c);
}

static void
add_skipped(struct sink *s, const struct command_job *values,
    const char *message)
{
	const struct junit_case c = {
		.seq = values->seq,
		.values = values->values,
		.nvalues = values->nvalues,
		.elapsed = -1,
		.element = "skipped",
		.message = message,
	};

	junit_add((struct junit *)s, &c);
}

static void
dropped(struct sink *s, struct report_task *task)
{
	const struct command_job values = { .seq = task->seq,
		.values = task->values.list,
		.nvalues = task->values.n };

	if (!task->ended)
		add_skipped(s, &values, "never started");
}

static void
unstarted(struct sink *s, const struct command_job *values, struct text command)
{
	(void)command;
	add_skipped(s, values, "never started");
}

static int
left_out(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *r)
{
	(void)command, (void)r;
	add_skipped(s, values, "left out");
	return 0;
}

static void
resumed(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *past)
{
	char text[OUTCOME_SIZE], message[2 * OUTCOME_SIZE];
	struct junit_case c = {
		.seq = values->seq,
		.values = values->values,
		.nvalues = values->nvalues,
		.message = message,
	};

	(void)command;
	if (past == NULL) {
		add_skipped(s, values, "done by an earlier run");
		return;
	}
	set_outcome(&c, past);
	outcome_text(past, text, sizeof(text));
	(void)snprintf(message, sizeof(message), "%s, in an earlier run", text);
	junit_add((struct junit *)s, &c);
}

/* The attributes that the suite and the list of suites have in common. */
static int
add_numbers(const struct junit *j, struct bytes *out)
{
	const double elapsed = clock_steady() - j->began;

	return bytes_add_format(out,
	    " name=\"prun\" tests=\"%" PRIu64 "\" failures=\"%" PRIu64
	    "\" errors=\"%" PRIu64 "\" time=\"%.3f\"",
	    j->tests, j->failures, j->errors, elapsed);
}

static int
add_header(const struct junit *j, bool more, struct bytes *out)
{
	char host[256] = "", date[32];
	const time_t began = (time_t)j->began_date;
	struct tm tm;
	int error = bytes_add_string(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");

	(void)gethostname(host, sizeof(host) - 1);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S",
	    gmtime_r(&began, &tm));
	if (error == 0)
		error = add_numbers(j, out);
	if (error == 0)
		error = bytes_add_string(out, ">\n<testsuite");
	if (error == 0)
		error = add_numbers(j, out);
	if (error == 0)
		error = bytes_add_format(out,
		    " skipped=\"%" PRIu64 "\" timestamp=\"%s\"", j->skipped,
		    date);
	if (error == 0)
		error = xml_add_attribute(out, "hostname", text_of(host));
	if (error == 0)
		error = bytes_add_string(out,
		    more ? ">\n<properties><property name=\"incomplete\" "
			   "value=\"the rest of the input was never read\"/>"
			   "</properties>\n" :
			   ">\n");
	return error;
}

static int
add_footer(const struct junit *j, struct bytes *out)
{
	int error = 0;

	if (j->left_out > 0)
		error = bytes_add_format(out,
		    "<system-out>%" PRIu64
		    " test cases are left out: the report would have more than 30 MB</system-out>\n",
		    j->left_out);
	return error != 0 ?
	    error :
	    bytes_add_string(out, "</testsuite>\n</testsuites>\n");
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct junit *j = (struct junit *)s;
	struct bytes header = { 0 }, footer = { 0 };
	bool more;

	(void)end->unstarted(end->arg, &more);
	spool_add(&j->spool, add_header(j, more, &header));
	spool_add(&j->spool, add_footer(j, &footer));
	spool_finish(&j->spool, s, bytes_text(&header), bytes_text(&footer));
	bytes_fini(&header);
	bytes_fini(&footer);
}

static void
junit_close(struct sink *s)
{
	struct junit *j = (struct junit *)s;

	spool_close(&j->spool);
	job_names_fini(&j->names);
	bytes_fini(&j->classname);
	bytes_fini(&j->name);
	free(j);
}

static const struct sink_ops ops = {
	.ended = ended,
	.left_out = left_out,
	.resumed = resumed,
	.dropped = dropped,
	.unstarted = unstarted,
	.finished = finished,
	.close = junit_close,
};

static int
make_classname(struct junit *j, const struct report_options *o)
{
	struct bytes template = { 0 };
	int error = report_add_template(o, &template);

	j->name.len = 0;
	if (error == 0)
		error = job_name_add_cut(&j->name, bytes_text(&template),
		    TEMPLATE_MOST);
	if (error == 0)
		error = xml_add_attribute(&j->classname, "classname",
		    bytes_text(&j->name));
	bytes_fini(&template);
	return error;
}

int
junit_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct report_options *o = c->options;
	struct junit *j;
	int error;

	if (o->junit == NULL || c->dry_run)
		return 0;
	error = sink_new(sizeof(*j), &ops, "--junit", sp, message);
	if (error != 0)
		return error;
	j = (struct junit *)*sp;
	j->began = clock_steady();
	j->began_date = clock_date();
	c->keep_values = c->wants_unstarted = true;
	sink_want_tail(c, OUTPUT_TAIL);
	error = spool_open(&j->spool, c, "--junit", o->junit, message);
	if (error == 0 && make_classname(j, o) != 0)
		error = message_errno(message, -ENOMEM, "--junit");
	return error;
}
