/* SPDX-License-Identifier: ISC */

/*
 * The sink of --events, which writes a line of JSON for each thing that happens to a job, at
 * once.  prun(1) describes the members of the lines, and tests/schema/events.json is their
 * schema.  The file is long because each event is a function that lists its members.
 */
#include <sys/queue.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/event_stream.h"
#include "report/json.h"
#include "report/sink.h"
#include "text/clock.h"
#include "text/utf8.h"

/*
 * How many bytes of output an event holds at most.  Escapes of JSON make them up to six
 * times as long.
 */
#define OUTPUT_PIECE ((size_t)32 * 1024)

/* A client of --control. */
struct events_client {
	LIST_ENTRY(events_client) entry;
	struct event_stream stream;
};

struct events {
	struct sink sink;
	struct event_stream stream; /* the stream of --events */
	LIST_HEAD(, events_client) clients;
	struct prun_pool *pool; /* NULL: the pool is not made yet */
	struct bytes line;
	/* the rest of a piece of output, then the next piece */
	struct bytes joined;
};

/* The first bytes of a character, if a piece of output ended within that character. */
struct events_rest {
	char data[4];
	size_t len;
};

static void
set(json_t *event, const char *name, json_t *value)
{
	/* An event that lacks a member is emptied: send_event() then counts it as lost. */
	if (json_object_set_new_nocheck(event, name, value) != 0)
		(void)json_object_clear(event);
}

static void
set_number(json_t *event, const char *name, uint64_t n)
{
	set(event, name, json_integer((json_int_t)n));
}

static void
set_seconds(json_t *event, const char *name, double seconds)
{
	set(event, name, json_real(seconds));
}

static json_t *
event_new(const char *name)
{
	json_t *event = json_object();

	set_number(event, "v", 1);
	set(event, "event", json_string(name));
	set_seconds(event, "time", clock_date());
	return event;
}

/* Does anybody read? */
static bool
is_wanted(const struct events *e)
{
	return e->stream.fd != -1 || !LIST_EMPTY(&e->clients);
}

static void
client_free(struct events_client *client)
{
	LIST_REMOVE(client, entry);
	event_stream_close(&client->stream);
	free(client);
}

static void
lose(struct events *e)
{
	struct events_client *client;

	e->stream.lost++;
	LIST_FOREACH(client, &e->clients, entry)
		client->stream.lost++;
}

static void
send_line(struct events *e, struct text line)
{
	struct events_client *client, *next;

	event_stream_add(&e->stream, line);
	LIST_FOREACH_SAFE(client, &e->clients, entry, next) {
		event_stream_add(&client->stream, line);
		if (client->stream.fd != -1)
			continue;
		(void)prun_pool_after_cancel(e->pool, client->stream.timer);
		client_free(client);
	}
}

static void
send_event(struct events *e, json_t *event)
{
	e->line.len = 0;
	if (json_object_get(event, "v") == NULL ||
	    json_add(&e->line, json_incref(event)) != 0 ||
	    bytes_add_char(&e->line, '\n') != 0)
		lose(e);
	else
		send_line(e, bytes_text(&e->line));
	json_decref(event);
}

/* Sets the members that say which job it is. */
static void
set_job(json_t *event, const struct sink *s, uint64_t seq,
    const struct text *values, size_t n, struct text command)
{
	set_number(event, "seq", seq);
	set(event, "args",
	    json_values(values, n, s->context->names, s->context->nnames));
	set(event, "command", json_text(command));
}

static json_t *
flag_names(unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{ PRUN_RESULT_TIMED_OUT, "timed-out" },
		{ PRUN_RESULT_TERMINATED, "terminated" },
		{ PRUN_RESULT_LEAKY, "leaky" },
		{ PRUN_RESULT_NOT_STARTED, "not-started" },
		{ PRUN_RESULT_OUTPUT_LOST, "output-lost" },
		{ PRUN_RESULT_INPUT_LOST, "input-lost" },
		{ PRUN_RESULT_LEFT_BEHIND, "left-behind" },
		{ PRUN_RESULT_SUDO_REFUSED, "sudo-refused" },
		{ PRUN_RESULT_NOT_KILLED, "not-killed" },
		{ PRUN_RESULT_STATUS_UNKNOWN, "status-unknown" },
		{ PRUN_RESULT_NOT_HELD, "not-held" },
		{ PRUN_RESULT_HOST_LOST, "host-lost" },
		{ PRUN_RESULT_FILE_LOST, "file-lost" },
		{ PRUN_RESULT_WORKER_FAULT, "worker-fault" },
	};

	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (flags & names[i].flag)
			(void)json_array_append_new(list,
			    json_string(names[i].name));
	}
	return list;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Sets the host that the job runs on, if that is another machine. */
