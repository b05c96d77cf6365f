/* SPDX-License-Identifier: ISC */

/* Owns the command line of prunctl and what it prints. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/client.h"
#include "control/request.h"
#include "prun.h"
#include "report/json.h"

enum {
	EXIT_REFUSED = 1, /* the run has refused the request */
	EXIT_FAILED = 255 /* there is no such run */
};

/*
 * Bytes of arguments in one request, roughly.  In JSON they may become six times as
 * long.
 */
#define MOST_AT_ONCE ((size_t)32 * 1024)

struct client {
	struct connection connection;
	enum verb verb;
	const char *name; /* of the run; NULL: the only run that there is */
	char **words; /* the words after the verb */
	size_t nwords;
	bool json; /* prunctl list --json */
	bool follow; /* prunctl tail -f */
	bool top; /* prunctl top, which is no verb of the run */
	int status; /* the exit status */
};

bool
client_is_meant(int argc, char *const argv[])
{
	const char *name = argc > 0 ? argv[0] : "";

	if (strrchr(name, '/') != NULL)
		name = strrchr(name, '/') + 1;
	return strcmp(name, "prunctl") == 0 ||
	    (argc > 1 && strcmp(argv[1], "--ctl") == 0);
}

static void
print_help(void)
{
	static const char *const arguments[] = {
		[REQUEST_NOTHING] = "",
		[REQUEST_JOB] = "JOB",
		[REQUEST_MAY_JOB] = "[JOB]",
		[REQUEST_VALUE] = "VALUE",
		[REQUEST_ARGUMENTS] = "ARG...",
	};
	const struct verb_row *row;

	(void)puts(
	    "usage: prunctl [NAME] VERB [ARGUMENT]\n"
	    "\n"
	    "Steers the run of prun that has --control=NAME; without NAME the only one\n"
	    "that has --control.  JOB is the job's number, as {#} has it.\n");
	for (row = verb_rows; row < verb_rows + VERB_COUNT; row++)
		(void)printf("  %-7s %-7s  %s\n", row->name,
		    arguments[row->argument], row->help);
	(void)printf("  %-7s %-7s  %s\n", "top", "",
	    "show the jobs; keys steer them");
	(void)puts("\nlist --json prints JSON.  wait exits as the job did.");
}

