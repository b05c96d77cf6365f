/* SPDX-License-Identifier: ISC */

/*
 * Owns the words in which one prun asks another one about its machine, and who answers
 * them.  Knows no host and no connection.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/question.h"

#define LIMITS_WORD "limits "
#define CPUS_WORD "cpus "
/* The numbers of a question about limits. */
#define NUMBERS 5
/* The load goes as a whole number of thousandths. */
#define LOAD_UNIT 1000.0
/* Numbers up to here are the same as double and as integer. */
#define NUMBER_MOST (UINT64_C(1) << 53)

bool
limit_rules_look(const struct limit_rules *r)
{
	return r->load > 0 || r->free > 0 || r->suspend > 0 || r->disk > 0 ||
	    r->noswap;
}

/* A limit that is given stays one, however small it is. */
static uint64_t
whole(double number)
{
	if (number >= (double)NUMBER_MOST)
		return NUMBER_MOST;
	return number > 0 && number < 1 ? 1 : (uint64_t)number;
}

void
limit_question_put(char question[static QUESTION_SIZE],
    const struct limit_rules *r)
{
	(void)snprintf(question, QUESTION_SIZE,
	    LIMITS_WORD "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d",
	    whole(r->load * LOAD_UNIT), whole(r->free), whole(r->suspend),
	    whole(r->disk), r->noswap);
}

/* Reads n numbers with a blank between each two, and nothing else. */
static bool
read_numbers(const char *text, uint64_t *number, size_t n)
{
	char *end;

	for (size_t i = 0; i < n; i++) {
		if (*text < '0' || *text > '9')
			return false;
		errno = 0;
		number[i] = strtoull(text, &end, 10);
		if (errno != 0 || number[i] > NUMBER_MOST ||
		    *end != (i + 1 < n ? ' ' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

static bool
limit_question_get(const char *numbers, struct limit_rules *rules)
{
	uint64_t n[NUMBERS];

	if (!read_numbers(numbers, n, NUMBERS))
		return false;
	*rules = (struct limit_rules){ .load = (double)n[0] / LOAD_UNIT,
		.free = (double)n[1],
		.suspend = (double)n[2],
		.disk = (double)n[3],
		.noswap = n[4] != 0 };
	return limit_rules_look(rules);
}

/* The answer has a digit for the start, and one for each limit's relief. */
static void
limit_report_put(struct limits *limits, int64_t now, char *answer, size_t size)
{
	if (size < limits->n + 2)
		return;
	*answer++ = (char)('0' + limits_try(limits, now));
	for (size_t i = 0; i < limits->n; i++)
		*answer++ = (char)('0' + limits_relieve(limits, i));
	*answer = '\0';
}

/* Reads a digit, at most `most`.  Returns -1 if it is none. */
static int
read_digit(char c, int most)
{
	return c >= '0' && c - '0' <= most ? c - '0' : -1;
}

bool
limit_report_get(const char *answer, struct limit_report *report)
{
	const int start = read_digit(*answer, LIMIT_FULL);
	int relief;

	*report = (struct limit_report){ 0 };
	if (start == -1)
		return false;
	report->start = (enum limit_answer)start;
	while (*++answer != '\0') {
		relief = read_digit(*answer, RELIEF_KILL);
		if (relief == -1 || report->nrelief == LIMIT_TABLE_SIZE)
			return false;
		report->relief[report->nrelief++] = (enum limit_relief)relief;
	}
	return true;
}

void
cpu_question_put(char question[static QUESTION_SIZE], enum cpu_unit unit)
{
	(void)snprintf(question, QUESTION_SIZE, CPUS_WORD "%d", (int)unit);
}

bool
cpu_answer_get(const char *answer, unsigned *cpus)
{
	uint64_t number;

	if (!read_numbers(answer, &number, 1) || number == 0 ||
	    number > INT_MAX)
		return false;
	*cpus = (unsigned)number;
	return true;
}

/* Opens the limits of a question that is not the last one again. */
static bool
answerer_open(struct answerer *a, const char *question)
{
	if (strcmp(a->question, question) == 0)
		return true;
	answerer_fini(a);
	if (strlen(question) >= QUESTION_SIZE ||
	    !limit_question_get(question + strlen(LIMITS_WORD), &a->rules))
		return false;
	a->context = (struct limit_context){ .rules = &a->rules };
	if (limits_open(&a->limits, limit_table, LIMIT_TABLE_SIZE,
		&a->context) != 0)
		return false;
	(void)snprintf(a->question, sizeof(a->question), "%s", question);
	return true;
}

static void
answer_cpus(const char *numbers, char *answer, size_t size)
{
	uint64_t unit;

	if (read_numbers(numbers, &unit, 1) && unit <= CPU_SOCKETS)
		(void)snprintf(answer, size, "%u",
		    cpu_topology_count((enum cpu_unit)unit, ""));
}

void
question_answer(struct answerer *a, const char *question, int64_t now,
    char *answer, size_t size)
{
	*answer = '\0';
	if (strncmp(question, CPUS_WORD, strlen(CPUS_WORD)) == 0)
		answer_cpus(question + strlen(CPUS_WORD), answer, size);
	else if (strncmp(question, LIMITS_WORD, strlen(LIMITS_WORD)) == 0 &&
	    answerer_open(a, question))
		limit_report_put(&a->limits, now, answer, size);
}

void
answerer_fini(struct answerer *a)
{
	limits_close(&a->limits);
	*a = (struct answerer){ 0 };
}
