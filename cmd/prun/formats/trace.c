/* SPDX-License-Identifier: ISC */

/*
 * The sink of --trace, which writes what ran when in which slot, in the JSON that Perfetto
 * and Chrome's tracing read.  Times are in microseconds since the run began.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "report/job_name.h"
#include "report/json.h"
#include "report/sink.h"
#include "report/spool.h"
#include "text/clock.h"

#define COMMAND_MOST ((size_t)1000)

struct trace {
	struct sink sink;
	struct spool spool;
	double began; /* seconds since the Epoch */
	unsigned slots; /* the greatest slot number that was used */
	uint64_t running;
	struct bytes name;
};

/* The time since the run began; 0 if the clock was set back to before that. */
static long long
microseconds(const struct trace *t, double when)
{
	return when > t->began ? (long long)((when - t->began) * 1e6) : 0;
}

static int
add_string(struct trace *t, const char *before, struct text text, size_t most)
{
	struct bytes *out = &t->spool.kept.memory;
	int error = bytes_add_string(out, before);

	t->name.len = 0;
	if (error == 0)
		error = job_name_add_cut(&t->name, text, most);
	return error != 0 ? error :
			    json_add(out, json_text(bytes_text(&t->name)));
}

static void
add_counter(struct trace *t)
{
	spool_add(&t->spool,
	    bytes_add_format(&t->spool.kept.memory,
		",\n{\"ph\":\"C\",\"name\":\"running\",\"pid\":1,\"tid\":0,"
		"\"ts\":%lld,\"args\":{\"jobs\":%" PRIu64 "}}",
		microseconds(t, clock_date()), t->running));
}

/* Adds a try of a job: its member cat is the outcome, its name comes from its values. */
static int
add_slice(struct trace *t, const struct report_task *task,
    const struct prun_result *r, const char *category)
{
	const long long from = microseconds(t, r->started);
	const long long to = microseconds(t, r->started + r->elapsed);
	struct bytes *out = &t->spool.kept.memory, name = { 0 };
	int error = job_name_add(&name, task->values.list, task->values.n,
	    task->seq);

	if (error == 0)
		error = add_string(t,
		    ",\n{\"ph\":\"X\",\"name\":", bytes_text(&name),
		    COMMAND_MOST);
	bytes_fini(&name);
	if (error == 0)
		error = bytes_add_format(out,
		    ",\"cat\":\"%s\",\"pid\":1,\"tid\":%u,\"ts\":%lld,"
		    "\"dur\":%lld,\"args\":{\"seq\":%" PRIu64
		    ",\"try\":%u,\"status\":%d,\"signal\":%d,\"pid\":%ld",
		    category, r->slot, from, to > from ? to - from : 0,
		    task->seq, r->tries, r->status, r->signal, (long)r->pid);
	if (error == 0 && task->host_name != NULL)
		error = add_string(t, ",\"host\":", text_of(task->host_name),
		    COMMAND_MOST);
	if (error == 0)
		error = add_string(t, ",\"command\":", bytes_text(&task->line),
		    COMMAND_MOST);
	return error != 0 ? error : bytes_add_string(out, "}}");
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	struct trace *t = (struct trace *)s;

	(void)task, (void)values, (void)spec, (void)message;
	t->running++;
	add_counter(t);
	return 0;
}

/* A job that could not be started has a slice of no length. */
static void
tried(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct trace *t = (struct trace *)s;

	if (r->slot > t->slots)
		t->slots = r->slot;
	spool_add(&t->spool,
	    add_slice(t, task, r, outcome_name(outcome_of(r))));
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	struct trace *t = (struct trace *)s;

	tried(s, task, r);
	t->running--;
	add_counter(t);
}

/* Adds the names: the run is the process, named by its command; the slots are threads. */
static int
add_names(struct trace *t, struct bytes *out)
{
	struct bytes template = { 0 };
	int error = report_add_template(t->sink.context->options, &template);

	if (error == 0)
		error = bytes_add_string(out,
		    ",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,"
		    "\"tid\":0,\"args\":{\"name\":");
	t->name.len = 0;
	if (error == 0)
		error = job_name_add_cut(&t->name, bytes_text(&template),
		    COMMAND_MOST);
	if (error == 0)
		error = json_add(out, json_text(bytes_text(&t->name)));
	if (error == 0)
		error = bytes_add_string(out, "}}");
	for (unsigned i = 1; i <= t->slots && error == 0; i++)
		error = bytes_add_format(out,
		    ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,"
		    "\"tid\":%u,\"args\":{\"name\":\"slot %u\"}}"
		    ",\n{\"ph\":\"M\",\"name\":\"thread_sort_index\","
		    "\"pid\":1,\"tid\":%u,\"args\":{\"sort_index\":%u}}",
		    i, i, i, i);
	bytes_fini(&template);
	return error;
}

static void
finished(struct sink *s, const struct report_end *end)
{
	static const char
	    header[] = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"
		       "{\"ph\":\"C\",\"name\":\"running\",\"pid\":1,\"tid\":0,"
		       "\"ts\":0,\"args\":{\"jobs\":0}}";
	struct trace *t = (struct trace *)s;
	struct bytes footer = { 0 };
	int error = add_names(t, &footer);

	(void)end;
	if (error == 0)
		error = bytes_add_string(&footer, "\n]}\n");
	spool_add(&t->spool, error);
	spool_finish(&t->spool, s, text_of(header), bytes_text(&footer));
	bytes_fini(&footer);
}

static void
trace_close(struct sink *s)
{
	struct trace *t = (struct trace *)s;

	spool_close(&t->spool);
	bytes_fini(&t->name);
	free(t);
}

static const struct sink_ops ops = {
	.started = started,
	.tried = tried,
	.ended = ended,
	.finished = finished,
	.close = trace_close,
};

int
trace_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	struct trace *t;
	int error;

	if (c->options->trace == NULL || c->dry_run)
		return 0;
	error = sink_new(sizeof(*t), &ops, "--trace", sp, message);
	if (error != 0)
		return error;
	t = (struct trace *)*sp;
	t->began = clock_date();
	c->keep_values = true;
	return spool_open(&t->spool, c, "--trace", c->options->trace, message);
}
