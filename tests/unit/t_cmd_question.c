/* SPDX-License-Identifier: ISC */

/* What one prun asks another one about its machine, and what it makes of the answer. */

#include "policy/question.h"
#include "t.h"

#define SECOND INT64_C(1000000000)

static const char *
ask(struct answerer *a, const char *question, int64_t now)
{
	static char answer[QUESTION_SIZE];

	question_answer(a, question, now, answer, sizeof(answer));
	return answer;
}

TEST(limits_are_asked_and_answered)
{
	const struct limit_rules much = { .free = 1e18 },
				 little = { .free = 1 };
	const struct limit_rules all = { .load = 1e6,
		.free = 1,
		.suspend = 1,
		.disk = 100,
		.noswap = true };
	struct answerer a = { .question = "" };
	struct limit_report r;
	char question[QUESTION_SIZE];

	CHECK(limit_rules_look(&much) &&
	    !limit_rules_look(&(struct limit_rules){ .command = "x" }));
	limit_question_put(question, &much);
	CHECK(limit_report_get(ask(&a, question, SECOND), &r));
	CHECK_INT(r.start, LIMIT_KILL);
	CHECK_INT(r.nrelief, 1);
	CHECK_INT(r.relief[0], RELIEF_KILL);
	limit_question_put(question, &little);
	CHECK(limit_report_get(ask(&a, question, SECOND), &r));
	CHECK_INT(r.start, LIMIT_YES);
	CHECK_INT(r.relief[0], RELIEF_NONE);
	/* Limits that compare two looks keep the first one for the same question. */
	limit_question_put(question, &all);
	CHECK(limit_report_get(ask(&a, question, SECOND), &r));
	CHECK_INT(r.start, LIMIT_NO);
	CHECK_INT(r.nrelief, 5);
	CHECK(limit_report_get(ask(&a, question, 2 * SECOND), &r));
	CHECK(limit_report_get(ask(&a, question, 3 * SECOND), &r));
	CHECK(r.start == LIMIT_YES || r.start == LIMIT_NO);
	answerer_fini(&a);
}

TEST(cpus_are_asked_and_answered)
{
	struct answerer a = { .question = "" };
	char question[QUESTION_SIZE];
	unsigned cpus = 0;

	cpu_question_put(question, CPU_CORES);
	CHECK(cpu_answer_get(ask(&a, question, 0), &cpus));
	CHECK_INT(cpus, cpu_topology_count(CPU_CORES, ""));
	CHECK(!cpu_answer_get("0", &cpus) && !cpu_answer_get("", &cpus) &&
	    !cpu_answer_get("99999999999", &cpus) &&
	    !cpu_answer_get("1 2", &cpus) && !cpu_answer_get("-1", &cpus));
}

TEST(what_is_no_question_or_answer_is_none)
{
	static const char *const odd[] = { "", "limits", "limits ", "cpus ",
		"cpus 9", "cpus x", "limits 1 2 3 4", "limits 0 0 0 0 0",
		"limits 1 2 3 4 5 6", "limits -1 2 3 4 5", "limits 1  2 3 4 5",
		"limits 1 2 3 4 5 ", "limits 99999999999999999999 2 3 4 5",
		"what is this" };
	struct answerer a = { .question = "" };
	struct limit_report r;
	char small[3] = "xx", longest[2 * QUESTION_SIZE] = "";

	(void)snprintf(longest, sizeof(longest), "limits 1 2 3 4 %0*d",
	    (int)QUESTION_SIZE, 5);
	CHECK_STR(ask(&a, longest, 0), "");
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		CHECK_STR(ask(&a, odd[i], 0), "");
	question_answer(&a, "limits 1 1 1 1 1", 0, small, sizeof(small));
	CHECK_STR(small, "");
	CHECK(!limit_report_get("", &r) && !limit_report_get("9", &r) &&
	    !limit_report_get("05", &r) && !limit_report_get("0 0", &r) &&
	    !limit_report_get("000000000000000000", &r));
	CHECK(limit_report_get("0", &r));
	answerer_fini(&a);
}
