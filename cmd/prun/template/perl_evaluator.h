/* SPDX-License-Identifier: ISC */

/*
 * How templates ask for what Perl makes of a value.  Whoever has a perl process
 * fills in the table; this room starts none.
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
	    *name; /* "{= =}", "--rpl": for messages, of static storage */
	struct text text;
	/* What $$1, $$2, ... stand for: the parameters of a --rpl. */
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
	 * *id is the number of that code from now on; equal code has the same
	 * number.  The code is copied.  0 or -ENOMEM.
	 */
	int (*define)(void *arg, const struct perl_code *code, size_t *id);
	/*
	 * What becomes of job->values[at].  Within one job each code is evaluated
	 * once for each value, however often it is asked for.  0; -ECANCELED when
	 * the run is to stop; another -errno with a message.
	 */
	int (*evaluate)(void *arg, size_t id, const struct command_job *job,
	    size_t at, struct perl_answer *answer, struct message *m);
	/*
	 * Jobs that evaluate() will be asked about next, one after the other: what
	 * is asked for ahead is asked for at once, by collect().  expect(): 0 or
	 * -ENOMEM; collect(): as evaluate(), which tells what is wrong with code.
	 */
	int (*expect)(void *arg, size_t id, const struct command_job *job,
	    size_t at);
	int (*collect)(void *arg, struct message *m);
	/* Is the condition, a text of Perl, true?  1, 0 or -errno, as above. */
	int (*holds)(void *arg, struct text condition,
	    const struct command_job *job, struct message *m);
	void *arg;
};

#endif
