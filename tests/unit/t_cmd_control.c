/* SPDX-License-Identifier: ISC */

/* The way of a request from words to JSON and back. */
#include "control/request.h"
#include "report/json.h"
#include "t.h"

/* What request_parse() makes of what request_make() has made of the words. */
static int
travel(struct request *r, enum verb verb, const char *const *words, size_t n)
{
	char *copies[8] = { NULL };
	struct message m = { "" };
	struct bytes line = { 0 };
	json_t *json;
	int error;

	for (size_t i = 0; i < n; i++)
		CHECK((copies[i] = strdup(words[i])) != NULL);
	json = request_make(verb, copies, n, &m);
	for (size_t i = 0; i < n; i++)
		free(copies[i]);
	if (json == NULL) {
		*r = (struct request){ 0 };
		CHECK(*m.text != '\0');
		return -1;
	}
	CHECK_INT(json_add(&line, json), 0);
	error = request_parse(r, bytes_text(&line), &m);
	bytes_fini(&line);
	return error;
}

TEST(verbs)
{
	CHECK_INT(verb_of("list"), VERB_LIST);
	CHECK_INT(verb_of("kill"), VERB_KILL);
	CHECK_INT(verb_of("kil"), VERB_COUNT);
	CHECK_INT(verb_of(""), VERB_COUNT);
}

TEST(words_to_requests)
{
	struct request r;

	CHECK_INT(travel(&r, VERB_PAUSE, NULL, 0), 0);
	CHECK_INT(r.verb, VERB_PAUSE);
	CHECK_INT(r.job, 0);
	request_fini(&r);
	CHECK_INT(travel(&r, VERB_KILL, (const char *[]){ "12" }, 1), 0);
	CHECK_INT(r.job, 12);
	request_fini(&r);
	CHECK_INT(travel(&r, VERB_JOBS, (const char *[]){ "+1" }, 1), 0);
	CHECK_STR(r.value, "+1");
	request_fini(&r);
}

TEST(words_that_are_none)
{
	static const char *const numbers[] = { "", "0", "-1", "+1", "1x", " 1",
		"99999999999999999999" };
	struct request r;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK_INT(travel(&r, VERB_KILL, numbers + i, 1), -1);
	CHECK_INT(travel(&r, VERB_KILL, NULL, 0), -1);
	CHECK_INT(travel(&r, VERB_LIST, (const char *[]){ "x" }, 1), -1);
	CHECK_INT(travel(&r, VERB_JOBS, (const char *[]){ "\xff" }, 1), -1);
}

TEST(lines_that_are_none)
{
	static const char *const lines[] = { "", "{", "[]", "7", "{}",
		"{\"verb\":1}", "{\"verb\":\"x\"}", "{\"verb\":\"kill\"}",
		"{\"verb\":\"kill\",\"job\":\"1\"}",
		"{\"verb\":\"kill\",\"job\":0}", "{\"verb\":\"jobs\"}",
		"{\"verb\":\"jobs\",\"value\":3}", "{\"verb\":\"list\"} x" };
	struct message m;
	struct request r;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		m.text[0] = '\0';
		CHECK(request_parse(&r, text_of(lines[i]), &m) < 0);
		CHECK(*m.text != '\0');
		request_fini(&r);
	}
}

static void
check_bytes(const char *data, size_t len, bool is_string)
{
	json_t *value = request_bytes((struct text){ data, len });
	struct bytes back = { 0 };

	CHECK(json_is_string(value) == is_string);
	CHECK_INT(request_add_bytes(&back, value), 0);
	CHECK_MEM(back.data != NULL ? back.data : "", back.len, data, len);
	bytes_fini(&back);
	json_decref(value);
}

TEST(bytes_that_are_no_text)
{
	check_bytes("", 0, true);
	check_bytes("\xc3\xa9", 2, true);
	check_bytes("\xc3", 1, false);
	check_bytes("a\0b", 3, false);
	check_bytes("\xff\x00\x7f", 3, false);
}

TEST(arguments)
{
	static const char *const words[] = { "", "a b", "\xff\x01", "-f" };
	static const char *const bad[] = { "{\"verb\":\"add\"}",
		"{\"verb\":\"add\",\"args\":[]}",
		"{\"verb\":\"add\",\"args\":[1]}",
		"{\"verb\":\"add\",\"args\":[{\"hex\":\"0\"}]}",
		"{\"verb\":\"add\",\"args\":[{\"hex\":\"zz\"}]}",
		"{\"verb\":\"add\",\"args\":[{\"hex\":\"6100\"}]}" };
	struct message m;
	struct request r;

	CHECK_INT(travel(&r, VERB_ADD, words, 4), 0);
	CHECK_INT(r.arguments.n, 4);
	for (size_t i = 0; i < 4; i++)
		CHECK_STR(r.arguments.list[i].data, words[i]);
	request_fini(&r);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(request_parse(&r, text_of(bad[i]), &m) < 0);
		request_fini(&r);
	}
}