static void
set_host(json_t *event, const struct report_task *task)
{
	if (task->host_name != NULL)
		set(event, "host", json_text(text_of(task->host_name)));
}

/* Sets the members that say how a try has ended. */
static void
set_result(json_t *event, const struct report_task *task,
    const struct prun_result *r)
{
	set_host(event, task);
	set_number(event, "try", r->tries);
	set_number(event, "slot", r->slot);
	set_number(event, "pid", (uint64_t)r->pid);
	set(event, "outcome", json_string(outcome_name(outcome_of(r))));
	set_number(event, "status", (uint64_t)r->status);
	set_number(event, "signal", (uint64_t)r->signal);
	set(event, "flags", flag_names(r->flags));
	set_seconds(event, "started", r->started);
	set_seconds(event, "elapsed", r->elapsed);
	set_seconds(event, "user", seconds(r->usage.ru_utime));
	set_seconds(event, "sys", seconds(r->usage.ru_stime));
	set_number(event, "maxrss", (uint64_t)r->usage.ru_maxrss);
	set_number(event, "stdout_bytes", r->out_bytes);
	set_number(event, "stderr_bytes", r->err_bytes);
}

static void
pool(struct sink *s, struct prun_pool_opts *opts)
{
	struct events *e = (struct events *)s;
	const struct report_options *o = s->context->options;
	json_t *event, *words;

	if (!is_wanted(e))
		return;
	event = event_new("run-started");
	words = json_array();
	for (size_t i = 0; i < o->nwords; i++)
		(void)json_array_append_new(words,
		    json_text(text_of(o->words[i])));
	set(event, "version", json_string(PRUN_VERSION));
	set_number(event, "pid", (uint64_t)getpid());
	set_number(event, "slots", opts->slots);
	set(event, "template", words);
	send_event(e, event);
}

static void
begin(struct sink *s, struct prun_pool *p)
{
	struct events *e = (struct events *)s;

	e->pool = p;
	event_stream_begin(&e->stream, p);
}

static int
subscribe(struct sink *s, int fd)
{
	struct events *e = (struct events *)s;
	struct events_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		return -ENOMEM;
	event_stream_open_client(&client->stream, s, fd);
	event_stream_begin(&client->stream, e->pool);
	LIST_INSERT_HEAD(&e->clients, client, entry);
	return 0;
}

static int
started(struct sink *s, struct report_task *task,
    const struct command_job *values, struct prun_spec *spec,
    struct message *message)
{
	json_t *event;

	(void)spec, (void)message;
	if (!is_wanted((struct events *)s))
		return 0;
	event = event_new("job-started");
	set_job(event, s, task->seq, values->values, values->nvalues,
	    bytes_text(&task->line));
	set_number(event, "slot", values->slot);
	set_host(event, task);
	send_event((struct events *)s, event);
	return 0;
}

static void
tried(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	json_t *event;

	if (!is_wanted((struct events *)s))
		return;
	event = event_new("job-tried");
	set_number(event, "seq", task->seq);
	set_result(event, task, r);
	send_event((struct events *)s, event);
}

static void
ended(struct sink *s, struct report_task *task, const struct prun_result *r)
{
	json_t *event;

	if (!is_wanted((struct events *)s))
		return;
	event = event_new("job-ended");
	set_job(event, s, task->seq, task->values.list, task->values.n,
	    bytes_text(&task->line));
	set_result(event, task, r);
	set(event, "flaky", json_boolean(report_task_is_flaky(task, r)));
	set(event, "done", json_boolean(!task->cut));
	send_event((struct events *)s, event);
}

static void
send_output(struct events *e, uint64_t seq, int stream, struct text piece)
{
	json_t *event = event_new("job-output");

	set_number(event, "seq", seq);
	set(event, "stream", json_string(stream == 1 ? "stdout" : "stderr"));
	set(event, "data", json_text(piece));
	send_event(e, event);
}

/* Sends the bytes.  If they end within a character, its first bytes are kept in rest. */
static void
send_pieces(struct events *e, uint64_t seq, int stream, struct text bytes,
    struct events_rest *rest)
{
	struct text piece;

	while (bytes.len > 0) {
		piece.data = bytes.data;
		piece.len = bytes.len < OUTPUT_PIECE ? bytes.len : OUTPUT_PIECE;
		piece.len -= utf8_unfinished(piece);
		if (piece.len == 0)
			break;
		send_output(e, seq, stream, piece);
		bytes.data += piece.len;
		bytes.len -= piece.len;
	}
	rest->len = bytes.len;
	memcpy(rest->data, bytes.data, bytes.len);
}

