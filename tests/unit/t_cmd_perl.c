/* SPDX-License-Identifier: ISC */

/* The perl process and what is kept of its answers. */
#include <errno.h>

#include "perl/perl.h"
#include "t.h"

static struct message message;
static char warning[sizeof message.text];
static bool stopped;

static ssize_t
slow_read(void *arg, int fd, void *buf, size_t len)
{
	(void)arg;
	return stopped ? -ECANCELED : read(fd, buf, len);
}

static void
warn(void *arg, const char *text)
{
	(void)arg;
	snprintf(warning, sizeof warning, "%s", text);
}

static struct perl *
new_perl(void)
{
	static const struct perl_given given[] = { { "keep-order", "1" } };
	const struct perl_options options = { .given = given,
		.ngiven = 1,
		.slots = 4,
		.read = slow_read,
		.warn = warn };
	struct perl *p;

	CHECK_INT(perl_new(&options, &p), 0);
	return p;
}

static size_t
define(struct perl *p, const char *code)
{
	const struct perl_code perl = { .name = "{= =}",
		.text = text_of(code) };
	const struct perl_evaluator *e = perl_evaluator(p);
	size_t id;

	CHECK_INT(e->define(e->arg, &perl, &id), 0);
	return id;
}

static int
evaluate(struct perl *p, size_t id, const struct command_job *job, size_t at,
    struct perl_answer *answer)
{
	const struct perl_evaluator *e = perl_evaluator(p);

	return e->evaluate(e->arg, id, job, at, answer, &message);
}

static const char *
value(struct perl *p, size_t id, const struct command_job *job, size_t at)
{
	static char out[1024];
	struct perl_answer answer;

	if (evaluate(p, id, job, at, &answer) != 0)
		T_FAIL("%s", message.text);
	snprintf(out, sizeof out, "%.*s", (int)answer.value.len,
	    answer.value.data);
	return out;
}

static const struct text values[] = { { "a", 1 }, { "b", 1 } };
#define JOB(number) \
	((struct command_job){ .values = values, \
	    .nvalues = 2, \
	    .seq = (number), \
	    .slot = 1 })

TEST(equal_code_has_one_number)
{
	const struct text parameter[] = { { "x", 1 }, { "y", 1 } };
	struct perl_code code = { "--rpl", { "$_ = $$1", 8 }, parameter, 1 };
	struct perl *p = new_perl();
	const struct perl_evaluator *e = perl_evaluator(p);
	size_t a, b, c;

	CHECK_INT(define(p, "$_++"), 0);
	CHECK_INT(define(p, "$_--"), 1);
	CHECK_INT(define(p, "$_++"), 0);
	CHECK_INT(e->define(e->arg, &code, &a), 0);
	CHECK_INT(e->define(e->arg, &code, &b), 0);
	code.parameters++;
	CHECK_INT(e->define(e->arg, &code, &c), 0);
	CHECK_INT(a, b);
	CHECK(a != c);
	CHECK_STR(value(p, a, &JOB(1), 0), "x");
	CHECK_STR(value(p, c, &JOB(1), 0), "y");
	perl_free(p);
}

TEST(a_value_of_a_job_is_evaluated_once)
{
	struct perl *p = new_perl();
	size_t count = define(p, "$_ .= ++$n");
	struct command_job job = JOB(1);

	CHECK_STR(value(p, count, &job, 0), "a1");
	CHECK_STR(value(p, count, &job, 1), "b2");
	CHECK_STR(value(p, count, &job, 0), "a1");
	job.slot = 2;
	CHECK_STR(value(p, count, &job, 0), "a3");
	job = JOB(2);
	CHECK_STR(value(p, count, &job, 1), "b4");
	/* Values without a job. */
	job = JOB(0);
	CHECK_STR(value(p, count, &job, 1), "b5");
	CHECK_STR(value(p, count, &job, 1), "b6");
	perl_free(p);
}

