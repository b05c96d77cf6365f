/* SPDX-License-Identifier: ISC */

/*
 * What a client asks a run to do: one line of JSON.  The client and the run both use
 * the table of verbs here.
 *
 *     {"verb":"kill","job":3}
 */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/* No request line is longer. */
#define REQUEST_MOST ((size_t)1024 * 1024)

enum request_argument {
	REQUEST_NOTHING = 0,
	REQUEST_JOB, /* the number of a job, or nothing */
	REQUEST_MAY_JOB, /* one text */
	REQUEST_VALUE, /* one text or more */
	REQUEST_ARGUMENTS, /* texts, at least one */
};

/* All verbs: the name, what follows it, and a line for --help. */
#define VERBS(ROW) \
	ROW(LIST, "list", REQUEST_NOTHING, "the jobs that run") \
	ROW(PAUSE, "pause", REQUEST_MAY_JOB, \
	    "stop a job, or all of them, and start none") \
	ROW(RESUME, "resume", REQUEST_MAY_JOB, "let it, or them, go on") \
	ROW(JOBS, "jobs", REQUEST_VALUE, "so many at a time, as -j has it") \
	ROW(TIMEOUT, "timeout", REQUEST_VALUE, "as --timeout; 0: none") \
	ROW(DELAY, "delay", REQUEST_VALUE, "as --delay") \
	ROW(DRAIN, "drain", REQUEST_NOTHING, "start no more jobs") \
	ROW(STOP, "stop", REQUEST_NOTHING, "kill the jobs, and end") \
	ROW(KILL, "kill", REQUEST_JOB, "kill a job, and do not retry it") \
	ROW(RETRY, "retry", REQUEST_JOB, "run a job that has ended once more") \
	ROW(ADD, "add", REQUEST_ARGUMENTS, \
	    "add values to the input, which then ends by close") \
	ROW(CLOSE, "close", REQUEST_NOTHING, "let the input end") \
	ROW(TAIL, "tail", REQUEST_JOB, \
	    "what a job wrote last; -f: and what it writes") \
	ROW(WAIT, "wait", REQUEST_MAY_JOB, "until it has ended, or all have") \
	ROW(EVENTS, "events", REQUEST_NOTHING, "what happens, as --events")

enum verb {
#define VERB_NAME(id, name, argument, help) VERB_##id,
	VERBS(VERB_NAME)
#undef VERB_NAME
	VERB_COUNT
};

struct verb_row {
	const char *name;
	enum request_argument argument;
	const char *help;
};

extern const struct verb_row verb_rows[VERB_COUNT];

/* The verb of that name; VERB_COUNT: there is none. */
enum verb verb_of(const char *name);

struct request {
	enum verb verb;
	uint64_t job; /* 0: none was given */
	const char *value; /* of a verb with REQUEST_VALUE */
	struct texts arguments; /* of a verb with REQUEST_ARGUMENTS */
	bool follow; /* the request of tail -f */
	json_t *json; /* holds what value and arguments point to */
	struct bytes bytes; /* the same */
};

/*
 * Takes a line apart.  0, or -EINVAL or -ENOMEM with a message.  Call request_fini() in
 * both cases.
 */
int request_parse(struct request *r, struct text line, struct message *m);
void request_fini(struct request *r);

/*
 * request_bytes() makes JSON of bytes: a string, or {"hex":"..."} if they are not
 * UTF-8.  request_add_bytes() adds the bytes of such a value to out: 0, -EINVAL or
 * -ENOMEM.
 */
json_t *request_bytes(struct text bytes);
int request_add_bytes(struct bytes *out, const json_t *value);

/*
 * Makes a request of the words of a command line, such as "kill" and "3".  NULL, with a
 * message, on failure.
 */
json_t *request_make(enum verb verb, char *const *words, size_t n,
    struct message *m);

#endif
