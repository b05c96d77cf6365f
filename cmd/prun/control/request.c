/* SPDX-License-Identifier: ISC */

/* Owns the table of verbs, and the way of a request into JSON and out of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/request.h"
#include "report/json.h"

const struct verb_row verb_rows[VERB_COUNT] = {
#define VERB_ROW(id, name, argument, help) { name, argument, help },
	VERBS(VERB_ROW)
#undef VERB_ROW
};

enum verb
verb_of(const char *name)
{
	enum verb verb = 0;

	while (verb < VERB_COUNT && strcmp(verb_rows[verb].name, name) != 0)
		verb++;
	return verb;
}

json_t *
request_bytes(struct text bytes)
{
	static const char digits[] = "0123456789abcdef";
	struct bytes hex = { 0 };
	json_t *value = NULL;
	int error = 0;

	if (bytes.len == 0 || memchr(bytes.data, '\0', bytes.len) == NULL)
		value = json_stringn(bytes.len > 0 ? bytes.data : "",
		    bytes.len);
	if (value != NULL)
		return value;
	for (size_t i = 0; i < bytes.len && error == 0; i++) {
		const unsigned char c = (unsigned char)bytes.data[i];

		error = bytes_add(&hex,
		    (char[]){ digits[c >> 4], digits[c & 15] }, 2);
	}
	if (error == 0)
		value = json_pack("{s:s%}", "hex", hex.data, hex.len);
	bytes_fini(&hex);
	return value;
}

static int
add_hex(struct bytes *out, const char *hex)
{
	char pair[3] = "";
	char *end;
	int error = 0;

	for (; error == 0 && hex[0] != '\0'; hex += 2) {
		pair[0] = hex[0];
		pair[1] = hex[1];
		error = bytes_add_char(out, (char)strtol(pair, &end, 16));
		if (end != pair + 2 || pair[0] == '-' || pair[0] == '+')
			return -EINVAL;
	}
	return error;
}

int
request_add_bytes(struct bytes *out, const json_t *value)
{
	const char *hex = json_string_value(json_object_get(value, "hex"));

	if (hex != NULL)
		return add_hex(out, hex);
	return json_is_string(value) ? bytes_add(out, json_string_value(value),
					   json_string_length(value)) :
				       -EINVAL;
}

/* Adds the bytes and a NUL.  The bytes themselves may contain no NUL. */
static int
add_argument(struct bytes *out, const json_t *value)
{
	const size_t from = out->len;
	int error = request_add_bytes(out, value);

	if (error == 0 && out->len > from &&
	    memchr(out->data + from, '\0', out->len - from) != NULL)
		error = -EINVAL;
	return error == 0 ? bytes_add_char(out, '\0') : error;
}

static int
parse_arguments(struct request *r, const json_t *list)
{
	size_t i, n = json_array_size(list), from = 0, to;
	int error = n > 0 ? 0 : -EINVAL;

	for (i = 0; i < n && error == 0; i++)
		error = add_argument(&r->bytes, json_array_get(list, i));
	/*
	 * The texts are taken only now, since the bytes may have moved while they were
	 * added.
	 */
	for (i = 0; i < n && error == 0; i++) {
		to = from + strlen(r->bytes.data + from);
		error = texts_add(&r->arguments,
		    (struct text){ r->bytes.data + from, to - from });
		from = to + 1;
	}
	return error;
}

static int
parse_job(struct request *r, const json_t *job, bool needed)
{
	json_int_t number = json_integer_value(job);

	if (job == NULL || json_is_null(job))
		return needed ? -EINVAL : 0;
	if (number <= 0)
		return -EINVAL;
	r->job = (uint64_t)number;
	return 0;
}

static int
parse_members(struct request *r)
{
	const json_t *job = json_object_get(r->json, "job");

	r->follow = json_is_true(json_object_get(r->json, "follow"));
	switch (verb_rows[r->verb].argument) {
	case REQUEST_JOB:
	case REQUEST_MAY_JOB:
		return parse_job(r, job,
		    verb_rows[r->verb].argument == REQUEST_JOB);
	case REQUEST_VALUE:
		r->value = json_string_value(json_object_get(r->json, "value"));
		return r->value != NULL ? 0 : -EINVAL;
	case REQUEST_ARGUMENTS:
		return parse_arguments(r, json_object_get(r->json, "args"));
	case REQUEST_NOTHING:
	default:
		return 0;
	}
}