static double
number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static long long
integer(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static const char *
string(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s != NULL ? s : "";
}

/* Bytes that would move a terminal's cursor are printed as "?". */
static void
print_plain(const char *s)
{
	for (; *s != '\0'; s++)
		(void)putchar((unsigned char)*s < ' ' || *s == '\177' ? '?' :
									*s);
}

static void
print_job(const json_t *job)
{
	char pid[24] = "-";

	if (integer(job, "pid") > 0)
		(void)snprintf(pid, sizeof(pid), "%lld", integer(job, "pid"));
	(void)printf("%6lld %4lld %8s %-8s %9.1f ", integer(job, "job"),
	    integer(job, "slot"), pid, string(job, "state"),
	    number(job, "elapsed"));
	if (json_object_get(job, "host") != NULL) {
		print_plain(string(job, "host"));
		(void)fputs(": ", stdout);
	}
	print_plain(string(job, "command"));
	(void)putchar('\n');
}

static void
print_list(const json_t *answer)
{
	const json_t *jobs = json_object_get(answer, "jobs");

	(void)printf("%lld running in %lld slots, %lld succeeded, %lld failed",
	    integer(answer, "running"), integer(answer, "slots"),
	    integer(answer, "succeeded"), integer(answer, "failed"));
	if (json_is_integer(json_object_get(answer, "total")))
		(void)printf(", of %lld", integer(answer, "total"));
	if (json_is_true(json_object_get(answer, "paused")))
		(void)fputs(", paused", stdout);
	if (json_is_true(json_object_get(answer, "draining")))
		(void)fputs(", starts no more", stdout);
	(void)putchar('\n');
	if (json_array_size(jobs) > 0)
		(void)puts("   JOB SLOT      PID STATE      ELAPSED COMMAND");
	for (size_t i = 0; i < json_array_size(jobs); i++)
		print_job(json_array_get(jobs, i));
}

static void
print_json(json_t *answer)
{
	struct bytes text = { 0 };

	if (json_add(&text, json_incref(answer)) != 0)
		err(EXIT_FAILED, NULL);
	(void)fwrite(text.data, 1, text.len, stdout);
	(void)putchar('\n');
	bytes_fini(&text);
}

/* Prints the bytes of a job's output that are in the answer. */
static void
print_data(const json_t *answer)
{
	const json_t *data = json_object_get(answer, "data");
	struct bytes bytes = { 0 };

	if (data != NULL && request_add_bytes(&bytes, data) == -ENOMEM)
		err(EXIT_FAILED, NULL);
	(void)fwrite(bytes.len > 0 ? bytes.data : "", 1, bytes.len, stdout);
	bytes_fini(&bytes);
}

/* prunctl tail -f: prints what the job writes until the job has ended. */
static int
client_follow(struct client *c, json_t **answer, struct message *m)
{
	int r = 1;

	while (r > 0 && json_object_get(*answer, "status") == NULL) {
		if (integer(*answer, "missed") > 0)
			warnx("%lld bytes were missed",
			    integer(*answer, "missed"));
		print_data(*answer);
		if (fflush(stdout) == EOF)
			return message_errno(m, -errno, "stdout");
		json_decref(*answer);
		*answer = NULL;
		r = connection_receive(&c->connection, answer, m);
	}
	return r > 0 ? 0 :
	    r < 0    ? r :
		       message_set(m, -EPIPE, "the run has ended");
}

/* Prints events until the run ends. */
static int
client_events(struct client *c, struct message *m)
{
	json_t *event;
	int r;

	while ((r = connection_receive(&c->connection, &event, m)) > 0) {
		print_json(event);
		json_decref(event);
		if (fflush(stdout) == EOF)
			return message_errno(m, -errno, "stdout");
	}
	return r;
}

/* Sends the request and prints the answer. */
static int
client_ask(struct client *c, json_t *request, struct message *m)
{
	json_t *answer = NULL;
	int error = connection_ask(&c->connection, request, &answer, m);

	if (error == 0 && c->json)
		print_json(answer);
	else if (error == 0 && c->verb == VERB_LIST)
		print_list(answer);
	else if (error == 0 && c->verb == VERB_TAIL && c->follow)
		error = client_follow(c, &answer, m);
	else if (error == 0 && c->verb == VERB_EVENTS)
		error = client_events(c, m);
	if (error == 0 && c->verb == VERB_TAIL)
		print_data(answer);
	if (error == 0 && c->verb == VERB_WAIT)
		c->status = (int)integer(answer, "status");
	json_decref(answer);
	return error;
}

/* How many of the words fit into one request without making it too long. */
static size_t
words_at_once(const struct client *c)
{
	size_t n = 0, size = 0;

	while (n < c->nwords && (n == 0 || size < MOST_AT_ONCE))
		size += strlen(c->words[n++]);
	return n;
}

static int
client_run(struct client *c, struct message *m)
{
	json_t *request;
	size_t n;
	int error;

	do {
		n = c->verb == VERB_ADD ? words_at_once(c) : c->nwords;
		request = request_make(c->verb, c->words, n, m);
		if (request == NULL)
			return -EINVAL;
		if (c->follow)
			(void)json_object_set_new(request, "follow",
			    json_true());
		error = client_ask(c, request, m);
		c->words += n;
		c->nwords -= n;
	} while (error == 0 && c->nwords > 0);
	return error;
}

/* Takes "[NAME] VERB ..." apart.  0, or -EINVAL with a message. */
static int
client_parse(struct client *c, int argc, char *argv[], struct message *m)
{
	int at = 0;

	if (argc == 0)
		return message_set(m, -EINVAL,
		    "a verb is missing: see prunctl --help");
	if (argc > 1 && verb_of(argv[0]) == VERB_COUNT)
		c->name = argv[at++];
	c->verb = verb_of(argv[at]);
	c->top = strcmp(argv[at], "top") == 0 && argc == at + 1;
	if (c->verb == VERB_COUNT && !c->top)
		return message_set(m, -EINVAL,
		    "there is no verb '%s': see prunctl --help", argv[at]);
	c->words = argv + at + 1;
	c->nwords = (size_t)(argc - at - 1);
	c->json = c->verb == VERB_LIST && c->nwords > 0 &&
	    strcmp(c->words[0], "--json") == 0;
	c->follow = c->verb == VERB_TAIL && c->nwords > 0 &&
	    strcmp(c->words[0], "-f") == 0;
	if (c->json || c->follow) {
		c->words++;
		c->nwords--;
	}
	return 0;
}

int
client_main(int argc, char *argv[])
{
	const int skip = strcmp(argc > 1 ? argv[1] : "", "--ctl") == 0 ? 2 : 1;
	struct client c = { .verb = VERB_COUNT };
	struct message m = { "" };
	int error;

	if (argc > skip && strcmp(argv[skip], "--help") == 0) {
		print_help();
		return 0;
	}
	if (argc > skip && strcmp(argv[skip], "--version") == 0) {
		(void)printf("prunctl (prun) %s\n", PRUN_VERSION);
		return 0;
	}
	error = client_parse(&c, argc - skip, argv + skip, &m);
	if (error == 0)
		error = connection_open(&c.connection, c.name, &m);
	if (error == 0)
		error = c.top ? top_run(&c.connection, &m) : client_run(&c, &m);
	connection_close(&c.connection);
	if (error != 0)
		warnx("%s", m.text);
	if (error == 0)
		return c.status;
	return error == -EREMOTEIO ? EXIT_REFUSED : EXIT_FAILED;
}