/* Sends the bytes that were kept, because no more output follows them. */
static void
send_rest(struct events *e, uint64_t seq, struct events_rest rest[2])
{
	for (int i = 0; i < 2; i++) {
		if (rest[i].len > 0)
			send_output(e, seq, i + 1,
			    (struct text){ rest[i].data, rest[i].len });
		rest[i].len = 0;
	}
}

static int
output(struct sink *s, struct report_task *task, const struct prun_result *r,
    int stream, struct text bytes)
{
	struct events_rest *rest = sink_task_memory(s, task);
	struct events *e = (struct events *)s;
	int error = 0;

	(void)r;
	if (stream == 0) {
		send_rest(e, task->seq, rest);
		return 0;
	}
	rest += stream - 1;
	if (rest->len > 0) {
		e->joined.len = 0;
		error = bytes_add(&e->joined, rest->data, rest->len);
		if (error == 0)
			error = bytes_add_text(&e->joined, bytes);
		bytes = bytes_text(&e->joined);
	}
	if (error == 0)
		send_pieces(e, task->seq, stream, bytes, rest);
	else
		lose(e);
	return 0;
}

static void
skipped(struct sink *s, const struct command_job *values, struct text command,
    const char *why)
{
	json_t *event;

	if (!is_wanted((struct events *)s))
		return;
	event = event_new("job-skipped");
	set_job(event, s, values->seq, values->values, values->nvalues,
	    command);
	set(event, "why", json_string(why));
	send_event((struct events *)s, event);
}

static void
resumed(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *past)
{
	(void)past;
	skipped(s, values, command, "done-before");
}

static int
left_out(struct sink *s, const struct command_job *values, struct text command,
    const struct prun_result *r)
{
	(void)r;
	skipped(s, values, command, "left-out");
	return 0;
}

static void
finished(struct sink *s, const struct report_end *end)
{
	struct events *e = (struct events *)s;
	struct events_client *client;
	json_t *event;
	bool more;

	if (!is_wanted(e))
		return;
	event = event_new("run-ended");
	set_number(event, "succeeded", end->tally->succeeded);
	set_number(event, "flaky", end->tally->flaky);
	set_number(event, "failed", end->tally->failed);
	set_number(event, "timed_out", end->tally->timed_out);
	set_number(event, "not_started", end->tally->not_started);
	set_number(event, "left_out", end->tally->skipped);
	set_number(event, "never_started", end->unstarted(end->arg, &more));
	set(event, "more", json_boolean(more));
	set_number(event, "status", (uint64_t)end->status);
	send_event(e, event);
	event_stream_finish(&e->stream);
	LIST_FOREACH(client, &e->clients, entry)
		event_stream_finish(&client->stream);
}

static void
events_close(struct sink *s)
{
	struct events *e = (struct events *)s;
	struct events_client *client, *next;

	LIST_FOREACH_SAFE(client, &e->clients, entry, next)
		client_free(client);
	event_stream_close(&e->stream);
	bytes_fini(&e->line);
	bytes_fini(&e->joined);
	free(e);
}

#define OPS \
	.pool = pool, .begin = begin, .started = started, .tried = tried, \
	.ended = ended, .resumed = resumed, .left_out = left_out, \
	.finished = finished, .subscribe = subscribe, .close = events_close

static const struct sink_ops ops = { OPS };
static const struct sink_ops ops_with_output = { OPS,
	.task_size = 2 * sizeof(struct events_rest), .output = output };

int
events_sink(struct sink_context *c, struct sink **sp, struct message *message)
{
	const struct report_options *o = c->options;
	struct events *e;
	int error;

	if (o->events == NULL && o->events_output)
		return message_set(message, -EINVAL,
		    "--events-output needs --events");
	if ((o->events == NULL && !o->control) || c->dry_run)
		return 0;
	error = sink_new(sizeof(*e), o->events_output ? &ops_with_output : &ops,
	    "--events", sp, message);
	if (error != 0)
		return error;
	e = (struct events *)*sp;
	e->stream.fd = -1;
	LIST_INIT(&e->clients);
	c->keep_values = true;
	c->output_copied = o->events_output;
	if (o->control)
		sink_want_tail(c, REPORT_CONTROL_TAIL);
	return o->events == NULL ? 0 :
				   event_stream_open(&e->stream, *sp, c,
				       "--events", o->events, message);
}