TEST(expected_values_are_collected_at_once)
{
	struct perl *p = new_perl();
	const struct perl_evaluator *e = perl_evaluator(p);
	size_t one = define(p, "$_ .= ++$n"),
	       two = define(p, "die if seq() == 2");
	struct command_job job;
	uint64_t seq;

	for (seq = 1; seq <= 3; seq++) {
		job = JOB(seq);
		CHECK_INT(e->expect(e->arg, one, &job, 0), 0);
		CHECK_INT(e->expect(e->arg, two, &job, 1), 0);
		CHECK_INT(e->expect(e->arg, one, &job, 0), 0);
	}
	CHECK_INT(e->collect(e->arg, &message), 0);
	CHECK_STR(value(p, one, &JOB(2), 0), "a2");
	CHECK_STR(value(p, one, &JOB(1), 0), "a1");
	CHECK_STR(value(p, two, &JOB(3), 1), "b");
	/* Not expected. */
	CHECK_STR(value(p, one, &JOB(3), 1), "b4");
	CHECK_STR(value(p, one, &JOB(3), 0), "a3");
	job = JOB(2);
	CHECK_INT(evaluate(p, two, &job, 1, &(struct perl_answer){ 0 }),
	    -EINVAL);
	/* Without collect(). */
	job = JOB(4);
	CHECK_INT(e->expect(e->arg, one, &job, 0), 0);
	CHECK_STR(value(p, one, &job, 0), "a5");
	CHECK_STR(value(p, one, &JOB(1), 0), "a6");
	perl_free(p);
}

TEST(answers)
{
	struct perl *p = new_perl();
	size_t id = define(p, "uq() if /a/; skip() if /b/; $_ = ''");
	struct perl_answer answer;

	CHECK_INT(evaluate(p, id, &JOB(1), 0, &answer), 0);
	CHECK(answer.unquoted && !answer.skip && answer.value.len == 0);
	CHECK(answer.value.data != NULL);
	CHECK_INT(evaluate(p, id, &JOB(1), 1, &answer), 0);
	CHECK(!answer.unquoted && answer.skip);
	id = define(p, "$_ = qq(\\0\\n\\xff) x 700000");
	CHECK_INT(evaluate(p, id, &JOB(1), 0, &answer), 0);
	CHECK_INT(answer.value.len, 2100000);
	CHECK(memcmp(answer.value.data + 2099997, "\0\n\377", 3) == 0);
	CHECK_STR(value(p, define(p, "$_ = $opt::keeporder . seq()"), &JOB(7),
		      0),
	    "17");
	perl_free(p);
}

TEST(errors_of_code_are_told_and_do_no_harm)
{
	struct perl *p = new_perl();
	struct perl_answer answer;

	CHECK_INT(evaluate(p, define(p, " $_ + "), &JOB(1), 0, &answer),
	    -EINVAL);
	CHECK(strstr(message.text,
		  "{= =}: '$_ +': syntax error at {= =} line ") ==
	    message.text);
	CHECK_INT(evaluate(p, define(p, "die qq(x\\n)"), &JOB(1), 0, &answer),
	    -EINVAL);
	CHECK_STR(message.text, "{= =}: 'die qq(x\\n)': x");
	CHECK_STR(value(p, define(p, "$_ = 1"), &JOB(1), 0), "1");
	perl_free(p);
}

TEST(conditions)
{
	struct perl *p = new_perl();
	const struct perl_evaluator *e = perl_evaluator(p);
	struct command_job job = JOB(3);

	CHECK_INT(e->holds(e->arg, text_of("1 < 2 && seq() == 3"), &job,
		      &message),
	    1);
	CHECK_INT(e->holds(e->arg, text_of("1 > 2"), &job, &message), 0);
	CHECK_STR(warning, "");
	CHECK_INT(e->holds(e->arg, text_of("1 >"), &job, &message), 0);
	CHECK(strstr(warning, "--filter: '1 >': syntax error") == warning);
	*warning = '\0';
	CHECK_INT(e->holds(e->arg, text_of("1 >"), &job, &message), 0);
	CHECK_STR(warning, "");
	perl_free(p);
}

TEST(a_process_that_ends)
{
	struct perl *p = new_perl();
	struct perl_answer answer;

	CHECK(evaluate(p, define(p, "exit 7"), &JOB(1), 0, &answer) < 0);
	CHECK_STR(message.text, "{= =}: 'exit 7': perl exited with status 7");
	/* There is no second one. */
	CHECK_INT(evaluate(p, define(p, "$_"), &JOB(1), 0, &answer),
	    -ECANCELED);
	perl_free(p);
}

TEST(a_stop_ends_the_waiting)
{
	struct perl *p = new_perl();
	struct perl_answer answer;

	stopped = true;
	CHECK_INT(evaluate(p, define(p, "1 while 1"), &JOB(1), 0, &answer),
	    -ECANCELED);
	perl_free(p);
}

TEST(without_perl)
{
	struct perl *p = new_perl();
	struct perl_answer answer;

	setenv("PATH", "/nonexistent", 1);
	CHECK_INT(evaluate(p, define(p, "$_"), &JOB(1), 0, &answer), -ENOENT);
	CHECK_STR(message.text, "{= =}: '$_': perl is needed, and not on PATH");
	perl_free(p);
}
