/* SPDX-License-Identifier: ISC */

/*
 * What one prun asks another one about its machine, as texts: what the limits of the
 * machine say, and how many CPUs -j counts there.
 *
 *	here				at the other machine
 *	limit_question_put(q, &rules);
 *	prun_host_ask(host, q);		question_answer(&answerer, q, answer, size);
 *	limit_report_get(answer, &report);
 *
 * The texts of another machine are not trusted.
 */
#ifndef POLICY_QUESTION_H
#define POLICY_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/limit.h"
#include "policy/machine.h"

#define QUESTION_SIZE 128

/* What the limits of a machine say. */
struct limit_report {
	enum limit_answer start; /* may one more job start? */
	/* what each of the limits wants to happen to the jobs that run */
	enum limit_relief relief[LIMIT_TABLE_SIZE];
	size_t nrelief;
};

/* Do the rules have a limit that looks at the machine? */
bool limit_rules_look(const struct limit_rules *rules);

/* Writes the question for what those limits say; the other rules are left out. */
void limit_question_put(char question[static QUESTION_SIZE],
    const struct limit_rules *rules);

/* Reads the answer.  Returns false if it is none. */
bool limit_report_get(const char *answer, struct limit_report *report);

/* The same for the number of CPUs; it is at least 1. */
void cpu_question_put(char question[static QUESTION_SIZE], enum cpu_unit unit);
bool cpu_answer_get(const char *answer, unsigned *cpus);

/*
 * Answers questions about this machine.  All zero: none was asked yet.  The limits are open
 * for the rules of the last question, since some of them compare two looks.
 */
struct answerer {
	char question[QUESTION_SIZE];
	struct limit_rules rules;
	struct limit_context context;
	struct limits limits;
};

/*
 * Writes the answer, with its NUL, into size bytes; "" if this is no question.
 * now is in nanoseconds of the monotonic clock.
 */
void question_answer(struct answerer *a, const char *question, int64_t now,
    char *answer, size_t size);
void answerer_fini(struct answerer *a);

#endif