int
request_parse(struct request *r, struct text line, struct message *m)
{
	json_error_t where;
	const char *name;
	int error;

	*r = (struct request){ .verb = VERB_COUNT };
	r->json = json_loadb(line.data, line.len, 0, &where);
	if (r->json == NULL)
		return message_set(m, -EINVAL, "no JSON: %s", where.text);
	name = json_string_value(json_object_get(r->json, "verb"));
	if (name == NULL)
		return message_set(m, -EINVAL, "the request has no verb");
	r->verb = verb_of(name);
	if (r->verb == VERB_COUNT)
		return message_set(m, -EINVAL, "there is no verb '%s'", name);
	error = parse_members(r);
	if (error == -EINVAL)
		return message_set(m, error, "%s: %s", name,
		    verb_rows[r->verb].argument == REQUEST_VALUE ?
			"a value is missing" :
			verb_rows[r->verb].argument == REQUEST_ARGUMENTS ?
			"arguments are missing" :
			"the number of a job is missing");
	return error == 0 ? 0 : message_errno(m, error, "%s", name);
}

void
request_fini(struct request *r)
{
	json_decref(r->json);
	texts_fini(&r->arguments);
	bytes_fini(&r->bytes);
}

static int
make_job(json_t *request, const char *word, struct message *m)
{
	char *end;
	unsigned long long job;

	job = strtoull(word, &end, 10);
	if (*end != '\0' || word[strspn(word, "0123456789")] != '\0' ||
	    job == 0 || job > INT64_MAX)
		return message_set(m, -EINVAL, "'%s' is no number of a job",
		    word);
	return json_object_set_new(request, "job",
		   json_integer((json_int_t)job)) == 0 ?
	    0 :
	    message_errno(m, -ENOMEM, "%s", word);
}

static int
make_members(json_t *request, enum verb verb, char *const *words, size_t n,
    struct message *m)
{
	json_t *list;

	switch (verb_rows[verb].argument) {
	case REQUEST_JOB:
	case REQUEST_MAY_JOB:
		return n > 0 ? make_job(request, words[0], m) : 0;
	case REQUEST_VALUE:
		if (json_object_set_new(request, "value",
			json_string(words[0])) == 0)
			return 0;
		break;
	case REQUEST_ARGUMENTS:
		list = json_array();
		for (size_t i = 0; i < n; i++)
			if (json_array_append_new(list,
				request_bytes(text_of(words[i]))) != 0) {
				json_decref(list);
				return message_errno(m, -ENOMEM, "%s",
				    words[i]);
			}
		if (json_object_set_new(request, "args", list) == 0)
			return 0;
		break;
	case REQUEST_NOTHING:
	default:
		return 0;
	}
	return message_set(m, -EINVAL, "'%s' is no text", words[0]);
}

/* Checks how many words follow the verb. */
static int
check_count(enum verb verb, size_t n, struct message *m)
{
	const enum request_argument argument = verb_rows[verb].argument;
	const size_t least = argument == REQUEST_NOTHING ||
		argument == REQUEST_MAY_JOB ?
	    0 :
	    1;
	const size_t most = argument == REQUEST_NOTHING ? 0 :
	    argument == REQUEST_ARGUMENTS               ? SIZE_MAX :
							  1;

	if (n < least)
		return message_set(m, -EINVAL, "%s: its argument is missing",
		    verb_rows[verb].name);
	return n <= most ?
	    0 :
	    message_set(m, -EINVAL, "%s: there are too many arguments",
		verb_rows[verb].name);
}

json_t *
request_make(enum verb verb, char *const *words, size_t n, struct message *m)
{
	json_t *request;

	if (check_count(verb, n, m) != 0)
		return NULL;
	request = json_pack("{s:s}", "verb", verb_rows[verb].name);
	if (request == NULL) {
		(void)message_errno(m, -ENOMEM, "%s", verb_rows[verb].name);
		return NULL;
	}
	if (make_members(request, verb, words, n, m) == 0)
		return request;
	json_decref(request);
	return NULL;
}
