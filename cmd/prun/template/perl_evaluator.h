/* SPDX-License-Identifier: ISC */

/*
 * The table by which templates have Perl evaluated.  This room starts no process: the owner
 * of the perl process fills in the table.
 */
#ifndef TEMPLATE_PERL_EVALUATOR_H
#define TEMPLATE_PERL_EVALUATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "text/text.h"

/* An expression as the user wrote it. */
struct perl_code {
	const char
	    *name; /* "{= =}" or "--rpl", for messages; static, never freed */
	struct text text;
	/* The parameters of a --rpl, for which $$1, $$2, ... stand. */
	const struct text *parameters;
	size_t nparameters;
};

struct perl_answer {
	struct text value; /* lent until the evaluator is called again */
	bool unquoted; /* the code called uq() */
	bool skip; /* the code called skip() */
};

struct perl_evaluator {
	/*
	 * Copies the code and sets *id to its number.  Equal code has the same number.
	 * 0 or -ENOMEM.
	 */
	int (*define)(void *arg, const struct perl_code *code, size_t *id);
	/*
	 * Sets *answer to what the code makes of job->values[at].  Within one job each
	 * code is evaluated once for each value, however often this is called.  0;
	 * -ECANCELED if the run is to stop; another -errno with a message.
	 */
	int (*evaluate)(void *arg, size_t id, const struct command_job *job,
	    size_t at, struct perl_answer *answer, struct message *m);
	/*
	 * expect() says that evaluate() will be called for that code and value; the calls
	 * come in the order of the jobs.  collect() then has all of them evaluated at once.
	 * expect() returns 0 or -ENOMEM.  collect() returns as evaluate(), but an error in
	 * the code is reported by evaluate().
	 */
	int (*expect)(void *arg, size_t id, const struct command_job *job,
	    size_t at);
	int (*collect)(void *arg, struct message *m);
	/* Is the condition, a Perl expression, true?  1, 0, or -errno as evaluate(). */
	int (*holds)(void *arg, struct text condition,
	    const struct command_job *job, struct message *m);
	void *arg;
};

#endif
