/* SPDX-License-Identifier: ISC */

/* The expressions of a run, each of them once.  Knows no process and no value. */
#ifndef PERL_CODE_H
#define PERL_CODE_H

#include "template/perl_evaluator.h"
#include "text/text.h"

struct code {
	const char *name;
	struct bytes text;
	struct bytes *parameters;
	size_t nparameters;
	bool sent; /* the perl process knows it */
};

/* The list of expressions.  All zero is empty. */
struct codes {
	struct code *list;
	size_t n;
};

/*
 * *id is the number of the expression: a new one, or that of an equal expression.  1:
 * it is new; 0: it is not; -ENOMEM.
 */
int codes_add(struct codes *codes, const struct perl_code *code, size_t *id);
void codes_fini(struct codes *codes);

#endif
